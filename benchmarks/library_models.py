"""The libraries' own estimators behind entries of the registry, as data.

Both tables hold (classifier, regressor, constructor arguments) by name of the entry:
`DEFAULTS` what a library fits when nothing is said, `SEARCHES` what it recommends for
finding rounds, penalties or neighbours, which the kit's probes do for an entry.
For boosting that is early stopping with many small steps; steps and patience are the
entry's own, so that what differs is who looks for the rounds, and how often.
"""

from typing import Any

Estimators = tuple[str | None, str | None, dict[str, Any]]

CATBOOST = (
    "ensemble_kit.models.boosting.catboost_boosting:CatBoostClassifier",
    "ensemble_kit.models.boosting.catboost_boosting:CatBoostRegressor",
    {
        "iterations": 1000,
        "learning_rate": None,
        "rsm": None,
        "one_hot_max_size": None,
        "max_ctr_complexity": None,
    },
)
DEFAULTS: dict[str, Estimators] = {
    "lightgbm": (
        "lightgbm:LGBMClassifier",
        "lightgbm:LGBMRegressor",
        {"verbosity": -1},
    ),
    "xgboost": (
        "xgboost:XGBClassifier",
        "xgboost:XGBRegressor",
        {"enable_categorical": True},
    ),
    "catboost": CATBOOST,
    "catboost_raw": CATBOOST,
    "hist_gradient_boosting": (
        "ensemble_kit.models.boosting.histogram_boosting:HistogramBoostingClassifier",
        "ensemble_kit.models.boosting.histogram_boosting:HistogramBoostingRegressor",
        {},
    ),
    "extra_trees": (
        "sklearn.ensemble:ExtraTreesClassifier",
        "sklearn.ensemble:ExtraTreesRegressor",
        {},
    ),
    "random_forest": (
        "sklearn.ensemble:RandomForestClassifier",
        "sklearn.ensemble:RandomForestRegressor",
        {},
    ),
    "logistic_regression": ("sklearn.linear_model:LogisticRegression", None, {}),
    "ridge": (None, "sklearn.linear_model:Ridge", {}),
    "lasso": (None, "sklearn.linear_model:Lasso", {}),
    "elastic_net": (None, "sklearn.linear_model:ElasticNet", {}),
    "huber": (None, "sklearn.linear_model:HuberRegressor", {}),
    "linear_svm": (None, "sklearn.svm:LinearSVR", {}),
    "kernel_svm": (None, "sklearn.svm:SVR", {}),
    "knn": (
        "sklearn.neighbors:KNeighborsClassifier",
        "sklearn.neighbors:KNeighborsRegressor",
        {},
    ),
    "gaussian_naive_bayes": ("sklearn.naive_bayes:GaussianNB", None, {}),
    "naive_bayes": ("sklearn.naive_bayes:MultinomialNB", None, {}),
    "sparse_mlp": (
        "sklearn.neural_network:MLPClassifier",
        "sklearn.neural_network:MLPRegressor",
        {},
    ),
}
SEARCHES: dict[str, Estimators] = {
    "lightgbm": (
        "library_searches:StoppedLGBMClassifier",
        "library_searches:StoppedLGBMRegressor",
        {
            "learning_rate": 0.04,
            "n_estimators": 5000,
            "early_stopping_round": 100,
            "verbosity": -1,
        },
    ),
    "xgboost": (
        "library_searches:StoppedXGBClassifier",
        "library_searches:StoppedXGBRegressor",
        {
            "enable_categorical": True,
            "learning_rate": 0.05,
            "n_estimators": 5000,
            "early_stopping_rounds": 100,
        },
    ),
    "hist_gradient_boosting": (
        "ensemble_kit.models.boosting.histogram_boosting:HistogramBoostingClassifier",
        "ensemble_kit.models.boosting.histogram_boosting:HistogramBoostingRegressor",
        {
            "learning_rate": 0.06,
            "max_iter": 5000,
            "early_stopping": True,
            "n_iter_no_change": 100,
        },
    ),
    "extra_trees": (
        "library_searches:extra_trees_classifier",
        "library_searches:extra_trees_regressor",
        {},
    ),
    "random_forest": (
        "library_searches:random_forest_classifier",
        "library_searches:random_forest_regressor",
        {},
    ),
    "logistic_regression": (
        "sklearn.linear_model:LogisticRegressionCV",
        None,
        {
            "scoring": "neg_log_loss",
            "l1_ratios": (0.0,),
            "use_legacy_attributes": False,
        },
    ),
    "ridge": (None, "sklearn.linear_model:RidgeCV", {}),
    "lasso": (None, "sklearn.linear_model:LassoCV", {}),
    "elastic_net": (None, "sklearn.linear_model:ElasticNetCV", {}),
    "huber": (None, "library_searches:huber", {}),
    "linear_svm": (None, "library_searches:linear_svm", {}),
    "kernel_svm": (None, "library_searches:kernel_svm", {}),
    "knn": ("library_searches:knn_classifier", "library_searches:knn_regressor", {}),
    "naive_bayes": ("library_searches:naive_bayes", None, {}),
    "sparse_mlp": (
        "sklearn.neural_network:MLPClassifier",
        "sklearn.neural_network:MLPRegressor",
        {"early_stopping": True, "max_iter": 1000},
    ),
}
