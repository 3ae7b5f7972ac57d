"""Featurizers of texts: counts, scores of models and statistics."""

from ensemble_kit.catalog.featurizers import FEATURIZERS
from ensemble_kit.featurizer_spec import FeaturizerSpec

FEATURIZERS.add(
    FeaturizerSpec(
        name="bag_of_words",
        transformer="ensemble_kit.features.counting.bag_of_words:BagOfWords",
        role="text",
        output="sparse",
        note="how often each word or character n-gram occurs",
    )
)
FEATURIZERS.add(
    FeaturizerSpec(
        name="binary_bag",
        transformer="ensemble_kit.features.counting.bag_of_words:BagOfWords",
        role="text",
        output="sparse",
        defaults={"weighting": "binary"},
        note="whether each word or character n-gram occurs",
    )
)
FEATURIZERS.add(
    FeaturizerSpec(
        name="tfidf",
        transformer="ensemble_kit.features.counting.tfidf_text:TfidfText",
        role="text",
        output="sparse",
        defaults={
            "words": (1, 2),
            "preparation": "marks",
            "sublinear": True,
            "min_df": 2,
        },
        note="words and pairs of words, marks too, weighed by their rarity",
    )
)
FEATURIZERS.add(
    FeaturizerSpec(
        name="tfidf_items",
        transformer="ensemble_kit.features.counting.tfidf_text:TfidfText",
        role="text",
        output="sparse",
        defaults={"preparation": "items", "sublinear": True, "min_df": 2},
        note="items of lists such as `a, b c`, and their words, weighed by rarity",
    )
)
FEATURIZERS.add(
    FeaturizerSpec(
        name="tfidf_both",
        transformer="ensemble_kit.features.counting.tfidf_text:TfidfText",
        role="text",
        output="sparse",
        defaults={
            "words": (1, 2),
            "characters": (2, 5),
            "preparation": "marks",
            "sublinear": True,
            "min_df": 3,
        },
        note="words and character n-grams side by side, weighed by their rarity",
    )
)
FEATURIZERS.add(
    FeaturizerSpec(
        name="character_tfidf",
        transformer="ensemble_kit.features.counting.tfidf_text:TfidfText",
        role="text",
        output="sparse",
        defaults={
            "words": None,
            "characters": (2, 6),
            "sublinear": True,
            "min_df": 2,
        },
        note="character n-grams within words, weighed by their rarity",
    )
)
FEATURIZERS.add(
    FeaturizerSpec(
        name="bm25",
        transformer="ensemble_kit.features.counting.bm25_text:BM25Text",
        role="text",
        output="sparse",
        note="terms weighed by rarity, with saturation and length correction",
    )
)
FEATURIZERS.add(
    FeaturizerSpec(
        name="hashing",
        transformer="ensemble_kit.features.counting.hashed_text:HashedText",
        role="text",
        output="sparse",
        note="terms hashed into a fixed number of columns",
    )
)
FEATURIZERS.add(
    FeaturizerSpec(
        name="nb_tfidf",
        transformer="ensemble_kit.features.counting.nb_scaled_tfidf:NBScaledTfidf",
        role="text",
        output="sparse",
        defaults={
            "features": {
                "words": (1, 2),
                "characters": (2, 5),
                "preparation": "marks",
                "sublinear": True,
                "min_df": 2,
            }
        },
        sees_y=True,
        note="tf-idf scaled by naive-Bayes log-count ratios",
    )
)
FEATURIZERS.add(
    FeaturizerSpec(
        name="text_encoder",
        transformer="ensemble_kit.features.text_numbers.out_of_fold_text_encoder:"
        "OutOfFoldTextEncoder",
        role="text",
        sees_y=True,
        note="cross-fitted scores of naive Bayes and ridge on tf-idf",
    )
)
FEATURIZERS.add(
    FeaturizerSpec(
        name="text_statistics",
        transformer="ensemble_kit.features.text_numbers.text_statistics:TextStatistics",
        role="text",
        note="lengths, shares, marks, readability",
    )
)
FEATURIZERS.add(
    FeaturizerSpec(
        name="language_model",
        transformer="ensemble_kit.features.text_numbers.language_model_scores:LanguageModelScores",
        role="text",
        sees_y=True,
        version=2,
        note="likelihood under a character 5-gram model of each class",
    )
)
FEATURIZERS.add(
    FeaturizerSpec(
        name="word_language_model",
        transformer="ensemble_kit.features.text_numbers.language_model_scores:LanguageModelScores",
        role="text",
        defaults={"unit": "words", "order": 2, "preparation": "marks"},
        sees_y=True,
        version=2,
        note="likelihood under a word 2-gram model of each class",
    )
)
