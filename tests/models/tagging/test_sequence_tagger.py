"""The tagger: context, padding, characters, the CRF, and shares as features."""

import io

import numpy as np
import pytest
from sklearn.base import clone

from ensemble_kit.models.tagging.sequence_tagger import SequenceTagger

SMALL = {"hidden": 12, "embedding_dim": 8, "buckets": 50, "random_state": 0}
VARIANTS = [{}, {"char_filters": 6}, {"crf": True}, {"crf": True, "char_filters": 6}]
over_all = pytest.mark.parametrize("variant", VARIANTS, ids=str)


def sequences(n_rows: int, seed: int = 0) -> tuple[list, list]:
    """Return sequences whose first token says how the others are tagged."""
    draw = np.random.default_rng(seed)
    X, y = [], []
    for _ in range(n_rows):
        first = str(draw.choice(["up", "down"]))
        rest = [str(t) for t in draw.choice(list("abc"), draw.integers(1, 6))]
        X.append([first, *rest])
        y.append(["first"] + [f"{first}-{t == 'a'}" for t in rest])
    return X, y


@over_all
def test_tags_that_need_the_context_are_learnt(variant):
    tagger = SequenceTagger(epochs=8, learning_rate=0.03, **variant, **SMALL)
    tagger.fit(*sequences(120))
    assert tagger.score(*sequences(40, seed=1)) > 0.97


@over_all
def test_tags_do_not_depend_on_the_batch(variant):
    tagger = SequenceTagger(epochs=1, **variant, **SMALL).fit(*sequences(30))
    X = [*sequences(12, seed=1)[0], [], ["new", "tokens"]]
    together = tagger.predict_proba(X)
    for row, chances in zip(X, together, strict=True):
        alone = tagger.predict_proba([row])[0]
        np.testing.assert_allclose(alone, chances, rtol=0, atol=1e-6)
        assert chances.shape == (len(row), len(tagger.classes_))


@over_all
def test_the_same_seed_gives_the_same_bits_and_arrays_keep_them(variant):
    tagger = SequenceTagger(epochs=1, **variant, **SMALL).fit(*sequences(30))
    again, file = clone(tagger).fit(*sequences(30)), io.BytesIO()
    np.savez(file, **tagger.to_arrays())
    file.seek(0)
    with np.load(file, allow_pickle=False) as arrays:
        loaded = SequenceTagger.from_arrays(arrays)
    X = sequences(5, seed=1)[0]
    for other in (again, loaded):
        pairs = zip(other.predict_proba(X), tagger.predict_proba(X), strict=True)
        assert all((a == b).all() for a, b in pairs)


def test_shares_of_tags_are_features():
    tagger = SequenceTagger(epochs=8, learning_rate=0.03, **SMALL)
    tagger.fit(*sequences(120))
    shares = tagger.transform(["up a b b", "", None, ["down", "a"]])
    names = tagger.get_feature_names_out().tolist()
    assert shares[0, names.index("share_up-False")] == 0.5
    assert (shares[1:3] == 0).all() and shares[3].sum() == 1


def test_characters_tell_unknown_tokens_apart():
    X = [[f"w{i}{'s' if i % 2 else 'n'}"] for i in range(80)]
    y = [["plural" if i % 2 else "other"] for i in range(80)]
    tagger = SequenceTagger(
        char_filters=8, subwords="none", epochs=15, learning_rate=0.03, **SMALL
    )
    tagger.fit(X, y)
    assert tagger.score([["w901s"], ["w902n"]], [["plural"], ["other"]]) == 1


def test_every_mistake_in_the_tags_is_told():
    with pytest.raises(ValueError, match="2 problems:\n  sequence 0: 2 tokens, 1 tags"):
        SequenceTagger().fit([["a", "b"], ["c"]], [["X"], []])
    with pytest.raises(ValueError, match="no tokens"):
        SequenceTagger().fit([[]], [[]])
