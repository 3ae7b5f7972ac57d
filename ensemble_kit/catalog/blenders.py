"""Blenders: level-2 models that take the out-of-fold tensor itself.

``complexity`` orders them from a plain mean to trees; what is ``compared`` is fitted
in every run that leaves the choice of its submission to the stack guard.
"""

from dataclasses import replace

from ensemble_kit.catalog.families import BLEND, GATE
from ensemble_kit.catalog.models import add

AVERAGE = replace(
    BLEND,
    classifier="ensemble_kit.blending.average_blend:AverageBlend",
    regressor="ensemble_kit.blending.average_blend:AverageBlend",
    complexity=0,
)

add(
    AVERAGE,
    name="mean",
    defaults={"how": "mean"},
    compared=True,
    note="plain mean of the members",
)
add(
    AVERAGE,
    name="median",
    defaults={"how": "median"},
    note="median of the members",
)
add(
    AVERAGE,
    name="trimmed_mean",
    defaults={"how": "trimmed_mean"},
    note="mean without the outer fifths",
)
add(
    AVERAGE,
    name="geometric",
    defaults={"how": "geometric"},
    note="geometric mean",
)
add(
    AVERAGE,
    name="power_mean",
    defaults={"how": "power", "power": 2.0},
    note="root of the mean square",
)
add(
    AVERAGE,
    name="logit_mean",
    regressor=None,
    defaults={"how": "logit"},
    note="mean of log odds",
)
add(
    AVERAGE,
    name="majority_vote",
    regressor=None,
    defaults={"how": "mode"},
    complexity=1,
    note="share of the members' votes",
)
add(
    BLEND,
    name="greedy_blend",
    classifier="ensemble_kit.blending.greedy_blend:GreedyBlend",
    regressor="ensemble_kit.blending.greedy_blend:GreedyBlend",
    seed_parameter="random_state",
    complexity=2,
    compared=True,
    note="greedy selection with replacement (Caruana)",
)
add(
    BLEND,
    name="convex_blend",
    classifier="ensemble_kit.blending.convex_blend:ConvexBlend",
    regressor="ensemble_kit.blending.convex_blend:ConvexBlend",
    accepts=BLEND.accepts | {"windows"},
    complexity=3,
    compared=True,
    note="weights of least log loss or squared error",
)
add(
    BLEND,
    name="logit_blend",
    classifier="ensemble_kit.blending.logit_blend:LogitBlend",
    complexity=4,
    compared=True,
    note="non-negative logistic regression on log odds",
)
add(
    BLEND,
    name="linear_blend",
    regressor="ensemble_kit.blending.linear_blend:LinearBlend",
    complexity=4,
    compared=True,
    note="non-negative linear regression",
)
add(
    BLEND,
    name="rank_mean",
    classifier="ensemble_kit.blending.rank_blend:RankBlend",
    regressor="ensemble_kit.blending.rank_blend:RankBlend",
    complexity=1,
    note="mean rank, for metrics of order alone",
)
add(
    BLEND,
    name="hill_climb",
    classifier="ensemble_kit.blending.hill_climb_blend:HillClimbBlend",
    regressor="ensemble_kit.blending.hill_climb_blend:HillClimbBlend",
    complexity=2,
    note="steps towards and away from members",
)
add(
    BLEND,
    name="per_class_blend",
    classifier="ensemble_kit.blending.per_class_blend:PerClassBlend",
    complexity=5,
    note="convex weights for every class",
)
add(
    BLEND,
    name="tree_blend",
    classifier="ensemble_kit.blending.tree_blend:TreeBlend",
    regressor="ensemble_kit.blending.tree_blend:TreeBlend",
    seed_parameter="random_state",
    complexity=7,
    compared=True,
    refit_outputs=2,
    note="shallow boosted trees on the members",
)
add(
    GATE,
    name="rule_blend",
    classifier="ensemble_kit.blending.routed.rule_blend:RuleBlend",
    regressor="ensemble_kit.blending.routed.rule_blend:RuleBlend",
    note="one blend, or member, where a rule on a column holds, another elsewhere",
)
add(
    GATE,
    name="segment_blend",
    classifier="ensemble_kit.blending.routed.segment_blend:SegmentBlend",
    regressor="ensemble_kit.blending.routed.segment_blend:SegmentBlend",
    note="a blend for every value of a column",
)
add(
    GATE,
    name="gated_blend",
    classifier="ensemble_kit.blending.routed.gated_blend:GatedBlend",
    regressor="ensemble_kit.blending.routed.gated_blend:GatedBlend",
    note="weights of the members as a learned function of columns",
)
