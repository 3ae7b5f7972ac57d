"""The blend of the members that stay: pruned, weighed anew, and scored out of fold."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ensemble_kit.exceptions import RunError
from ensemble_kit.metrics import Metric
from ensemble_kit.oof.canonical_fit import fit, predict, span
from ensemble_kit.pipeline.foreign_member import ForeignMember
from ensemble_kit.pipeline.member import Member
from ensemble_kit.running.deploying.pruning import Judge, Pruned, prune
from ensemble_kit.running.run import MemberResult
from ensemble_kit.running.scores.scoring import honest_labels, score_rows
from ensemble_kit.splitting.folds import Folds
from ensemble_kit.splitting.given_folds import splits_of
from ensemble_kit.work.workspace import ALL_ROWS, Source

Array = NDArray[Any]
NAME = "deployed"  # of the blend of what stays
INSTEAD = "convex_blend"  # of a final model that is no plain blend of level 1
ROWS_TIMES_OUTPUTS = 20_000  # that members are pruned on
N_SPLITS = 5  # of rows that fewer than two folds validate


def blend_like(chosen: Member, inputs: Sequence[str], name: str, n: int) -> Member:
    """Return what is to blend members as a final model does, if it is such a blend.

    Parameters
    ----------
    chosen : Member
        The final model, over members of level 1 alone.
    inputs : sequence of str
        The members that are to be blended.
    name : str
        Of the blend.
    n : int
        How many outputs there are.
    """
    spec = chosen.spec
    # Weights that a pipeline states are of all members, whichever stay.
    is_plain = spec.family == "blend" and "weights" not in chosen.params
    is_cheap = n <= (n if spec.refit_outputs is None else spec.refit_outputs)
    if not (is_plain and is_cheap):
        return Member(name, INSTEAD, 2, inputs=tuple(inputs))
    return Member(name, chosen.model, 2, chosen.params, inputs=tuple(inputs))


def is_refittable(member: Member) -> bool:
    """Return whether a member can be fitted on all rows by itself.

    Not what was predicted elsewhere, nor what learns from labels of other members.
    """
    return not isinstance(member, ForeignMember) and member.pseudo is None


@dataclass(frozen=True)
class Blending:
    """How members are blended on rows that their models of the folds have not seen.

    Parameters
    ----------
    member : Member
        The blend, told what the metric rewards.
    source : Source
        The rows: their targets as they are fitted, and weights.
    metric : Metric
        In the scale of the target.
    folds : Folds
        Of these rows.
    """

    member: Member
    source: Source
    metric: Metric
    folds: Folds

    def pruned(
        self, tensor: Array, submitted: Array, within: float, names: Sequence[str]
    ) -> tuple[tuple[str, ...], Pruned] | None:
        """Return the fewest members whose blend loses no more than noise, if any does.

        Parameters
        ----------
        tensor : ndarray of shape (n_rows, n_members, n_outputs)
            Out-of-fold predictions, NaN where there are none.
        submitted : ndarray of shape (n_rows, n_outputs)
            Those of the submitted member.
        within : float
            Standard errors.
        names : sequence of str
            Of the members.
        """
        rows, source = seen_rows(tensor, submitted), self.source
        most = max(1, ROWS_TIMES_OUTPUTS // source.n_outputs)
        if len(rows) > most:
            rows = np.sort(np.random.default_rng(0).permutation(rows)[:most])
        judge = Judge(
            self.build(),
            tensor[rows],
            submitted[rows],
            source.y[rows],
            self.metric,
            self._splits(rows),
            None if source.weights is None else source.weights[rows],
            self._told(rows).get("known"),
        )
        pruned = prune(judge, range(len(names)), within)
        if pruned is None:
            return None
        return tuple(names[at] for at in pruned.places), pruned

    def fitted(self, tensor: Array) -> tuple[Any, tuple[int, float, float]]:
        """Return the blend fitted on all rows that there are, and what it has seen."""
        return self._fit(tensor, seen_rows(tensor))

    def out_of_fold(self, tensor: Array) -> NDArray[np.float64]:
        """Return what the blend predicts of rows by fits on those of other folds."""
        rows, parts = seen_rows(tensor), []
        splits, kind, n_outputs = self._splits(rows), self.kind, self.source.n_outputs
        for train, valid in splits:
            blend, fitted_on = self._fit(tensor, rows[train])
            held = tensor[rows[valid]]
            parts.append(predict(blend, held, kind, n_outputs, fitted_on))
        oof = np.full((len(self.source.y), n_outputs), np.nan)
        oof[rows] = Folds(tuple(splits), len(rows)).collect(parts)
        return oof

    @property
    def kind(self) -> str:
        """Return the kind of task."""
        return self.source.kind

    def scored(self, result: MemberResult, oof: NDArray[np.float64]) -> MemberResult:
        """Return what is known of a member, with the score of such predictions."""
        source, metric, folds, labels = self.source, self.metric, self.folds, None
        if metric.consumes == "label":
            labels = honest_labels(oof, source.y, folds, metric, source.weights)
        seen = np.asarray(np.isfinite(oof).all(axis=1))
        score, fold_scores = score_rows(oof, source, folds, metric, seen, labels)
        return replace(result, score=score, fold_scores=fold_scores, labels=labels)

    def build(self) -> Any:
        """Return the unfitted blend."""
        return self.member.spec.build(self.kind, self.member.params, seed=0)

    def planned(self, inputs: Sequence[str], key: str) -> dict[str, Any]:
        """Return the fitted blend as a planned member; see `plan_members`.

        Parameters
        ----------
        inputs : sequence of str
            The members that it blends.
        key : str
            Of the fitted blend.
        """
        return {
            "name": self.member.name,
            "level": 2,
            "form": "stack",
            "tensor": True,
            "columns": False,
            "as_array": False,
            "inputs": list(inputs),
            "fits": [{"fold": ALL_ROWS, "model": key, "features": None}],
        }

    def _fit(self, tensor: Array, rows: Array) -> tuple[Any, tuple[int, float, float]]:
        y, weights = self.source.y[rows], self.source.weights
        weight = None if weights is None else weights[rows]
        told = self._told(rows)
        return fit(self.build(), tensor[rows], y, weight, told), span(y)

    def _told(self, rows: Array) -> dict[str, Array]:
        """Return what a blend that goes by windows is told of some rows."""
        is_by_window = bool(self.member.params.get("windows"))
        return {"known": self.folds.known[rows]} if is_by_window else {}

    def _splits(self, rows: Array) -> list[tuple[Array, Array]]:
        """Return the folds of some rows, numbered among these."""
        pairs = list(self.folds.among(rows).pairs)
        if len(pairs) > 1:
            return pairs
        return splits_of(N_SPLITS, self.source.y[rows], self.kind != "regression")


def weights_of(blend: Any, names: Sequence[str]) -> dict[str, float]:
    """Return the weight of each member in a fitted blend; none where it has none."""
    weights = np.asarray(getattr(blend, "weights_", ()))
    if weights.shape != (len(names),):
        return {}
    return dict(zip(names, weights.tolist(), strict=True))


def seen_rows(tensor: Array, *others: Array) -> NDArray[np.intp]:
    """Return the rows that all have predicted.

    Raises
    ------
    RunError
        When they are too few to weigh members by.
    """
    seen = np.isfinite(tensor).all(axis=(1, 2))
    for other in others:
        seen &= np.isfinite(other).all(axis=1)
    if seen.sum() < 2 * N_SPLITS:
        raise RunError(
            f"{int(seen.sum())} rows have out-of-fold predictions of all members; "
            f"expected {2 * N_SPLITS} or more to weigh members by"
        )
    return np.flatnonzero(seen)
