"""The example of a plug-in: named by the environment, its nodes run, are in the catalogue and behind endpoints."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.slow(reason="a session of pytest of its own, with the whole contract")
def test_its_own_tests_pass():
    environment = {**os.environ, "LEPTON_NODE_PACKAGES": "ratios=lepton_ratios", "PYTHONPATH": "examples/plugin"}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:randomly", "examples/plugin/tests"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:]
