"""Names that modules had before, kept for what refers to them.

Stored models, kept runs and files given with ``--custom`` name classes by import path.
An old path is read as the module that stands for it now, and keys of stored work go
on naming a module as they did first, so that a move costs no fit.
"""

import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

_ROOT = "ensemble_kit."
# Modules that kept their names, by the room they left and the one they are in.
_ROOMS = {
    ("blending", "decisions"): (
        "class_weights confusion cut_points decision thresholds"
    ),
    ("blending", "blending.routed"): (
        "columns_read gated_blend rule_blend rules segment_blend"
    ),
    ("blending", "voting"): (
        "copula_voting diversity exchangeable_voting joint_votes margins plurality "
        "vote_summary voters voting voting_bounds voting_plot voting_questions"
    ),
    ("blending", "metrics"): ("exact_auc"),
    ("blending", "submissions"): ("label_files submission_files submissions"),
    ("blending", "oof"): ("tensors"),
    ("competition", "competition.checks"): ("checking drift duplicates finding leaks"),
    ("competition", "tables"): (
        "dates decoding dialect numbers parsing raw_table reading records rows "
        "sniffing structure"
    ),
    ("competition", "competition.declared"): ("folders joint_column schema settings"),
    ("competition", "competition.guessing"): (
        "identity inference labels roles special_columns targets"
    ),
    ("features", "features.counting"): (
        "bag_of_words bm25_text character_counts counted_texts hashed_text "
        "latent_semantics nb_scaled_tfidf ngram_counts text_counts text_vocabulary "
        "tfidf_text topic_shares"
    ),
    ("features", "features.numbers"): (
        "binned_numbers imputed_numbers passthrough_numbers quantile_numbers "
        "standard_numbers"
    ),
    ("features", "features.categories"): (
        "category_embedding contrib_categories count_categories crossed_categories "
        "native_categories one_hot_categories ordinal_categories target_categories "
        "target_tables"
    ),
    ("features", "features.texts"): (
        "character_kinds count_chunks joined_texts language sequence_items "
        "term_hashes text_preparation texts tokenized_texts tokens unit_texts "
        "word_counts"
    ),
    ("features", "features.embeddings"): (
        "cooccurrence_embedding cooccurrences fasttext_embedding fasttext_files "
        "glove_embedding glove_training pretrained_embedding sent2vec_embedding "
        "sentence_pooling subwords vector_files vector_streams wanted_words "
        "word2vec_embedding word2vec_training word_vectors"
    ),
    ("features", "features.dates"): ("date_parts scaled_dates"),
    ("features", "features.text_numbers"): (
        "embedded_pair language_model_scores linear_texts ngram_tables "
        "out_of_fold_text_encoder text_pairs text_statistics"
    ),
    ("models", "models.boosting"): (
        "catboost_boosting catboost_bytes catboost_texts h2o_boosting h2o_server "
        "histogram_boosting lightgbm_boosting xgboost_boosting"
    ),
    ("models", "models.neighbors"): (
        "class_distances gaussian_process kernel_svm nearest_rows"
    ),
    ("models", "models.linear"): (
        "factorization_machine linear_svm naive_bayes nb_svm quadratic_discriminant "
        "reweighted_ridge ridge_classifier scaled_linear sparse_logistic "
        "stochastic_linear"
    ),
    ("models", "models.table_nets"): (
        "keras_network sparse_mlp sparse_steps table_inputs table_mlp table_network "
        "table_training"
    ),
    ("models", "models.language"): (
        "language_fitting language_model language_model_counts language_model_ngrams "
        "language_networks language_symbols"
    ),
    ("models", "models.probes"): ("probing probing_epochs probing_grid"),
    ("models", "models.text_nets.networks"): (
        "recurrent_cells recurrent_layers text_encoders text_networks torch_layers "
        "torch_optimizers torch_training"
    ),
    ("models", "models.tagging"): ("sequence_tagger sequence_tagging"),
    ("models", "models.text_nets"): (
        "text_fitting text_inner text_net text_pretraining"
    ),
    ("oof", "cluster"): (
        "cluster dask_link link ray_hosts ray_link station station_folder"
    ),
    ("oof", "work"): (
        "costs execute graph inputs limits member_fits memory node rates schedule "
        "simulating worker workers workspace"
    ),
    ("oof", "running.finished"): ("fitted_ensemble"),
    ("oof", "splitting"): ("folds"),
    ("oof", "store"): (
        "frames housekeeping persistence persistence_classes persistence_native "
        "persistence_packing persistence_unpacking store"
    ),
    ("oof", "pipeline"): ("member"),
    ("pipeline", "running.timed"): ("clock forecast limited_run worth"),
    ("pipeline", "running"): ("recording run"),
    ("pipeline", "running.preparing"): ("schemes sources"),
    ("pipeline", "running.scores"): ("scoring validating"),
    ("pipeline", "running.finished"): ("exporting predicting"),
    ("pipeline", "running.tuning"): ("studies tuning"),
    ("running", "running.finished"): (
        "exporting few_rows fitted_ensemble later_rows loaded_run predicting run_files"
    ),
    ("stacking", "stacking.members"): (
        "member_kinds member_list member_parameters prefit_member routing wiring"
    ),
    ("stacking", "stacking.inputs"): ("given_tables reading_targets tables"),
    ("stacking", "stacking.fitted"): (
        "loaded_stack looking plots saving scored_members transforming"
    ),
    ("stacking", "stacking.voting"): (
        "voted_classifier voted_regressor voting_ensemble"
    ),
    ("running", "running.preparing"): (
        "foreign_members member_mistakes metric_objectives prepare row_weights schemes "
        "series sources time_chunks"
    ),
    ("running", "running.scores"): (
        "guarded_choice likeness member_noise repeating scoring submission_choice "
        "validating"
    ),
    ("running", "running.texts"): ("text_filter text_folds text_members"),
    ("cli", "cli.terminal"): (
        "leaderboard opening printing result tables timeline watching"
    ),
    ("cli", "running.watched"): ("interrupts progress"),
    ("cli.terminal", "running.watched"): ("interrupts progress"),
}
# Modules that have another name now.
_RENAMED = {
    "blending.folding": "splitting.given_folds",
    "metric_formulas": "metrics.formulas",
    "models.labels": "models.class_labels",
    "models.tables": "models.boosting.aligned_tables",
    "models.text_arrays": "models.text_nets.inputs.arrays",
    "models.text_batches": "models.text_nets.inputs.batches",
    "models.text_pairs": "models.text_nets.inputs.pairs",
    "models.text_rows": "models.text_nets.inputs.rows",
    "models.text_table": "models.text_nets.inputs.table",
    "models.text_tensors": "models.text_nets.inputs.tensors",
    "models.text_tokens": "models.text_nets.inputs.tokens",
    "models.text_vectors": "models.text_nets.inputs.vectors",
    "models.text_vocabulary": "models.text_nets.inputs.vocabulary",
    "oof.crossfit": "oof.canonical_fit",
    "oof.given": "work.given_estimators",
    "oof.keeping": "store.fitted_objects",
    "oof.sharing": "store.archive",
    "oof.text_gate": "work.judging.text_filter",
    "pipeline.budget": "running.timed.timed_run",
    "pipeline.choosing": "running.scores.submission_choice",
    "pipeline.chunks": "running.preparing.time_chunks",
    "pipeline.fitting": "running.level_fitting",
    "pipeline.gating": "running.texts.text_filter",
    "pipeline.guarding": "running.scores.guarded_choice",
    "pipeline.levels": "running.fitted_levels",
    "pipeline.naming": "pipeline.wiring",
    "pipeline.planning": "running.timed.preview",
    "pipeline.running": "running.run_pipeline",
    "pipeline.steering": "running.preparing.metric_objectives",
}
# Modules that are one now.
_JOINED = {
    f"{room}.{name}": "models.text_nets.named_networks"
    for room in ("models", "models.text_nets")
    for name in ("text_average", "text_cnn", "text_rnn", "text_transformer")
}
_MOVED = _RENAMED | {
    f"{old}.{name}": f"{new}.{name}"
    for (old, new), names in _ROOMS.items()
    for name in names.split()
}
_NOW = _MOVED | _JOINED
# Names that ``ensemble_kit.blending`` offered before they had rooms of their own.
BLENDING_HAD = {
    "Decision": "ensemble_kit.decisions",
    "accuracy_limit": "ensemble_kit.voting",
    "best_weights": "ensemble_kit.voting",
    "blend_submissions": "ensemble_kit.submissions",
    "compare_submissions": "ensemble_kit.submissions",
    "copula_accuracy": "ensemble_kit.voting",
    "exchangeable_accuracy": "ensemble_kit.voting",
    "helpful_accuracy": "ensemble_kit.voting",
    "honest_decision_score": "ensemble_kit.decisions",
    "measure_diversity": "ensemble_kit.voting",
    "plot_vote": "ensemble_kit.voting",
    "simulate_vote": "ensemble_kit.voting",
    "vote_accuracy": "ensemble_kit.voting",
    "vote_bounds": "ensemble_kit.voting",
    "vote_cases": "ensemble_kit.voting",
    "voters_needed": "ensemble_kit.voting",
}
# Of several old names of a module the one that stands first above is the oldest.
_FIRST = {now: first for first, now in reversed(_MOVED.items())}


