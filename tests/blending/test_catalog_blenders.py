"""The blenders of the catalog: names that build what they say."""

import numpy as np
import pytest

from ensemble_kit.catalog import MODELS

BLENDERS = [name for name in MODELS if MODELS[name].family == "blend"]
CASES = [
    (name, kind)
    for name in BLENDERS
    for kind in ("binary", "multiclass", "regression")
    if MODELS[name].supports(kind)
]


@pytest.mark.parametrize(("name", "kind"), CASES)
def test_every_blender_fits_the_tensor(name, kind, make_rows):
    tensor, y = make_rows[kind](200, 3)
    tensor = np.abs(tensor)
    blend = MODELS[name].build(kind, {}, seed=0)
    fitted = blend.fit(tensor, y, sample_weight=np.ones(200))
    method = fitted.predict if kind == "regression" else fitted.predict_proba
    assert np.isfinite(method(tensor)).all()
    assert len(fitted.weights_) == 3


def test_the_catalog_has_every_kind_of_blend():
    assert {"mean", "greedy_blend", "convex_blend", "logit_blend"} <= set(BLENDERS)
    assert all("tensor" in MODELS[name].accepts for name in BLENDERS)
