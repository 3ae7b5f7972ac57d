"""Which members and features the weights of the rows do not reach."""

from collections.abc import Iterable

from ensemble_kit.catalog import FEATURIZERS
from ensemble_kit.features.feature_set import takes_weights
from ensemble_kit.pipeline.member import Member
from ensemble_kit.registry import load_object
from ensemble_kit.work.node import FeaturesFacts, Node


def weights_notes(members: Iterable[Member]) -> tuple[str, ...]:
    """Return a note that names the members whose models take no weights of rows."""
    names = [member.name for member in members if "weights" not in member.spec.accepts]
    if not names:
        return ()
    return (
        f"weights: {', '.join(names)} cannot take them, so that every row counts alike "
        "in their fits; probes, blends, decisions and scores go by the weights",
    )


def unweighted_features_notes(nodes: Iterable[Node]) -> tuple[str, ...]:
    """Return a note that names the features fitted on y that take no weights."""
    used = {
        block["featurizer"]
        for node in nodes
        if isinstance(node.facts, FeaturesFacts)
        for block in node.facts.featurizers
    }
    names = [
        name
        for name in sorted(used & set(FEATURIZERS))
        if FEATURIZERS[name].sees_y
        and not takes_weights(load_object(FEATURIZERS[name].transformer))
    ]
    if not names:
        return ()
    return (
        f"weights: the features {', '.join(names)} see the target and cannot take "
        "them, so that every row counts alike in these features",
    )