def current(path: str) -> str:
    """Return ``"module:name"`` with the module's name of today."""
    module, colon, name = path.partition(":")
    return _renamed(module, _NOW) + colon + name


def first(path: str) -> str:
    """Return ``"module:name"`` with the name that keys have for the module."""
    module, colon, name = path.partition(":")
    return _renamed(module, _FIRST) + colon + name


def _renamed(module: str, names: dict[str, str]) -> str:
    inner = module.removeprefix(_ROOT)
    return _ROOT + names[inner] if inner != module and inner in names else module


class _SameModule(Loader):
    """Gives the module of today under its old name."""

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """Return the module, which may have been imported before."""
        module = import_module(current(spec.name))
        self.own_spec = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        """Leave the module as it is; it has run under its own name."""
        module.__spec__ = self.own_spec


class _OldNames(MetaPathFinder):
    """Finds a module of the kit by a name it had before."""

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None = None,
        target: ModuleType | None = None,
    ) -> ModuleSpec | None:
        """Return how to import an old name, None for any other."""
        if current(fullname) == fullname:
            return None
        return ModuleSpec(fullname, _SameModule())


def install() -> None:
    """Let old names be imported, once; they come after all that exists."""
    if not any(isinstance(finder, _OldNames) for finder in sys.meta_path):
        sys.meta_path.append(_OldNames())
