"""What well-known competitions are scored by, for folders that have their names."""

KNOWN_METRICS = {
    "auc": (
        "amazon-employee-access-challenge cat-in-the-dat cat-in-the-dat-ii "
        "dont-overfit-ii GiveMeSomeCredit home-credit-default-risk "
        "ieee-fraud-detection microsoft-malware-prediction random-acts-of-pizza "
        "santander-customer-satisfaction santander-customer-transaction-prediction "
        "talkingdata-adtracking-fraud-detection"
    ),
    "gini": "porto-seguro-safe-driver-prediction",
    "log_loss": (
        "avazu-ctr-prediction bioresponse bnp-paribas-cardif-claims-management "
        "otto-group-product-classification-challenge quora-question-pairs "
        "spooky-author-identification two-sigma-connect-rental-listing-inquiries"
    ),
    "accuracy": (
        "digit-recognizer forest-cover-type-prediction "
        "sentiment-analysis-on-movie-reviews spaceship-titanic titanic whats-cooking"
    ),
    "f1": "nlp-getting-started quora-insincere-questions-classification",
    "quadratic_kappa": (
        "crowdflower-search-relevance petfinder-adoption-prediction "
        "prudential-life-insurance-assessment"
    ),
    "rmsle": (
        "ashrae-energy-prediction bike-sharing-demand "
        "house-prices-advanced-regression-techniques "
        "mercari-price-suggestion-challenge nyc-taxi-trip-duration "
        "sberbank-russian-housing-market store-sales-time-series-forecasting"
    ),
    "rmse": (
        "avito-demand-prediction commonlitreadabilityprize "
        "elo-merchant-category-recommendation restaurant-revenue-prediction"
    ),
    "mae": "allstate-claims-severity",
    "normalized_gini": "liberty-mutual-group-property-inspection-prediction",
    "r2": "mercedes-benz-greener-manufacturing",
}
METRIC_OF = {
    name.lower(): metric
    for metric, names in KNOWN_METRICS.items()
    for name in names.split()
}


def known_metric(folder: str) -> str | None:
    """Return the metric of the competition that a folder is named like, or None.

    Examples
    --------
    >>> known_metric("Titanic"), known_metric("my-data")
    ('accuracy', None)
    """
    return METRIC_OF.get(folder.lower())
