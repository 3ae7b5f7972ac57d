"""Word vectors that go on from a file: near it where rare, apart where trained."""

import numpy as np
import pytest
from sklearn.base import clone

from ensemble_kit.competition.loading import load_competition
from ensemble_kit.exceptions import PipelineError
from ensemble_kit.features.embeddings.word2vec_embedding import Word2VecEmbedding
from ensemble_kit.pipeline.loading import parse_pipeline
from ensemble_kit.pipeline.member import Block
from ensemble_kit.running.run_pipeline import Resources, run_pipeline
from ensemble_kit.store.store import Store

SEA = ["sea", "ship", "wave", "sail"]
HILL = ["hill", "tree", "path", "stone"]
RARE, NEW = "rare", "new"
SIZE = 8
HOW = {"min_count": 1, "epochs": 5, "learning_rate": 0.025, "random_state": 0}


def corpus():
    """Return texts of two topics; one word stands in one text, one in no file."""
    random = np.random.default_rng(0)
    texts = [" ".join(random.choice((SEA, HILL)[k % 2], 6)) for k in range(400)]
    return [*texts, f"sea {RARE} ship", *[f"{NEW} hill tree"] * 40]


@pytest.fixture
def given(tmp_path):
    """Return vectors of all words but one, and the file that has them."""
    random = np.random.default_rng(1)
    vectors = {w: random.normal(size=SIZE) for w in (*SEA, *HILL, RARE, "absent")}
    lines = [" ".join([word, *map(str, v)]) for word, v in vectors.items()]
    path = tmp_path / "vectors.txt"
    path.write_text(f"{len(lines)} {SIZE}\n" + "\n".join(lines) + "\n")
    return vectors, path


def moved(model, vectors, word):
    """Return how far a word is from where it began, in lengths of its vector."""
    found = model.word_vectors()[word]
    return np.linalg.norm(found - vectors[word]) / np.linalg.norm(vectors[word])


@pytest.mark.parametrize("algorithm", ["skip_gram", "cbow"])
@pytest.mark.parametrize("hierarchical", [False, True])
def test_a_rare_word_stays_near_its_pretrained_place(given, algorithm, hierarchical):
    vectors, path = given
    how = {**HOW, "algorithm": algorithm, "hierarchical": hierarchical}
    model = Word2VecEmbedding(pretrained=path, **how).fit(corpus())
    assert model.matrix_.shape[1] == SIZE
    others = [moved(model, vectors, word) for word in (*SEA, *HILL)]
    assert 0 < moved(model, vectors, RARE) < 0.1
    assert min(others) > 2 * moved(model, vectors, RARE)
    begun = Word2VecEmbedding(n_components=SIZE, **how).fit(corpus())
    assert moved(begun, vectors, RARE) > 0.9


def test_frozen_vectors_are_those_of_the_file_and_others_learn_beside_them(given):
    vectors, path = given
    frozen = Word2VecEmbedding(pretrained=path, frozen=True, **HOW).fit(corpus())
    tuned = clone(frozen).set_params(frozen=False).fit(corpus())
    for word in (*SEA, *HILL, RARE):
        assert np.allclose(frozen.word_vectors()[word], vectors[word], atol=1e-6)
        assert not np.allclose(tuned.word_vectors()[word], vectors[word], atol=1e-6)
    begun = clone(frozen).set_params(epochs=1, learning_rate=1e-9).fit(corpus())
    apart = frozen.word_vectors()[NEW] - begun.word_vectors()[NEW]
    assert np.linalg.norm(apart) > 0.1


def test_training_parts_topics_that_a_file_has_not_parted(given):
    _, path = given
    model = Word2VecEmbedding(pretrained=path, **{**HOW, "epochs": 40}).fit(corpus())
    found = np.array([model.word_vectors()[word] for word in (*SEA, *HILL)])
    units = found / np.linalg.norm(found, axis=1, keepdims=True)
    alike, is_sea = units @ units.T, np.arange(8) < 4
    assert alike[is_sea][:, is_sea].mean() > alike[is_sea][:, ~is_sea].mean() + 0.3


def test_coverage_counts_repeats_and_is_there_with_a_file_alone(given):
    _, path = given
    model = Word2VecEmbedding(pretrained=path, **HOW).fit(["sea sea hill new"])
    assert model.coverage_ == pytest.approx(3 / 4)
    assert not hasattr(Word2VecEmbedding(**HOW).fit(["sea"]), "coverage_")


def test_the_same_seed_goes_on_to_the_same_bits(given):
    _, path = given
    first, again = (
        Word2VecEmbedding(pretrained=str(path), **HOW).fit_transform(corpus())
        for _ in range(2)
    )
    assert np.array_equal(first, again)


def test_a_file_that_knows_no_word_is_refused_and_one_that_is_gone(given, tmp_path):
    _, path = given
    model = Word2VecEmbedding(pretrained=path, **HOW)
    with pytest.raises(PipelineError, match="for none of the 2 words .*'haus', 'see'"):
        model.fit(["see haus"])
    assert model.fit(["", ""]).coverage_ == 0
    gone = Word2VecEmbedding(pretrained=tmp_path / "gone.vec", **HOW)
    with pytest.raises(PipelineError, match="no such file of vectors"):
        gone.fit(["sea"])


def test_keys_follow_from_the_file_and_stay_where_there_is_none(given):
    _, path = given
    plain = Block("text", "word2vec").facts()
    assert plain["file"] == "" and "pretrained" not in plain["params"]
    for block in (
        Block("text", "word2vec", {"pretrained": str(path)}),
        Block("pair", "word2vec_pair", {"params": {"pretrained": str(path)}}),
    ):
        before = block.facts()["file"]
        text = path.read_text()
        path.write_text(text.replace("sea ", "lake "))
        assert before and block.facts()["file"] != before
        path.write_text(text)


def test_a_run_says_how_many_words_the_file_knows(write_competition, tmp_path):
    path = tmp_path / "colours.txt"
    rows = (f"{word} {k} 1 {-k}" for k, word in enumerate(("red", "green", "heavy")))
    path.write_text("\n".join(rows) + "\n")
    tuned = {"text": {"word2vec": {"pretrained": str(path)}}}
    level1 = {"one": {"model": "logistic_regression", "features": "tuned"}}
    tables = {"features": {"tuned": tuned}, "level1": level1}
    competition = load_competition(write_competition(tmp_path / "small"))
    resources = Resources(0, tmp_path / "work")
    store = Store(tmp_path / "store")
    run = run_pipeline(competition, parse_pipeline(tables, "here"), store, resources)
    words = " ".join(competition.X["note"].astype(str)).split()
    share = np.mean([word in ("red", "green", "heavy") for word in words])
    (told,) = [note for note in run.notes if note.startswith("tuned: ")]
    assert abs(int(told.split()[1].rstrip("%")) / 100 - share) < 0.06


def test_freezing_without_a_file_is_a_mistake():
    with pytest.raises(ValueError, match="frozen: there are no vectors to keep"):
        Word2VecEmbedding(frozen=True, **HOW).fit(["sea"])
