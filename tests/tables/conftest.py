"""Tables read from bytes or text."""

import pytest


@pytest.fixture
def table(tmp_path):
    """Return a function that reads a table from bytes or text."""
    from ensemble_kit.tables.reading import read_table

    def read(content: bytes | str, name: str = "some.csv", **options):
        data = content if isinstance(content, bytes) else content.encode()
        (tmp_path / name).write_bytes(data)
        return read_table(tmp_path / name, **options)

    return read
