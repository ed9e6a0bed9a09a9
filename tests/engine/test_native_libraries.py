"""LightGBM without the system's OpenMP runtime, and the sentences about libraries that cannot be loaded."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tasks import native_libraries
from tasks.native_libraries import OPENMP, LibraryFault, explain, faults

ROOT = Path(__file__).resolve().parents[2]
TRAIN = """
import sys
from tasks import native_libraries
if sys.argv[1] == "renamed":
    found = [path for path in native_libraries._bundled_runtimes() if path.name != native_libraries.OPENMP]
    native_libraries._bundled_runtimes = lambda: iter(found)
lightgbm = native_libraries.import_lightgbm()
import numpy as np
x = np.random.default_rng(0).normal(size=(400, 2))
booster = lightgbm.train({"verbosity": -1, "num_threads": 2}, lightgbm.Dataset(x, x[:, 0]), 5)
assert booster.predict(x).std() > 0.1
print(*{line.split()[-1] for line in open("/proc/self/maps") if "libgomp" in line})
"""
LDCONFIG = shutil.which("ldconfig", path=f"{os.environ['PATH']}:/usr/sbin:/sbin") or "ldconfig"


def system_runtimes():
    """Return the files that the loader of this system finds under the name of the runtime."""
    cache = subprocess.run([LDCONFIG, "-p"], capture_output=True, text=True, check=True).stdout
    return re.findall(rf"{re.escape(OPENMP)} .*=> (\S+)", cache)


def without_the_system_s_runtime(*command):
    """Run a command where the system's OpenMP runtime cannot be loaded: with mounts of its own where there is one."""
    hidden = system_runtimes()
    if hidden:
        own = ["unshare", "--user", "--map-root-user", "--mount"]
        if subprocess.run([*own, "true"], capture_output=True, check=False).returncode:
            pytest.skip("needs mount namespaces")
        hide = "; ".join(f"mount --bind /dev/null {file}" for file in hidden)
        command = [*own, "bash", "-c", f'{hide}; exec "$@"', "bash", *command]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_lightgbm_alone_finds_no_runtime_where_the_system_has_none():
    done = without_the_system_s_runtime(sys.executable, "-c", "import lightgbm")
    assert done.returncode
    assert OPENMP in done.stderr


def test_lightgbm_trains_with_pytorch_s_runtime_where_the_system_has_none():
    done = without_the_system_s_runtime(sys.executable, "-c", TRAIN, "bundled")
    assert done.returncode == 0, done.stderr
    assert f"torch/lib/{OPENMP}" in done.stdout


def test_lightgbm_trains_with_scikit_learn_s_runtime_where_there_is_no_other():
    done = without_the_system_s_runtime(sys.executable, "-c", TRAIN, "renamed")
    assert done.returncode == 0, done.stderr
    assert "torch" not in done.stdout


def test_the_system_s_runtime_comes_first():
    done = subprocess.run(
        [sys.executable, "-c", TRAIN, "bundled"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    if not system_runtimes():
        pytest.skip("needs the system's OpenMP runtime: apt-get install libgomp1")
    assert "torch" not in done.stdout


def test_every_library_of_this_environment_can_be_loaded():
    assert list(faults()) == []


def test_a_library_that_cannot_be_loaded_is_named_with_the_way_out_and_the_others_are_tried(monkeypatch, tmp_path):
    (tmp_path / "lightgbm.py").write_text(
        f"raise OSError('{OPENMP}: cannot open shared object file: No such file or directory')"
    )
    (tmp_path / "pyarrow.py").write_text("import os, signal; os.kill(os.getpid(), signal.SIGILL)")
    (tmp_path / "onnx.py").write_text("raise ImportError('undefined symbol: x')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr(
        native_libraries, "PACKAGES", {"numpy": "NumPy", "pyarrow": "Arrow", "lightgbm": "LightGBM", "onnx": "ONNX"}
    )
    assert list(faults()) == [
        "Arrow cannot be loaded: it was built for a newer processor than this machine has.",
        "LightGBM cannot be loaded: the system library libgomp.so.1 is missing. "
        "On Debian and Ubuntu: apt-get install libgomp1.",
        "ONNX cannot be loaded: undefined symbol: x",
    ]


def test_other_errors_are_not_explained():
    assert explain(OSError(28, "No space left on device")) == ""
    assert explain(ValueError("x")) == ""
    assert explain(LibraryFault("A sentence.")) == "A sentence."
    assert "apt-get" not in explain(ImportError("libodd.so.3: cannot open shared object file: No such file"), "torch")
