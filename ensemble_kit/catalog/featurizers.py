"""Every featurizer that a pipeline can name."""

from ensemble_kit.registry import FeaturizerSpec, Registry

FEATURIZERS: Registry[FeaturizerSpec] = Registry(
    "featurizer", group="ensemble_kit.featurizers"
)

FEATURIZERS.add(
    FeaturizerSpec(
        name="passthrough",
        transformer="ensemble_kit.features.passthrough_numbers:PassthroughNumbers",
        role="number",
        note="numbers as they are, gaps as NaN",
    )
)
FEATURIZERS.add(
    FeaturizerSpec(
        name="impute",
        transformer="ensemble_kit.features.imputed_numbers:ImputedNumbers",
        role="number",
        note="gaps filled with the median, and a column that says where",
    )
)
FEATURIZERS.add(
    FeaturizerSpec(
        name="standard",
        transformer="ensemble_kit.features.standard_numbers:StandardNumbers",
        role="number",
        note="gaps filled, then mean 0 and deviation 1, cut at 10",
    )
)
FEATURIZERS.add(
    FeaturizerSpec(
        name="quantile",
        transformer="ensemble_kit.features.quantile_numbers:QuantileNumbers",
        role="number",
        note="gaps filled, then normal scores of the ranks",
    )
)
FEATURIZERS.add(
    FeaturizerSpec(
        name="binned",
        transformer="ensemble_kit.features.binned_numbers:BinnedNumbers",
        role="number",
        output="sparse",
        note="one-hot bins of equal size, for linear models",
    )
)
FEATURIZERS.add(
    FeaturizerSpec(
        name="ordinal",
        transformer="ensemble_kit.features.ordinal_categories:OrdinalCategories",
        role="category",
        note="levels numbered by frequency",
    )
)
FEATURIZERS.add(
    FeaturizerSpec(
        name="one_hot",
        transformer="ensemble_kit.features.one_hot_categories:OneHotCategories",
        role="category",
        output="sparse",
        note="a column per level, rare levels together",
    )
)
FEATURIZERS.add(
    FeaturizerSpec(
        name="count",
        transformer="ensemble_kit.features.count_categories:CountCategories",
        role="category",
        note="each level's share of the rows",
    )
)
FEATURIZERS.add(
    FeaturizerSpec(
        name="native",
        transformer="ensemble_kit.features.native_categories:NativeCategories",
        role="category",
        output="frame",
        note="category columns, for learners that split on sets of levels",
    )
)
FEATURIZERS.add(
    FeaturizerSpec(
        name="target",
        transformer="ensemble_kit.features.target_categories:TargetCategories",
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
            transformer="ensemble_kit.features.contrib_categories:ContribCategories",
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
            transformer="ensemble_kit.features.crossed_categories:CrossedCategories",
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
        transformer="ensemble_kit.features.date_parts:DateParts",
        role="datetime",
        note="days since 1970, year to minute, days between dates",
    )
)
FEATURIZERS.add(
    FeaturizerSpec(
        name="dates_cyclic",
        transformer="ensemble_kit.features.date_parts:DateParts",
        role="datetime",
        defaults={"cyclic": True},
        note="the same, with sine and cosine of what comes round again",
    )
)
FEATURIZERS.add(
    FeaturizerSpec(
        name="bag_of_words",
        transformer="ensemble_kit.features.bag_of_words:BagOfWords",
        role="text",
        output="sparse",
        note="how often each word or character n-gram occurs",
    )
)
FEATURIZERS.add(
    FeaturizerSpec(
        name="binary_bag",
        transformer="ensemble_kit.features.bag_of_words:BagOfWords",
        role="text",
        output="sparse",
        defaults={"weighting": "binary"},
        note="whether each word or character n-gram occurs",
    )
)
FEATURIZERS.add(
    FeaturizerSpec(
        name="tfidf",
        transformer="ensemble_kit.features.tfidf_text:TfidfText",
        role="text",
        output="sparse",
        note="terms weighed by their rarity",
    )
)
FEATURIZERS.add(
    FeaturizerSpec(
        name="bm25",
        transformer="ensemble_kit.features.bm25_text:BM25Text",
        role="text",
        output="sparse",
        note="terms weighed by rarity, with saturation and length correction",
    )
)
FEATURIZERS.add(
    FeaturizerSpec(
        name="hashing",
        transformer="ensemble_kit.features.hashed_text:HashedText",
        role="text",
        output="sparse",
        note="terms hashed into a fixed number of columns",
    )
)
FEATURIZERS.add(
    FeaturizerSpec(
        name="nb_tfidf",
        transformer="ensemble_kit.features.nb_scaled_tfidf:NBScaledTfidf",
        role="text",
        output="sparse",
        sees_y=True,
        note="tf-idf scaled by naive-Bayes log-count ratios",
    )
)
FEATURIZERS.add(
    FeaturizerSpec(
        name="text_encoder",
        transformer="ensemble_kit.features.out_of_fold_text_encoder:"
        "OutOfFoldTextEncoder",
        role="text",
        sees_y=True,
        note="cross-fitted scores of naive Bayes and ridge on tf-idf",
    )
)
FEATURIZERS.add(
    FeaturizerSpec(
        name="text_statistics",
        transformer="ensemble_kit.features.text_statistics:TextStatistics",
        role="text",
        note="lengths, shares, marks, readability",
    )
)
FEATURIZERS.add(
    FeaturizerSpec(
        name="language_model",
        transformer="ensemble_kit.features.language_model_scores:LanguageModelScores",
        role="text",
        sees_y=True,
        note="likelihood under a character 5-gram model of each class",
    )
)
FEATURIZERS.add(
    FeaturizerSpec(
        name="word_language_model",
        transformer="ensemble_kit.features.language_model_scores:LanguageModelScores",
        role="text",
        defaults={"unit": "words", "order": 2, "preparation": "marks"},
        sees_y=True,
        note="likelihood under a word 2-gram model of each class",
    )
)
FEATURIZERS.add(
    FeaturizerSpec(
        name="text_pairs",
        transformer="ensemble_kit.features.text_pairs:TextPairs",
        role="pair",
        requires=(("rapidfuzz", "text"),),
        note="overlap, cosine, BM25 and edit similarity of two text columns",
    )
)
