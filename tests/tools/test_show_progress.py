import subprocess
import sys
import time
from pathlib import Path

import pytest

from tools import show_progress
from tools.show_progress import Npm, Pip, Vite, run

SCRIPT = Path(show_progress.__file__)


def test_pip_is_followed_from_finding_over_downloading_to_unpacking(monkeypatch):
    monkeypatch.setattr(show_progress, "_installed", lambda: 7)
    pip = Pip()
    assert pip.describe() == "starting pip (0 packages so far)"
    pip.read("Collecting torch==2.13.0 (from -r requirements.txt (line 29))")
    assert pip.describe() == "finding torch==2.13.0 (1 packages so far)"
    pip.read("  Downloading torch-2.13.0-cp311-cp311-manylinux_2_28_x86_64.whl (180.4 MB)")
    assert pip.describe() == "downloading torch (180.4 MB) (1 packages so far)"
    pip.read("Installing collected packages: numpy, scipy, torch")
    monkeypatch.setattr(show_progress, "_installed", lambda: 9)
    assert pip.describe() == "unpacking, 2 of 3 packages"


def test_npm_counts_what_it_fetched_and_vite_says_its_phase():
    npm, vite = Npm(), Vite()
    npm.read("npm http fetch GET 200 a/react/-/react-19.tgz 12ms")
    npm.read("npm http fetch GET 200 a/react 12ms")
    assert npm.describe() == "1 packages fetched"
    vite.read("✓ 4012 modules transformed.")
    vite.read("dist/assets/index.js 12 kB")
    assert vite.describe() == "4012 modules transformed"


def test_a_silent_command_is_spoken_for(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(show_progress, "QUIET_SECONDS", 0.05)
    monkeypatch.setattr(show_progress, "TICK_SECONDS", 0.02)
    end = tmp_path / "end"
    waiting = f"import pathlib, time\nwhile not pathlib.Path({str(end)!r}).exists(): time.sleep(0.01)"
    began = time.monotonic()
    monkeypatch.setattr(
        Vite, "describe", lambda self: end.touch() or "working" if time.monotonic() > began + 0.3 else "working"
    )
    assert run("vite", "Building", [sys.executable, "-c", waiting]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "   0:00  Building ..."
    assert lines.count("   0:00  Building: working") >= 2
    assert lines[-1].endswith("Building: done")


@pytest.mark.parametrize("locale", ["C", "C.UTF-8"])
def test_a_failure_shows_the_command_s_own_words_and_its_code(locale):
    failing = [sys.executable, "-c", "import sys; sys.stdout.buffer.write(b'no such package \\xc3\\xa9'); sys.exit(3)"]
    done = subprocess.run(
        [sys.executable, SCRIPT, "pip", "Installing", *failing],
        capture_output=True,
        text=True,
        check=False,
        env={"LC_ALL": locale, "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    )
    assert done.returncode == 3, done.stderr
    assert "no such package" in done.stdout
    assert done.stdout.splitlines()[-1].endswith("Installing: failed with code 3")
