"""Programs that are started for a process end with it."""

import subprocess
import sys

import pytest

# It starts a program that never ends by itself and shares this one's output.
PARENT = """
import subprocess, sys
from ensemble_kit.processes import bound_command
endless = "import signal; print('ready', flush=True); signal.pause()"
subprocess.Popen(bound_command([sys.executable, "-c", endless])).wait()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's promise is Linux's")
def test_a_bound_program_ends_with_a_parent_that_is_killed():
    parent = subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE)
    assert parent.stdout.readline() == b"ready\n"
    parent.kill()
    rest, _ = parent.communicate(timeout=30)  # ends when the last writer has ended
    assert rest == b""
