"""Files of pretrained vectors: every format is read, every damage refused."""

import bz2
import gzip
import lzma
import pickle
import re
import struct
import zipfile

import gensim.models
import gensim.models.fasttext
import numpy as np
import pytest

from ensemble_kit.exceptions import PipelineError
from ensemble_kit.features.embeddings.fasttext_files import FASTTEXT_MAGIC
from ensemble_kit.features.embeddings.pretrained_embedding import PretrainedEmbedding
from ensemble_kit.features.embeddings.subwords import subword_buckets
from ensemble_kit.features.embeddings.vector_files import read_vectors
from ensemble_kit.features.embeddings.wanted_words import WantedWords

WORDS = ["king", "queen", "кот", "naïve", "zero"]
MATRIX = np.random.default_rng(0).normal(size=(5, 6)).astype(np.float32)


def text_lines(words=WORDS):
    return [
        f"{word} {' '.join(repr(float(x)) for x in row)}"
        for word, row in zip(words, MATRIX, strict=True)
    ]


def word2vec_text(words=WORDS):
    return "\n".join([f"{len(words)} 6", *text_lines(words), ""]).encode()


def word2vec_binary(line_end=b""):
    rows = [
        word.encode() + b" " + row.tobytes() + line_end
        for word, row in zip(WORDS, MATRIX, strict=True)
    ]
    return b"5 6\n" + b"".join(rows)


FORMATS = {
    "word2vec text": word2vec_text(),
    "fastText .vec": word2vec_text().replace(b"\n", b" \n").replace(b"6 \n", b"6\n", 1),
    "word2vec binary": word2vec_binary(),
    "word2vec binary, line ends": word2vec_binary(b"\n"),
    "GloVe": "\n".join(text_lines()).encode(),
    "Windows line ends": word2vec_text().replace(b"\n", b"\r\n"),
}


def write(folder, data, name="vectors"):
    path = folder / name
    path.write_bytes(data)
    return path


def as_zip(path, data):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("meta.json", "{}")
        archive.writestr("model.txt", data)


@pytest.mark.parametrize("form", FORMATS)
def test_every_format_is_told_from_its_bytes(form, tmp_path):
    path = write(tmp_path, FORMATS[form])
    found = read_vectors(path, ["zero", "absent", "кот", "king"])
    assert found.words == ["zero", "кот", "king"]
    np.testing.assert_allclose(found.matrix, MATRIX[[4, 2, 0]], rtol=1e-6)


@pytest.mark.parametrize("form", ["word2vec binary", "GloVe"])
@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress, "zip"])
def test_packed_files_are_read_as_they_are(form, pack, tmp_path):
    path = tmp_path / "no.suffix"
    if pack == "zip":
        as_zip(path, FORMATS[form])
    else:
        path.write_bytes(pack(FORMATS[form]))
    np.testing.assert_allclose(read_vectors(path, WORDS).matrix, MATRIX, rtol=1e-6)


def test_long_lines_and_many_words_pass_the_buffer(tmp_path):
    random = np.random.default_rng(1)
    matrix = random.normal(size=(3000, 200)).astype(np.float32)
    words = [f"word{i}" for i in range(3000)]
    vectors = gensim.models.KeyedVectors(200)
    vectors.add_vectors(words, matrix)
    for binary in (True, False):
        vectors.save_word2vec_format(str(tmp_path / "v"), binary=binary)
        found = read_vectors(tmp_path / "v", ["word2999", "word7"])
        np.testing.assert_allclose(found.matrix, matrix[[2999, 7]], rtol=1e-5)


def test_tagged_words_are_found_by_their_lemma(tmp_path):
    tagged = ["кот_NOUN", "мыть_VERB", "мыть_NOUN", "зелёный::чай_NOUN", "ель_NOUN"]
    path = write(tmp_path, word2vec_text(tagged))
    found = read_vectors(path, ["мыть", "зеленый чай", "кот", "ёль"])
    np.testing.assert_allclose(found.matrix, MATRIX[[1, 3, 0, 4]], rtol=1e-6)


def test_exact_spelling_wins_over_tags_and_case():
    wanted = WantedWords(["paris", "мир"])
    claims = [wanted.claim(word) for word in ("Paris", "мир_NOUN", "paris", "мир")]
    assert claims == [[0], [1], [0], [1]]
    assert [wanted.claim(word) for word in ("PARIS", "мир_VERB", "paris")] == [
        [],
        [],
        [],
    ]


def test_words_with_spaces_are_passed_over(tmp_path):
    lines = text_lines()
    path = write(tmp_path, "\n".join([*lines, "king . . " + lines[1][6:]]).encode())
    np.testing.assert_allclose(
        read_vectors(path, ["king"]).matrix, MATRIX[:1], rtol=1e-6
    )


