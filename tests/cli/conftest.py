"""Runs as real processes, several in a row without an import for each."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

collect_ignore = ["runner.py"]
RUNNER = Path(__file__).with_name("runner.py")
SMALL = Path(__file__).parents[1] / "small.toml"


@pytest.fixture(scope="module")
def submit(tmp_path_factory):
    """Return a function that runs submit, signals it, and tells how it ended."""
    log = tmp_path_factory.mktemp("runner") / "log"
    process = subprocess.Popen(
        [sys.executable, str(RUNNER)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )

    def order(folder, output, *more, **when):
        """Return the exit code and all that was printed."""
        arguments = ["submit", str(folder), "--output", str(output)]
        arguments += ["--pipeline", str(SMALL), *more]
        line = json.dumps({"arguments": arguments, "log": str(log), **when})
        process.stdin.write(line + "\n")
        process.stdin.flush()
        answer = json.loads(process.stdout.readline())
        return answer["code"], answer["output"]

    yield order
    process.stdin.close()
    process.stdout.close()
    process.wait()
