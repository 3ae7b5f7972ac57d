"""Small competition folders."""

from pathlib import Path

import pytest

TRAIN = "id,size,kind,target\n" + "".join(
    f"{i:03d},{i % 7}.5,{'ab'[i % 2]},{['no', 'yes'][i % 3 == 0]}\n" for i in range(60)
)
TEST = "id,size,kind\n" + "".join(f"{i:03d},{i % 5}.5,a\n" for i in range(60, 72))
SAMPLE = "id,target\n" + "".join(f"{i:03d},0.5\n" for i in reversed(range(60, 72)))


@pytest.fixture
def folder(tmp_path):
    """Return a function that writes files and returns their folder."""

    def write(train=TRAIN, test=TEST, sample=SAMPLE, **others) -> Path:
        files = {"train": train, "test": test, "sample_submission": sample}
        for name, text in files.items():
            if text is not None:
                (tmp_path / f"{name}.csv").write_text(text, encoding="utf-8")
        for name, text in others.items():
            (tmp_path / name.replace("__", ".")).write_text(text, encoding="utf-8")
        return tmp_path

    return write
