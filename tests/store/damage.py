"""Faults of a file system, each done to one file or folder of a store."""

import os
import shutil


def delete(path):
    """Take away a file, or a folder with all that is in it."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink()


def become_file(path):
    """Put a file in a place."""
    delete(path)
    path.write_bytes(b"no entry")


def become_folder(path):
    """Put a folder, not an empty one, in a place."""
    delete(path)
    path.mkdir()
    (path / "inside").write_bytes(b"x")


def become_empty_folder(path):
    """Put an empty folder in a place."""
    delete(path)
    path.mkdir()


def become_dead_link(path):
    """Put a link that leads nowhere in a place."""
    delete(path)
    path.symlink_to(path.with_name("nowhere"))


def become_link(path):
    """Move what lies there beside and leave a link to it."""
    path.rename(path.with_name("elsewhere"))
    path.symlink_to("elsewhere")


def become_pipe(path):
    """Put a pipe in a place, which blocks whoever opens it."""
    delete(path)
    os.mkfifo(path)


def flip(path):
    """Flip one bit of a file, or of the last file in a folder."""
    if path.is_dir():
        path = max(path.iterdir())
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 4
    path.write_bytes(data)


def truncate(path):
    """Cut a file, or the last file in a folder, in the middle."""
    if path.is_dir():
        path = max(path.iterdir())
    os.truncate(path, path.stat().st_size // 2)


FAULTS = (
    delete,
    become_file,
    become_folder,
    become_empty_folder,
    become_dead_link,
    become_link,
    become_pipe,
    flip,
    truncate,
)
