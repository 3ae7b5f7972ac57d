"""Whether a pack predicts a run's own bytes in a new environment without a network.

    python benchmarks/offline_pack.py RUN TEST.csv [--python python3.11]

Packs the run with the wheels that pip downloads, makes a virtual environment, and in a
namespace without a network (``unshare``, Linux) installs from the pack alone, predicts
TEST.csv and compares the result with the run's submission. The exit status tells.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from ensemble_kit.packing.pack import pack_run

OFFLINE = ("unshare", "--map-root-user", "--net")


def main() -> int:
    """Pack, install, predict, compare."""
    parser = argparse.ArgumentParser()
    parser.add_argument("run", type=Path)
    parser.add_argument("test", type=Path)
    parser.add_argument("--python", default=sys.executable)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        begin = time.perf_counter()
        version = call(asked.python, "-c", VERSION).strip()
        packed = pack_run(asked.run, place / "pack", python=version)
        wheels = packed.dataset / "wheels"
        files = list(wheels.glob("*.whl"))
        size = sum(path.stat().st_size for path in files) / 1e6
        tell(f"{len(files)} wheels, {size:.0f} MB", begin)
        environment, out = place / "environment", place / "out.csv"
        call(asked.python, "-m", "venv", environment)
        binary = environment / "bin"
        pip = [binary / "pip", "install", "--quiet", "--no-index"]
        listed = packed.dataset / "requirements.txt"
        call(*OFFLINE, *pip, "--find-links", wheels, "-r", listed)
        tell("installed without a network", begin)
        run = packed.dataset / "run"
        kit = binary / "ensemble-kit"
        call(*OFFLINE, kit, "predict", run, asked.test.resolve(), "-o", out)
        same = out.read_bytes() == (asked.run / "submission.csv").read_bytes()
        tell("the same bytes" if same else "OTHER bytes", begin)
    return 0 if same else 1


VERSION = "import sys; print('%d.%d' % sys.version_info[:2])"


def call(*command: object) -> str:
    """Return what a program prints; where it fails, end with what it said."""
    words = [str(word) for word in command]
    done = subprocess.run(words, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(words)}\n{done.stdout}{done.stderr}")
    return done.stdout


def tell(line: str, begin: float) -> None:
    """Print a line, and when."""
    sys.stdout.write(f"{line} ({time.perf_counter() - begin:.0f} s)\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
