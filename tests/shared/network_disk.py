"""A disk over a network, as NFS is one, out of calls of the system that are patched."""

import errno
import itertools
import os
from pathlib import Path

TWICE = ("mkdir", "rename", "replace", "unlink")


def make_network_disk(monkeypatch, folder, every=2):
    """Let calls below a folder fail as NFS lets them, every so many of them.

    An answer is lost and the request done again, which then finds it done; a file that
    another machine has replaced is stale when it is opened; a folder keeps a file that
    is still open, so that it is not empty.
    """
    for name in TWICE:
        monkeypatch.setattr(os, name, _again(getattr(os, name), folder, every))
    stale = _failing(os.open, folder, every, errno.ESTALE)
    monkeypatch.setattr(os, "open", stale)
    busy = _failing(os.rmdir, folder, every, errno.ENOTEMPTY)
    monkeypatch.setattr(os, "rmdir", busy)


def _again(true, folder, every):
    """Return a call that is done twice, every so many times."""
    turns = itertools.count(1)

    def call(path, *arguments, **more):
        true(path, *arguments, **more)
        if _is_below(path, folder) and next(turns) % every == 0:
            true(path, *arguments, **more)

    return call


def _failing(true, folder, every, number):
    """Return a call that fails before it is done, every so many times."""
    turns = itertools.count(1)

    def call(path, *arguments, **more):
        if _is_below(path, folder) and next(turns) % every == 0:
            raise OSError(number, os.strerror(number), str(path))
        return true(path, *arguments, **more)

    return call


def _is_below(path, folder):
    return isinstance(path, str | os.PathLike) and Path(path).is_relative_to(folder)
