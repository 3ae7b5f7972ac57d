"""Featurizers of texts take them in any form."""

import numpy as np
import pandas as pd
import pytest

from ensemble_kit.catalog import FEATURIZERS

TEXTS = ["salt and sea", "hill and sun", "salt of hills", "sun on sea"] * 3
CHEAP = [
    name
    for name in ("tfidf", "bag_of_words", "bm25", "hashing", "nb_tfidf", "lsa")
    + ("text_encoder", "text_statistics", "cooccurrence")
    if FEATURIZERS[name].role == "text"
]


@pytest.mark.parametrize("name", CHEAP)
@pytest.mark.parametrize("form", [pd.Series, np.array, pd.Index])
def test_a_list_and_other_forms_of_texts_give_the_same(name, form):
    found = []
    for texts in (TEXTS, form(TEXTS)):
        transformer = FEATURIZERS[name].build({})
        if "random_state" in transformer.get_params():
            transformer.set_params(random_state=0)
        features = transformer.fit_transform(texts, [0, 1] * 6)
        found.append(getattr(features, "toarray", lambda made=features: made)())
    assert np.array_equal(*map(np.asarray, found))
