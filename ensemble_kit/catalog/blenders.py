"""Blenders: level-2 models that take the out-of-fold tensor itself."""

from ensemble_kit.catalog.models import MODELS
from ensemble_kit.model_spec import ModelSpec

TENSOR = frozenset({"tensor", "weights"})


def _add(
    name: str,
    path: str,
    note: str,
    kinds: str = "both",
    seeded: bool = False,
    family: str = "blend",
    **defaults: object,
) -> None:
    """Add a blender, for classes, for values, or for both."""
    MODELS.add(
        ModelSpec(
            name=name,
            family=family,
            classifier=None if kinds == "values" else path,
            regressor=None if kinds == "classes" else path,
            defaults=defaults,
            accepts=TENSOR | ({"columns"} if family == "gate" else set()),
            features="stack",
            seed_parameter="random_state" if seeded else None,
            threads_parameter=None,
            note=note,
        )
    )


AVERAGE = "ensemble_kit.blending.average_blend:AverageBlend"

_add("mean", AVERAGE, "plain mean of the members", how="mean")
_add("median", AVERAGE, "median of the members", how="median")
_add("trimmed_mean", AVERAGE, "mean without the outer fifths", how="trimmed_mean")
_add("geometric", AVERAGE, "geometric mean", how="geometric")
_add("power_mean", AVERAGE, "root of the mean square", how="power", power=2.0)
_add("logit_mean", AVERAGE, "mean of log odds", "classes", how="logit")
_add("majority_vote", AVERAGE, "share of the members' votes", "classes", how="mode")
_add(
    "greedy_blend",
    "ensemble_kit.blending.greedy_blend:GreedyBlend",
    "greedy selection with replacement (Caruana)",
    seeded=True,
)
_add(
    "convex_blend",
    "ensemble_kit.blending.convex_blend:ConvexBlend",
    "weights of least log loss or squared error",
)
_add(
    "logit_blend",
    "ensemble_kit.blending.logit_blend:LogitBlend",
    "non-negative logistic regression on log odds",
    "classes",
)
_add(
    "linear_blend",
    "ensemble_kit.blending.linear_blend:LinearBlend",
    "non-negative linear regression",
    "values",
)
_add(
    "rank_mean",
    "ensemble_kit.blending.rank_blend:RankBlend",
    "mean rank, for metrics of order alone",
)
_add(
    "hill_climb",
    "ensemble_kit.blending.hill_climb_blend:HillClimbBlend",
    "steps towards and away from members",
)
_add(
    "per_class_blend",
    "ensemble_kit.blending.per_class_blend:PerClassBlend",
    "convex weights for every class",
    "classes",
)
_add(
    "tree_blend",
    "ensemble_kit.blending.tree_blend:TreeBlend",
    "shallow boosted trees on the members",
    seeded=True,
)
_add(
    "rule_blend",
    "ensemble_kit.blending.routed.rule_blend:RuleBlend",
    "one blend, or member, where a rule on a column holds, another elsewhere",
    family="gate",
)
_add(
    "segment_blend",
    "ensemble_kit.blending.routed.segment_blend:SegmentBlend",
    "a blend for every value of a column",
    family="gate",
)
_add(
    "gated_blend",
    "ensemble_kit.blending.routed.gated_blend:GatedBlend",
    "weights of the members as a learned function of columns",
    family="gate",
)