BINARY, TEXT = FORMATS["word2vec binary"], FORMATS["word2vec text"]
GLOVE = FORMATS["GloVe"]
DAMAGED = {
    "empty": b"",
    "cut binary": BINARY[:-3],
    "cut binary at a word": BINARY[: 4 + 29],
    "cut text": TEXT[:-60],
    "cut text at a line": b"\n".join(TEXT.split(b"\n")[:-2]),
    "cut GloVe": GLOVE[:-60],
    "a hole in a line": TEXT.replace(b"king ", b"king x"),
    "not a number": re.sub(b"king [^ ]+", b"king nan", TEXT),
    "no vectors at all": b"<html><body>404 Not found</body></html>",
    "a header that lies": BINARY.replace(b"5 6", b"5 7", 1),
    "fewer dimensions than it has": BINARY.replace(b"5 6", b"5 5", 1),
    "a huge dimension": BINARY.replace(b"5 6", b"5 600000", 1),
    "pickle": pickle.dumps({"king": [1.0]}),
    "numpy": b"\x93NUMPY\x01\x00",
    "cut gzip": gzip.compress(GLOVE)[:-20],
    "cut xz": lzma.compress(GLOVE)[:-20],
    "cut bzip2": bz2.compress(GLOVE)[:-20],
    "cut zip": b"PK\x03\x04" + b"\x00" * 40,
    "cut fastText": FASTTEXT_MAGIC + struct.pack("<13i", 12, *[1] * 12),
    "fastText of another version": FASTTEXT_MAGIC + struct.pack("<i", 11),
}


@pytest.mark.parametrize("damage", DAMAGED)
def test_damaged_files_are_refused_by_name(damage, tmp_path):
    path = write(tmp_path, DAMAGED[damage], "damaged.bin")
    with pytest.raises(PipelineError, match="damaged.bin"):
        read_vectors(path, WORDS)


def test_no_byte_of_a_binary_file_can_be_missed(tmp_path):
    for size in range(len(BINARY)):
        with pytest.raises(PipelineError):
            read_vectors(write(tmp_path, BINARY[:size]), WORDS)


def test_a_missing_file_is_named():
    with pytest.raises(PipelineError, match="nowhere.vec"):
        PretrainedEmbedding("nowhere.vec").fit(["a text"])


@pytest.fixture(scope="module")
def fasttext(tmp_path_factory):
    """Return gensim's fastText vectors and the .bin file it writes."""
    texts = [["king", "queen", "cat"], ["queen", "kitten", "кот"]] * 20
    model = gensim.models.FastText(
        texts, vector_size=6, min_count=1, bucket=500, workers=1, seed=1, epochs=2
    )
    path = tmp_path_factory.mktemp("fasttext") / "model.bin"
    gensim.models.fasttext.save_facebook_model(model, str(path))
    return model.wv, path


def test_fasttext_binary_has_vectors_for_known_and_unknown_words(fasttext):
    vectors, path = fasttext
    words = ["кот", "queens", "king", "котик"]
    found = read_vectors(path, words)
    assert found.words == words
    expected = np.array([vectors[word] for word in words])
    np.testing.assert_allclose(found.matrix, expected, rtol=1e-4, atol=1e-6)


def test_short_numbers_are_text_too(tmp_path):
    path = write(tmp_path, b"2 3\nking 1 0 0\nelsewhere 0 1 2\n")
    assert read_vectors(path, WORDS).matrix.tolist() == [[1, 0, 0]]


def test_cut_fasttext_binary_is_refused(fasttext, tmp_path):
    data = fasttext[1].read_bytes()
    # Behind the vectors comes a matrix that is needed for training only.
    for size in (10, 60, 100, 200, 6_000, 12_000):
        with pytest.raises(PipelineError, match="cut.bin"):
            read_vectors(write(tmp_path, data[:size], "cut.bin"), ["king"])


@pytest.mark.parametrize("word", ["cat", "кот", "a", "naïve", "日本"])
def test_subwords_are_those_of_fasttext(word):
    hashes = gensim.models.fasttext.ft_ngram_hashes(word, 3, 6, 2_000_000)
    assert subword_buckets(word, 3, 6, 2_000_000) == list(hashes)


def test_texts_are_means_of_their_words_in_the_file(tmp_path):
    embedding = PretrainedEmbedding(write(tmp_path, TEXT))
    found = embedding.fit_transform(["king queen", "unknown zero", ""])
    expected = [MATRIX[:2].mean(axis=0), MATRIX[4], np.zeros(6)]
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-7)
    assert embedding.coverage_ == pytest.approx(3 / 4)


def test_words_of_new_texts_are_looked_up_in_the_file(tmp_path):
    embedding = PretrainedEmbedding(write(tmp_path, TEXT)).fit(["king"])
    found = embedding.transform(["queen", "king"])
    np.testing.assert_allclose(found, MATRIX[[1, 0]], rtol=1e-5)
    assert embedding.words_ == ["king"]
