"""Style: code and notebooks keep the rules that pyproject.toml states."""

import subprocess
import sys

import pytest
from collecting import HERE


@pytest.mark.parametrize("command", [["check", "src", "tests", "benchmarks", "fuzzing", "notebooks"],
                                     ["format", "--check", "src", "tests", "benchmarks", "fuzzing"]])  # fmt: skip
def test_the_linter_and_the_formatter_have_nothing_to_say(command):
    done = subprocess.run([sys.executable, "-m", "ruff", *command], cwd=HERE, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
