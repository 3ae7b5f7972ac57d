"""Members that write texts, and a vote over them, as one estimator."""

from collections.abc import Mapping
from typing import Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.model_selection import KFold
from sklearn.utils import check_random_state
from sklearn.utils.parallel import Parallel, delayed
from sklearn.utils.validation import check_is_fitted

from ensemble_kit.arrays import TextsLike
from ensemble_kit.exceptions import problems
from ensemble_kit.metrics import METRICS
from ensemble_kit.models.sequences.sequence_estimator import (
    read_source_texts,
    read_targets,
    read_text_pairs,
)
from ensemble_kit.oof.text_candidates import TextCandidates, as_texts
from ensemble_kit.running.texts.text_folds import (
    Pair,
    TextRows,
    blend_texts,
    candidates_of,
    fit_on_fold,
)
from ensemble_kit.running.texts.text_members import text_members
from ensemble_kit.splitting.folds import Folds


class TextEnsemble(BaseEstimator):
    """Fit members on folds, and vote over the texts that they would write.

    Parameters
    ----------
    members : mapping of str to estimator, or {"quick", "standard", "best"}
        Estimators from texts to texts. One with ``predict_candidates`` splits its vote
        over several texts; others give it to what they predict.
    cv : int, default=4
        Folds.
    metric : str, default="exact_match"
        What the weights of the vote are learnt for.
    n_jobs : int, default=1
        Processes.
    random_state : int, RandomState or None

    Attributes
    ----------
    models_ : dict of str to list
        The fitted estimators of every member, one per fold.
    oof_ : TextCandidates
        What members write for rows they were not fitted on.
    oof_predictions_ : ndarray of str objects
        What the vote chooses there, by weights learnt on the other folds.
    scores_ : dict of str to float
        Of the members and of "vote", on these rows.
    vote_ : TextVote

    Examples
    --------
    >>> from ensemble_kit.models.sequences.plain_texts import CopiedText, NearestText
    >>> members = {"nearest": NearestText(n_neighbors=1), "copy": CopiedText()}
    >>> texts = ["a dog", "a cat", "a cow", "the pig", "an owl", "some fish"]
    >>> ensemble = TextEnsemble(members, cv=3, random_state=0).fit(texts, texts)
    >>> ensemble.predict(["a rat"]).tolist()
    ['a rat']
    """

    def __init__(
        self,
        members: Mapping[str, BaseEstimator] | str = "standard",
        cv: int = 4,
        metric: str = "exact_match",
        n_jobs: int = 1,
        random_state: int | np.random.RandomState | None = None,
    ):
        self.members = members
        self.cv = cv
        self.metric = metric
        self.n_jobs = n_jobs
        self.random_state = random_state

    def fit(self, X: TextsLike, y: TextsLike) -> Self:
        """Learn from texts and the texts that belong to them.

        Parameters
        ----------
        X, y : list, Series or 1-D array of str

        Returns
        -------
        self

        Raises
        ------
        ValueError
            When there are fewer rows than folds, a target is missing, or a member is
            no estimator.
        """
        sources, targets = read_text_pairs(X, y)
        seed = int(check_random_state(self.random_state).randint(2**31 - 1))
        splitter = KFold(self.cv, shuffle=True, random_state=seed)
        folds = Folds.from_splitter(splitter, np.zeros(len(targets)))
        rows = TextRows(as_texts(sources), as_texts(targets), as_texts([]), folds)
        chosen = self._chosen(seed)
        pieces = [(name, fold) for name in chosen for fold in range(len(folds))]
        fitted = Parallel(n_jobs=self.n_jobs)(
            delayed(fit_on_fold)(name, chosen[name], rows, fold)
            for name, fold in pieces
        )
        self.models_: dict[str, list[BaseEstimator]] = {name: [] for name in chosen}
        written: dict[str, list[Pair]] = {name: [] for name in chosen}
        for (name, _), (model, candidates) in zip(pieces, fitted, strict=True):
            self.models_[name].append(model)
            written[name].append((candidates, TextCandidates.of(name, [])))
        blend = blend_texts(list(written.values()), rows, self.metric)
        self.oof_, self.vote_, self.scores_ = blend.oof, blend.vote, blend.scores
        self.oof_predictions_ = blend.voted
        return self

    def predict(self, X: TextsLike) -> NDArray[np.object_]:
        """Return the text that the members vote for, for each row."""
        candidates = self.candidates(X)
        return self.vote_.predict(candidates)

    def candidates(self, X: TextsLike) -> TextCandidates:
        """Return what every member writes: its models' chances, averaged."""
        check_is_fitted(self, "vote_")
        sources = as_texts(read_source_texts(X))
        return TextCandidates.join(
            [
                TextCandidates.average(
                    [candidates_of(name, model, sources) for model in models]
                )
                for name, models in self.models_.items()
            ]
        )

    def score(self, X: TextsLike, y: TextsLike) -> float:
        """Return the metric of the texts that are voted for."""
        return METRICS[self.metric](as_texts(read_targets(y)), self.predict(X))

    def _chosen(self, seed: int) -> Mapping[str, BaseEstimator]:
        """Return the members by name."""
        if isinstance(self.members, str):
            return text_members(self.members, seed)
        if not self.members:
            raise ValueError("members: at least one is needed; found none")
        if not isinstance(self.members, Mapping):
            raise ValueError(
                "members: expected a dict of estimators by name, or the name of a "
                f"pipeline of texts; found a {type(self.members).__name__}"
            )
        mistakes = [
            f"{name}: {mistake}"
            for name, model in self.members.items()
            if (mistake := _mistake(model))
        ]
        if mistakes:
            raise ValueError(problems("members", mistakes))
        return self.members


def _mistake(model: object) -> str:
    """Return why a member cannot be cloned, fitted and asked; empty where it can."""
    if isinstance(model, type):
        return f"is the class {model.__name__}; hand over an object, {model.__name__}()"
    missing = [m for m in ("get_params", "fit", "predict") if not hasattr(model, m)]
    return f"{model!r:.80} has no {' and no '.join(missing)}" if missing else ""
