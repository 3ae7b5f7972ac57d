from ensemble_kit.models.bagging import BaggedClassifier as BaggedClassifier
from ensemble_kit.models.bagging import BaggedRegressor as BaggedRegressor
from ensemble_kit.models.boosting.catboost_boosting import (
    CatBoostClassifier as CatBoostClassifier,
)
from ensemble_kit.models.boosting.catboost_boosting import (
    CatBoostRegressor as CatBoostRegressor,
)
from ensemble_kit.models.boosting.detrended_boosting import (
    DetrendedLightGBM as DetrendedLightGBM,
)
from ensemble_kit.models.boosting.differenced_boosting import (
    DifferencedLightGBM as DifferencedLightGBM,
)
from ensemble_kit.models.boosting.h2o_boosting import H2OClassifier as H2OClassifier
from ensemble_kit.models.boosting.h2o_boosting import H2ORegressor as H2ORegressor
from ensemble_kit.models.boosting.histogram_boosting import (
    HistogramBoostingClassifier as HistogramBoostingClassifier,
)
from ensemble_kit.models.boosting.histogram_boosting import (
    HistogramBoostingRegressor as HistogramBoostingRegressor,
)
from ensemble_kit.models.boosting.lightgbm_boosting import (
    LightGBMClassifier as LightGBMClassifier,
)
from ensemble_kit.models.boosting.lightgbm_boosting import (
    LightGBMRegressor as LightGBMRegressor,
)
from ensemble_kit.models.boosting.xgboost_boosting import (
    XGBoostClassifier as XGBoostClassifier,
)
from ensemble_kit.models.boosting.xgboost_boosting import (
    XGBoostRegressor as XGBoostRegressor,
)
from ensemble_kit.models.calibration import fit_calibration as fit_calibration
from ensemble_kit.models.language.class_language_model import (
    ClassLanguageModel as ClassLanguageModel,
)
from ensemble_kit.models.language.language_model import LanguageModel as LanguageModel
from ensemble_kit.models.linear.factorization_machine import (
    FactorizationMachineClassifier as FactorizationMachineClassifier,
)
from ensemble_kit.models.linear.factorization_machine import (
    FactorizationMachineRegressor as FactorizationMachineRegressor,
)
from ensemble_kit.models.linear.linear_svm import (
    LinearSVMClassifier as LinearSVMClassifier,
)
from ensemble_kit.models.linear.linear_svm import (
    LinearSVMRegressor as LinearSVMRegressor,
)
from ensemble_kit.models.linear.naive_bayes import (
    NaiveBayesClassifier as NaiveBayesClassifier,
)
from ensemble_kit.models.linear.nb_svm import NBSVMClassifier as NBSVMClassifier
from ensemble_kit.models.linear.quadratic_discriminant import (
    QuadraticDiscriminant as QuadraticDiscriminant,
)
from ensemble_kit.models.linear.reweighted_ridge import (
    ReweightedRidge as ReweightedRidge,
)
from ensemble_kit.models.linear.ridge_classifier import (
    CalibratedRidgeClassifier as CalibratedRidgeClassifier,
)
from ensemble_kit.models.linear.scaled_linear import (
    ScaledElasticNet as ScaledElasticNet,
)
from ensemble_kit.models.linear.scaled_linear import (
    ScaledHuberRegressor as ScaledHuberRegressor,
)
from ensemble_kit.models.linear.scaled_linear import (
    ScaledQuantileRegressor as ScaledQuantileRegressor,
)
from ensemble_kit.models.linear.sparse_logistic import (
    SparseLogisticClassifier as SparseLogisticClassifier,
)
from ensemble_kit.models.linear.stochastic_linear import (
    StochasticLinearRegressor as StochasticLinearRegressor,
)
from ensemble_kit.models.neighbors.class_distances import (
    ClassDistancesClassifier as ClassDistancesClassifier,
)
from ensemble_kit.models.neighbors.gaussian_process import (
    GaussianProcessClassifier as GaussianProcessClassifier,
)
from ensemble_kit.models.neighbors.gaussian_process import (
    GaussianProcessRegressor as GaussianProcessRegressor,
)
from ensemble_kit.models.neighbors.kernel_svm import (
    KernelSVMClassifier as KernelSVMClassifier,
)
from ensemble_kit.models.neighbors.kernel_svm import (
    KernelSVMRegressor as KernelSVMRegressor,
)
from ensemble_kit.models.neighbors.nearest_rows import (
    NearestRowsClassifier as NearestRowsClassifier,
)
from ensemble_kit.models.neighbors.nearest_rows import (
    NearestRowsRegressor as NearestRowsRegressor,
)
from ensemble_kit.models.sequences.sequence_to_sequence import (
    SequenceToSequence as SequenceToSequence,
)
from ensemble_kit.models.sequences.vector_to_sequence import (
    VectorToSequence as VectorToSequence,
)
from ensemble_kit.models.series.arima import Arima as Arima
from ensemble_kit.models.series.exponential_smoothing import (
    ExponentialSmoothing as ExponentialSmoothing,
)
from ensemble_kit.models.series.recursive import Recursive as Recursive
from ensemble_kit.models.series.seasonal_arima import SeasonalArima as SeasonalArima
from ensemble_kit.models.series.seasonal_naive import SeasonalNaive as SeasonalNaive
from ensemble_kit.models.table_nets.keras_network import (
    KerasClassifier as KerasClassifier,
)
from ensemble_kit.models.table_nets.keras_network import (
    KerasRegressor as KerasRegressor,
)
from ensemble_kit.models.table_nets.sparse_mlp import (
    SparseMLPClassifier as SparseMLPClassifier,
)
from ensemble_kit.models.table_nets.sparse_mlp import (
    SparseMLPRegressor as SparseMLPRegressor,
)
from ensemble_kit.models.table_nets.table_mlp import (
    TableMLPClassifier as TableMLPClassifier,
)
from ensemble_kit.models.table_nets.table_mlp import (
    TableMLPRegressor as TableMLPRegressor,
)
from ensemble_kit.models.table_nets.tabm import TabMClassifier as TabMClassifier
from ensemble_kit.models.table_nets.tabm import TabMRegressor as TabMRegressor
from ensemble_kit.models.tagging.sequence_tagger import SequenceTagger as SequenceTagger
from ensemble_kit.models.text_nets.fine_tuned.text_bert import (
    TextBertClassifier as TextBertClassifier,
)
from ensemble_kit.models.text_nets.fine_tuned.text_bert import (
    TextBertRegressor as TextBertRegressor,
)
from ensemble_kit.models.text_nets.named_networks import (
    TextAverageClassifier as TextAverageClassifier,
)
from ensemble_kit.models.text_nets.named_networks import (
    TextAverageRegressor as TextAverageRegressor,
)
from ensemble_kit.models.text_nets.named_networks import (
    TextCNNClassifier as TextCNNClassifier,
)
from ensemble_kit.models.text_nets.named_networks import (
    TextCNNRegressor as TextCNNRegressor,
)
from ensemble_kit.models.text_nets.named_networks import (
    TextRNNClassifier as TextRNNClassifier,
)
from ensemble_kit.models.text_nets.named_networks import (
    TextRNNRegressor as TextRNNRegressor,
)
from ensemble_kit.models.text_nets.named_networks import (
    TextTDNNClassifier as TextTDNNClassifier,
)
from ensemble_kit.models.text_nets.named_networks import (
    TextTDNNRegressor as TextTDNNRegressor,
)
from ensemble_kit.models.text_nets.named_networks import (
    TextTransformerClassifier as TextTransformerClassifier,
)
from ensemble_kit.models.text_nets.named_networks import (
    TextTransformerRegressor as TextTransformerRegressor,
)
