"""The example of a plug-in: named by the environment, its nodes run, are in the catalogue and behind endpoints."""

import os
import shutil
import subprocess
import sys
import zipfile
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


def packed(folder: Path) -> set[str]:
    """Return the names of the files in a wheel that is built in the folder as pip does, without its network."""
    build = "from setuptools.build_meta import build_wheel; build_wheel('dist')"
    subprocess.run([sys.executable, "-c", build], cwd=folder, check=True, capture_output=True)
    [wheel] = (folder / "dist").iterdir()
    names = set(zipfile.ZipFile(wheel).namelist())
    wheel.unlink()
    return names


def test_a_node_that_was_removed_is_not_in_the_next_wheel(tmp_path):
    folder = tmp_path / "plugin"
    shutil.copytree(ROOT / "examples/plugin", folder, ignore=shutil.ignore_patterns("build", "*.egg-info"))
    shutil.copytree(folder / "lepton_ratios/ratio", folder / "lepton_ratios/former")
    first = packed(folder)
    former = {name for name in first if name.startswith("lepton_ratios/former/")}
    assert {"lepton_ratios/former/node.py", "lepton_ratios/former/zh.json"} <= former
    shutil.rmtree(folder / "lepton_ratios/former")
    assert packed(folder) == first - former
