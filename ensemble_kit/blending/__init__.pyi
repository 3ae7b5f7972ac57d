from ensemble_kit.blending.average_blend import AverageBlend as AverageBlend
from ensemble_kit.blending.calibration import (
    TemperatureCalibration as TemperatureCalibration,
)
from ensemble_kit.blending.calibration import clip_probabilities as clip_probabilities
from ensemble_kit.blending.convex_blend import ConvexBlend as ConvexBlend
from ensemble_kit.blending.greedy_blend import GreedyBlend as GreedyBlend
from ensemble_kit.blending.guard import choose as choose
from ensemble_kit.blending.guard import compare_blends as compare_blends
from ensemble_kit.blending.hill_climb_blend import HillClimbBlend as HillClimbBlend
from ensemble_kit.blending.linear_blend import LinearBlend as LinearBlend
from ensemble_kit.blending.logit_blend import LogitBlend as LogitBlend
from ensemble_kit.blending.per_class_blend import PerClassBlend as PerClassBlend
from ensemble_kit.blending.rank_blend import RankBlend as RankBlend
from ensemble_kit.blending.routed.gated_blend import GatedBlend as GatedBlend
from ensemble_kit.blending.routed.rule_blend import RuleBlend as RuleBlend
from ensemble_kit.blending.routed.rules import parse_rule as parse_rule
from ensemble_kit.blending.routed.segment_blend import SegmentBlend as SegmentBlend
from ensemble_kit.blending.tree_blend import TreeBlend as TreeBlend
