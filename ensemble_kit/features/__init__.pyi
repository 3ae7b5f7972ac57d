from ensemble_kit.features.categories.category_embedding import (
    CategoryEmbedding as CategoryEmbedding,
)
from ensemble_kit.features.categories.contrib_categories import (
    ContribCategories as ContribCategories,
)
from ensemble_kit.features.categories.count_categories import (
    CountCategories as CountCategories,
)
from ensemble_kit.features.categories.crossed_categories import (
    CrossedCategories as CrossedCategories,
)
from ensemble_kit.features.categories.native_categories import (
    NativeCategories as NativeCategories,
)
from ensemble_kit.features.categories.one_hot_categories import (
    OneHotCategories as OneHotCategories,
)
from ensemble_kit.features.categories.ordinal_categories import (
    OrdinalCategories as OrdinalCategories,
)
from ensemble_kit.features.categories.target_categories import (
    TargetCategories as TargetCategories,
)
from ensemble_kit.features.counting.bag_of_words import BagOfWords as BagOfWords
from ensemble_kit.features.counting.bm25_text import BM25Text as BM25Text
from ensemble_kit.features.counting.hashed_text import HashedText as HashedText
from ensemble_kit.features.counting.latent_semantics import (
    LatentSemantics as LatentSemantics,
)
from ensemble_kit.features.counting.nb_scaled_tfidf import (
    NBScaledTfidf as NBScaledTfidf,
)
from ensemble_kit.features.counting.tfidf_text import TfidfText as TfidfText
from ensemble_kit.features.counting.topic_shares import TopicShares as TopicShares
from ensemble_kit.features.dates.date_parts import DateParts as DateParts
from ensemble_kit.features.dates.date_trend import DateTrend as DateTrend
from ensemble_kit.features.dates.scaled_dates import scaled_dates as scaled_dates
from ensemble_kit.features.embeddings.cooccurrence_embedding import (
    CooccurrenceEmbedding as CooccurrenceEmbedding,
)
from ensemble_kit.features.embeddings.fasttext_embedding import (
    FastTextEmbedding as FastTextEmbedding,
)
from ensemble_kit.features.embeddings.glove_embedding import (
    GloveEmbedding as GloveEmbedding,
)
from ensemble_kit.features.embeddings.pretrained_embedding import (
    PretrainedEmbedding as PretrainedEmbedding,
)
from ensemble_kit.features.embeddings.sent2vec_embedding import (
    Sent2VecEmbedding as Sent2VecEmbedding,
)
from ensemble_kit.features.embeddings.word2vec_embedding import (
    Word2VecEmbedding as Word2VecEmbedding,
)
from ensemble_kit.features.encoders.sentence_encoder import (
    SentenceEncoder as SentenceEncoder,
)
from ensemble_kit.features.encoders.sentence_scores import (
    SentenceScores as SentenceScores,
)
from ensemble_kit.features.feature_set import FeatureSet as FeatureSet
from ensemble_kit.features.made.made_columns import MadeColumns as MadeColumns
from ensemble_kit.features.numbers.binned_numbers import BinnedNumbers as BinnedNumbers
from ensemble_kit.features.numbers.imputed_numbers import (
    ImputedNumbers as ImputedNumbers,
)
from ensemble_kit.features.numbers.passthrough_numbers import (
    PassthroughNumbers as PassthroughNumbers,
)
from ensemble_kit.features.numbers.quantile_numbers import (
    QuantileNumbers as QuantileNumbers,
)
from ensemble_kit.features.numbers.standard_numbers import (
    StandardNumbers as StandardNumbers,
)
from ensemble_kit.features.series.lagged_targets import LaggedTargets as LaggedTargets
from ensemble_kit.features.text_numbers.embedded_pair import (
    EmbeddedPair as EmbeddedPair,
)
from ensemble_kit.features.text_numbers.language_model_scores import (
    LanguageModelScores as LanguageModelScores,
)
from ensemble_kit.features.text_numbers.out_of_fold_text_encoder import (
    OutOfFoldTextEncoder as OutOfFoldTextEncoder,
)
from ensemble_kit.features.text_numbers.pair_components import (
    EmbeddedPairComponents as EmbeddedPairComponents,
)
from ensemble_kit.features.text_numbers.text_pairs import TextPairs as TextPairs
from ensemble_kit.features.text_numbers.text_statistics import (
    TextStatistics as TextStatistics,
)
from ensemble_kit.features.texts.joined_texts import JoinedTexts as JoinedTexts
