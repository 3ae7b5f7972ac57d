"""Featurizers of texts and pairs of them: dense vectors, topics, similarities."""

from dataclasses import replace

from ensemble_kit.catalog.featurizers import FEATURIZERS
from ensemble_kit.featurizer_spec import FeaturizerSpec

FEATURIZERS.add(
    FeaturizerSpec(
        name="lsa",
        transformer="ensemble_kit.features.counting.latent_semantics:LatentSemantics",
        role="text",
        note="tf-idf of words and their pairs in 64 directions",
    )
)
FEATURIZERS.add(
    FeaturizerSpec(
        name="character_lsa",
        transformer="ensemble_kit.features.counting.latent_semantics:LatentSemantics",
        role="text",
        defaults={
            "tfidf": {"words": None, "characters": (2, 4), "min_df": 3}
            | {"sublinear": True}
        },
        note="tf-idf of character n-grams in 64 directions",
    )
)
for _name, _note in (
    ("nmf", "shares of topics, by non-negative factors of tf-idf"),
    ("lda", "shares of topics, by latent Dirichlet allocation"),
):
    FEATURIZERS.add(
        FeaturizerSpec(
            name=f"{_name}_topics",
            transformer="ensemble_kit.features.counting.topic_shares:TopicShares",
            role="text",
            defaults={"method": _name},
            note=_note,
        )
    )
for _name, _defaults, _note in (
    ("cooccurrence", {}, "mean of word vectors from mutual information"),
    ("cooccurrence_sif", {"pooling": "sif"}, "the same, rare words first (SIF)"),
):
    FEATURIZERS.add(
        FeaturizerSpec(
            name=_name,
            transformer="ensemble_kit.features.embeddings.cooccurrence_embedding:"
            "CooccurrenceEmbedding",
            role="text",
            defaults=_defaults,
            version=2,
            note=_note,
        )
    )
FEATURIZERS.add(
    FeaturizerSpec(
        name="sequence_vectors",
        transformer="ensemble_kit.features.embeddings.cooccurrence_embedding:"
        "CooccurrenceEmbedding",
        role="text",
        defaults={
            "n_components": 16,
            "preparation": {
                "tokens": "ensemble_kit.features.texts.sequence_items:items",
                "case": "keep",
            },
        },
        version=2,
        note="mean of item vectors, for columns that list items",
    )
)
FEATURIZERS.add(
    FeaturizerSpec(
        name="glove",
        transformer="ensemble_kit.features.embeddings.glove_embedding:GloveEmbedding",
        role="text",
        note="mean of GloVe vectors trained on the texts",
    )
)
for _name, _defaults, _note in (
    ("word2vec", {}, "mean of word2vec vectors trained on the texts, skip-gram"),
    ("word2vec_cbow", {"algorithm": "cbow"}, "the same, trained as a bag of words"),
    (
        "word2vec_sif",
        {"pooling": "sif"},
        "word2vec vectors, rare words first (SIF)",
    ),
):
    FEATURIZERS.add(
        FeaturizerSpec(
            name=_name,
            transformer="ensemble_kit.features.embeddings.word2vec_embedding:Word2VecEmbedding",
            role="text",
            defaults=_defaults,
            requires=(("gensim", "text"),),
            note=_note,
        )
    )
for _name, _defaults, _note in (
    ("fasttext", {}, "mean of fastText vectors trained on the texts"),
    ("fasttext_sif", {"pooling": "sif"}, "the same, rare words first (SIF)"),
):
    FEATURIZERS.add(
        FeaturizerSpec(
            name=_name,
            transformer="ensemble_kit.features.embeddings.fasttext_embedding:FastTextEmbedding",
            role="text",
            defaults=_defaults,
            requires=(("gensim", "text"),),
            note=_note,
        )
    )
