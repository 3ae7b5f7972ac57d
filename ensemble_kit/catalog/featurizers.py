"""The registry of featurizers, with those of numbers, categories and dates."""

from ensemble_kit.featurizer_spec import FeaturizerSpec
from ensemble_kit.registry import Registry

FEATURIZERS: Registry[FeaturizerSpec] = Registry(
    "featurizer", group="ensemble_kit.featurizers"
)

FEATURIZERS.add(
    FeaturizerSpec(
        name="passthrough",
        transformer="ensemble_kit.features.numbers.passthrough_numbers:PassthroughNumbers",
        role="number",
        note="numbers as they are, gaps as NaN",
    )
)
FEATURIZERS.add(
    FeaturizerSpec(
        name="impute",
        transformer="ensemble_kit.features.numbers.imputed_numbers:ImputedNumbers",
        role="number",
        note="gaps filled with the median, and a column that says where",
    )
)
FEATURIZERS.add(
    FeaturizerSpec(
        name="standard",
        transformer="ensemble_kit.features.numbers.standard_numbers:StandardNumbers",
        role="number",
        note="gaps filled, then mean 0 and deviation 1, cut at 10",
    )
)
FEATURIZERS.add(
    FeaturizerSpec(
        name="quantile",
        transformer="ensemble_kit.features.numbers.quantile_numbers:QuantileNumbers",
        role="number",
        note="gaps filled, then normal scores of the ranks",
    )
)
FEATURIZERS.add(
    FeaturizerSpec(
        name="binned",
        transformer="ensemble_kit.features.numbers.binned_numbers:BinnedNumbers",
        role="number",
        output="sparse",
        note="one-hot bins of equal size, for linear models",
    )
)
FEATURIZERS.add(
    FeaturizerSpec(
        name="ordinal",
        transformer="ensemble_kit.features.categories.ordinal_categories:OrdinalCategories",
        role="category",
        note="levels numbered by frequency",
    )
)
FEATURIZERS.add(
    FeaturizerSpec(
        name="one_hot",
        transformer="ensemble_kit.features.categories.one_hot_categories:OneHotCategories",
        role="category",
        output="sparse",
        note="a column per level, rare levels together",
    )
)
FEATURIZERS.add(
    FeaturizerSpec(
        name="count",
        transformer="ensemble_kit.features.categories.count_categories:CountCategories",
        role="category",
        note="each level's share of the rows",
    )
)
FEATURIZERS.add(
    FeaturizerSpec(
        name="native",
        transformer="ensemble_kit.features.categories.native_categories:NativeCategories",
        role="category",
        output="frame",
        note="category columns, for learners that split on sets of levels",
    )
)
FEATURIZERS.add(
    FeaturizerSpec(
        name="target",
        transformer="ensemble_kit.features.categories.target_categories:TargetCategories",
        role="category",
        sees_y=True,
        note="smoothed means of the target, cross-fitted",
    )
)
for _name, _note in (
    ("catboost", "CatBoost's target statistics, cross-fitted"),
    ("james_stein", "James-Stein means of the target, cross-fitted"),
    ("leave_one_out", "plain means of the target, cross-fitted"),
    ("m_estimate", "means of the target with one row of prior, cross-fitted"),
):
    FEATURIZERS.add(
        FeaturizerSpec(
            name=_name,
            transformer="ensemble_kit.features.categories.contrib_categories:ContribCategories",
            role="category",
            defaults={"encoder": _name},
            sees_y=True,
            requires=(("category_encoders", "contrib"),),
            note=_note,
        )
    )
for _name, _encode, _output, _note in (
    ("crosses", "target", "dense", "means of the target over pairs of categories"),
    ("crosses_count", "count", "dense", "how frequent pairs of categories are"),
    ("crosses_one_hot", "one_hot", "sparse", "a column per pair of levels"),
):
    FEATURIZERS.add(
        FeaturizerSpec(
            name=_name,
            transformer="ensemble_kit.features.categories.crossed_categories:CrossedCategories",
            role="category",
            output=_output,
            defaults={"encode": _encode},
            sees_y=_encode == "target",
            note=_note,
        )
    )
FEATURIZERS.add(
    FeaturizerSpec(
        name="dates",
        transformer="ensemble_kit.features.dates.date_parts:DateParts",
        role="datetime",
        note="days since 1970, year to minute, days between dates",
    )
)
FEATURIZERS.add(
    FeaturizerSpec(
        name="dates_cyclic",
        transformer="ensemble_kit.features.dates.date_parts:DateParts",
        role="datetime",
        defaults={"cyclic": True},
        note="the same, with sine and cosine of what comes round again",
    )
)
FEATURIZERS.add(
    FeaturizerSpec(
        name="dates_scaled",
        transformer="ensemble_kit.features.dates.scaled_dates:scaled_dates",
        role="datetime",
        note="cyclic parts, gaps filled and scaled: for linear models and nets",
    )
)
FEATURIZERS.add(
    FeaturizerSpec(
        name="trend",
        transformer="ensemble_kit.features.dates.date_trend:DateTrend",
        role="datetime",
        sees_y=True,
        note="what a line through time says of the target, cross-fitted",
    )
)
FEATURIZERS.add(
    FeaturizerSpec(
        name="category_vectors",
        transformer="ensemble_kit.features.categories.category_embedding:CategoryEmbedding",
        role="category",
        note="vectors of levels from the levels beside them, by SVD",
    )
)
FEATURIZERS.add(
    FeaturizerSpec(
        name="category2vec",
        transformer="ensemble_kit.features.categories.category_embedding:CategoryEmbedding",
        role="category",
        defaults={"method": "word2vec"},
        requires=(("gensim", "text"),),
        note="vectors of levels from the levels beside them, by skip-gram",
    )
)
FEATURIZERS.add(
    FeaturizerSpec(
        name="node2vec",
        transformer="ensemble_kit.features.categories.category_embedding:CategoryEmbedding",
        role="category",
        defaults={"method": "node2vec"},
        requires=(("gensim", "text"),),
        note="vectors of levels by walks over rows as edges: a user and an item",
    )
)
FEATURIZERS.add(
    FeaturizerSpec(
        name="lags",
        transformer="ensemble_kit.features.series.lagged_targets:LaggedTargets",
        role="series",
        sees_y=True,
        note="the target as it was before, where rows are series: lags, means, seasons",
    )
)
FEATURIZERS.add(
    FeaturizerSpec(
        name="lags_differenced",
        transformer="ensemble_kit.features.series.lagged_targets:LaggedTargets",
        role="series",
        defaults={"differenced": True},
        sees_y=True,
        note="the same by how far they are from the one that comes nearest, that first",
    )
)
FEATURIZERS.add(
    FeaturizerSpec(
        name="lags_scaled",
        transformer="ensemble_kit.features.series.lagged_targets:LaggedTargets",
        role="series",
        defaults={"scaled": True},
        sees_y=True,
        note="the same, gaps filled and scaled: for linear models and nets",
    )
)
FEATURIZERS.add(
    FeaturizerSpec(
        name="made",
        transformer="ensemble_kit.features.made.made_columns:MadeColumns",
        role="table",
        sees_y=True,
        requires=(("lightgbm", "boosting"),),
        version=2,
        note="arithmetic, groups, crosses, digits, nearest rows, as far as they pay",
    )
)
