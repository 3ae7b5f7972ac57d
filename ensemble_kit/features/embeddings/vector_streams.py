"""A file of vectors as a stream of bytes, whatever it is packed in."""

import bz2
import gzip
import io
import lzma
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from ensemble_kit.exceptions import PipelineError

BUFFER = 2**20
# What reading a damaged archive raises.
DAMAGE = (
    *(EOFError, OSError, lzma.LZMAError, zlib.error, zipfile.BadZipFile),
    *(NotImplementedError, RuntimeError),  # zip: unknown compression, a password
)
PICKLES = (b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05")


@contextmanager
def open_vectors(path: Path | str) -> Iterator[io.BufferedReader]:
    """Open a plain, gzip, bzip2, xz or zip file by its first bytes, not its name.

    Of a zip archive the largest member is read.

    Raises
    ------
    PipelineError
        When there is no such file, it is a pickle or an HDF5 or NumPy file, or the
        archive is damaged.
    """
    path = Path(path)
    if not path.is_file():
        raise PipelineError(f"{path}: no such file of vectors; check the path")
    with path.open("rb") as file:
        try:
            with _unpacked(file, path) as unpacked:
                stream: io.BufferedReader = io.BufferedReader(_Filled(unpacked), BUFFER)
                _refuse_foreign(stream.peek(16)[:16], path)
                yield stream
        except DAMAGE as error:
            raise PipelineError(
                f"{path}: truncated or damaged ({error}); fetch the file again"
            ) from error


class _Filled(io.RawIOBase):
    """Reads until the buffer is full, so that ``peek`` sees a whole first line."""

    def __init__(self, stream: IO[bytes]):
        self.stream = stream

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        view, filled = memoryview(buffer), 0
        while filled < len(view):
            data = self.stream.read(len(view) - filled)
            if not data:
                break
            view[filled : filled + len(data)] = data
            filled += len(data)
        return filled


@contextmanager
def _unpacked(file: IO[bytes], path: Path) -> Iterator[IO[bytes]]:
    start = file.read(6)
    file.seek(0)
    if start[:2] == b"PK":
        with zipfile.ZipFile(file) as archive, _largest(archive, path) as member:
            yield member
        return
    for magic, module in ((b"\x1f\x8b", gzip), (b"BZh", bz2), (b"\xfd7zXZ\x00", lzma)):
        if start.startswith(magic):
            with module.open(file) as unpacked:
                yield unpacked
            return
    yield file


@contextmanager
def _largest(archive: zipfile.ZipFile, path: Path) -> Iterator[IO[bytes]]:
    members = [member for member in archive.infolist() if not member.is_dir()]
    if not members:
        raise PipelineError(f"{path}: an archive without files; expected vectors")
    with archive.open(max(members, key=lambda member: member.file_size)) as member:
        yield member


def _refuse_foreign(start: bytes, path: Path) -> None:
    """Refuse formats that run code when read, or that only look like bytes."""
    if not start:
        raise PipelineError(f"{path}: empty; expected vectors")
    if start[:2] in PICKLES:
        raise PipelineError(
            f"{path}: a pickle, which is never read because it can run code; save "
            "the vectors in word2vec's format (gensim: save_word2vec_format)"
        )
    if start.startswith((b"\x93NUMPY", b"\x89HDF")):
        raise PipelineError(
            f"{path}: an array file without words; expected word2vec text or binary, "
            "GloVe text, or fastText .vec or .bin"
        )