FEATURIZERS.add(
    FeaturizerSpec(
        name="sent2vec",
        transformer="ensemble_kit.features.embeddings.sent2vec_embedding:Sent2VecEmbedding",
        role="text",
        requires=(("gensim", "text"),),
        note="mean of word and bigram vectors trained for their average",
    )
)
FEATURIZERS.add(
    FeaturizerSpec(
        name="pretrained",
        transformer="ensemble_kit.features.embeddings.pretrained_embedding:PretrainedEmbedding",
        role="text",
        note="mean of word vectors from a file: path = ...",
    )
)
_ENCODER = FeaturizerSpec(
    name="sentence_encoder",
    transformer="ensemble_kit.features.encoders.sentence_encoder:SentenceEncoder",
    role="text",
    requires=tuple((m, "encoders") for m in ("torch", "tokenizers", "safetensors")),
    files="ensemble_kit.features.encoders.sentence_encoder:files_fingerprint",
    defaults={"encoder": "minilm"},
    n_columns=384,
    note="vectors of a pretrained encoder: encoder = a folder, or minilm",
)
FEATURIZERS.add(_ENCODER)
FEATURIZERS.add(
    replace(
        _ENCODER,
        name="sentence_components",
        defaults={"encoder": "minilm", "n_components": 32},
        n_columns=32,
        note="the same in 32 principal components",
    )
)
FEATURIZERS.add(
    replace(
        _ENCODER,
        name="sentence_scores",
        transformer="ensemble_kit.features.encoders.sentence_scores:SentenceScores",
        sees_y=True,
        n_columns=4,
        note="cosines to the classes' centres, cross-fitted mean target of near texts",
    )
)
FEATURIZERS.add(
    replace(
        _ENCODER,
        name="sentence_encoder_pair",
        transformer="ensemble_kit.features.text_numbers.embedded_pair:EmbeddedPair",
        role="pair",
        defaults={"embedding": "sentence_encoder", "params": {"encoder": "minilm"}},
        n_columns=2,
        note="cosine and distance of two text columns, by a pretrained encoder",
    )
)
FEATURIZERS.add(
    replace(
        _ENCODER,
        name="sentence_pair_components",
        transformer="ensemble_kit.features.text_numbers.pair_components:"
        "EmbeddedPairComponents",
        role="pair",
        defaults={"embedding": "sentence_encoder", "params": {"encoder": "minilm"}},
        n_columns=34,
        note="the same, and 32 components of their differences and products",
    )
)
FEATURIZERS.add(
    FeaturizerSpec(
        name="text_pairs",
        transformer="ensemble_kit.features.text_numbers.text_pairs:TextPairs",
        role="pair",
        requires=(("rapidfuzz", "text"),),
        note="overlap, cosine, BM25 and edit similarity of two text columns",
    )
)
for _name, _params, _requires, _version in (
    ("lsa", {}, (), 1),
    ("cooccurrence", {"pooling": "sif"}, (), 2),
    ("word2vec", {"pooling": "sif"}, (("gensim", "text"),), 1),
    ("pretrained", {"pooling": "sif"}, (), 1),
):
    FEATURIZERS.add(
        FeaturizerSpec(
            name=f"{_name}_pair",
            transformer="ensemble_kit.features.text_numbers.embedded_pair:EmbeddedPair",
            role="pair",
            defaults={"embedding": _name, "params": _params},
            requires=_requires,
            version=_version,
            note=f"cosine and distance of two text columns, by {_name}",
        )
    )
for _name, _path in (
    ("tfidf", "ensemble_kit.features.counting.tfidf_text:TfidfText"),
    ("lsa", "ensemble_kit.features.counting.latent_semantics:LatentSemantics"),
):
    FEATURIZERS.add(
        FeaturizerSpec(
            name=f"joined_{_name}",
            transformer="ensemble_kit.features.texts.joined_texts:JoinedTexts",
            role="texts",
            output="sparse" if _name == "tfidf" else "dense",
            defaults={"transformer": _path},
            note=f"{_name} of all text columns as one text",
        )
    )
