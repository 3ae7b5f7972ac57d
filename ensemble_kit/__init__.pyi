from ensemble_kit.catalog import FEATURIZERS as FEATURIZERS
from ensemble_kit.catalog import MODELS as MODELS
from ensemble_kit.competition.competition import Competition as Competition
from ensemble_kit.competition.derived.own_functions import column as column
from ensemble_kit.competition.loading import load_competition as load_competition
from ensemble_kit.features.encoders.sentence_encoder import (
    SentenceEncoder as SentenceEncoder,
)
from ensemble_kit.metrics import METRICS as METRICS
from ensemble_kit.metrics.own_metric import metric as metric
from ensemble_kit.models.boosting.own_objectives import objective as objective
from ensemble_kit.models.sequences.sequence_to_sequence import (
    SequenceToSequence as SequenceToSequence,
)
from ensemble_kit.models.sequences.vector_to_sequence import (
    VectorToSequence as VectorToSequence,
)
from ensemble_kit.oof.matrix import OOFMatrix as OOFMatrix
from ensemble_kit.pipeline.loading import load_pipeline as load_pipeline
from ensemble_kit.pipeline.spec import Pipeline as Pipeline
from ensemble_kit.reporting.deploying import deploy_run as deploy_run
from ensemble_kit.reporting.ideas import improvement_ideas as improvement_ideas
from ensemble_kit.reporting.submitting import run as run
from ensemble_kit.running.finished.loaded_run import load_run as load_run
from ensemble_kit.running.run_pipeline import run_pipeline as run_pipeline
from ensemble_kit.splitting.folds import Folds as Folds
from ensemble_kit.stacking import StackedClassifier as StackedClassifier
from ensemble_kit.stacking import StackedRegressor as StackedRegressor
from ensemble_kit.stacking import TextEnsemble as TextEnsemble
from ensemble_kit.stacking import VotedClassifier as VotedClassifier
from ensemble_kit.stacking import VotedRegressor as VotedRegressor
from ensemble_kit.store.store import Store as Store
