"""Folders of encoders that cannot be used, each with what is told of it."""

import json

from tiny_encoders import weights, write_safetensors


def without_weights(folder):
    (folder / "model.safetensors").unlink()


def with_a_pickle(folder):
    without_weights(folder)
    (folder / "pytorch_model.bin").write_bytes(b"\x80\x04.")


def with_code(folder):
    change(folder, auto_map={"AutoModel": "modeling.Mine"})
    (folder / "modeling.py").write_text("raise SystemExit('run!')")


def cut_off(folder):
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-100])


def with_a_pointer(folder):
    (folder / "tokenizer.json").write_text("version https://git-lfs.github.com/spec/v1")


def with_other_weights(folder):
    found = weights(json.loads((folder / "config.json").read_text()), 0)
    found.pop("encoder.layer.1.output.dense.weight")
    write_safetensors(folder / "model.safetensors", found)


def of_nobodys_kind(folder):
    change(folder, model_type="nobodys_kind")


def with_an_unknown_module(folder):
    modules = [{"type": "sentence_transformers.models.Dense", "path": "1_Dense"}]
    (folder / "modules.json").write_text(json.dumps(modules))


def without_a_tokenizer(folder):
    (folder / "tokenizer.json").unlink()


def with_a_broken_tokenizer(folder):
    (folder / "tokenizer.json").write_text("{}")


def with_the_words_of_another(folder):
    change(folder, vocab_size=20)


def change(folder, **values):
    path = folder / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **values}))


SPOILED = [
    (without_weights, "its weights are missing"),
    (with_a_pickle, "a pickle can run code"),
    (with_code, "no code of a folder is run"),
    (cut_off, "half a download"),
    (with_a_pointer, "pointer of git-lfs"),
    (with_other_weights, "its weights are not those of 'bert'"),
    (of_nobodys_kind, "nobodys_kind"),
    (with_an_unknown_module, "has Dense; known are"),
    (without_a_tokenizer, "no tokenizer.json"),
    (with_a_broken_tokenizer, "is no tokenizer"),
    (with_the_words_of_another, "more words than its network"),
]
