"""Tables of vectors, as model2vec writes them, through the door of the encoders."""

import json

import numpy as np
import pytest

from ensemble_kit.exceptions import PipelineError
from ensemble_kit.features.encoders.encoders import encoder_of
from ensemble_kit.features.encoders.sentence_encoder import SentenceEncoder
from ensemble_kit.models.text_nets.fine_tuned.text_bert import TextBertRegressor
from tiny_encoders import PIECES, WORDS, write_safetensors, write_static_table

pytest.importorskip("tokenizers")
pytest.importorskip("safetensors")
N_WORDS = len(WORDS) + len(PIECES)
NAMES = [*WORDS, *PIECES]


def vectors_of(folder, seed=0, n_vectors=N_WORDS):
    """Return the vectors that the table was written with."""
    return np.random.default_rng(seed).normal(size=(n_vectors, 8))


def test_a_text_is_the_mean_of_its_tokens_without_its_frame(tmp_path):
    folder = write_static_table(tmp_path / "table", normalized=False)
    found = encoder_of(folder).encode(["ab c"])[0]
    places = [NAMES.index(name) for name in ("a", "##b", "c")]
    expected = vectors_of(folder)[places].mean(axis=0)
    np.testing.assert_allclose(found, expected, atol=2e-3)


def test_tokens_that_are_not_known_do_not_count(tmp_path):
    encoder = encoder_of(write_static_table(tmp_path / "table"))
    known, with_more = encoder.encode(["a b", "a зима b"])
    assert (known == with_more).all()


@pytest.mark.parametrize("text", ["", "зима", " \t"])
def test_a_text_without_a_known_token_has_no_vector(tmp_path, text):
    encoder = encoder_of(write_static_table(tmp_path / "table"))
    assert (encoder.encode([text]) == 0).all()


def test_tokens_may_weigh_and_share_vectors(tmp_path):
    weights = np.linspace(0.5, 2.0, N_WORDS)
    mapping = np.arange(N_WORDS) % 10
    folder = write_static_table(
        tmp_path / "table", normalized=True, weights=weights, mapping=mapping
    )
    places = [NAMES.index(name) for name in ("a", "##b", "c")]
    rows = vectors_of(folder, n_vectors=10)[mapping[places]]
    expected = (rows * weights[places, None]).mean(axis=0)
    expected /= np.linalg.norm(expected)
    np.testing.assert_allclose(
        encoder_of(folder).encode(["ab c"])[0], expected, atol=2e-3
    )


def test_it_is_taken_wherever_an_encoder_is(tmp_path):
    folder = write_static_table(tmp_path / "table")
    vectors = SentenceEncoder(folder).fit_transform(["a hill", "the sea"])
    assert vectors.shape == (2, 8)
    np.testing.assert_allclose(np.mean(vectors**2, axis=1), 1, rtol=1e-2)


def test_a_file_without_a_table_is_told(tmp_path):
    folder = write_static_table(tmp_path / "table")
    other = {"words": np.zeros((3, 2), np.float32)}
    write_safetensors(folder / "model.safetensors", other)
    with pytest.raises(PipelineError, match="holds no table of embeddings"):
        encoder_of(folder)


def test_a_tokenizer_with_more_words_than_vectors_is_told(tmp_path):
    folder = write_static_table(tmp_path / "table")
    few = {"embeddings": np.zeros((6, 2), np.float32)}
    write_safetensors(folder / "model.safetensors", few)
    with pytest.raises(PipelineError, match="more words than its network"):
        encoder_of(folder).encode(["a z"])


def test_a_table_has_no_layers_to_be_fine_tuned(tmp_path):
    folder = write_static_table(tmp_path / "table")
    with pytest.raises(PipelineError, match="take it as a sentence_encoder"):
        TextBertRegressor(encoder=folder).fit(["a", "b"] * 5, np.arange(10.0))


def test_how_many_tokens_are_read_is_what_the_folder_says(tmp_path):
    folder = write_static_table(tmp_path / "table")
    path = folder / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "max_length": 3}))
    encoder = encoder_of(folder)
    first, second = encoder.encode(["a b c", "a b c d"])
    assert (first == second).all()
