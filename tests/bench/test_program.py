"""A measurement that is ended takes everything it started with it."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import uuid

import psutil
import pytest

from tests.stack import ROOT, wait_for

SLEEP = f"import time; time.sleep(600)  # {uuid.uuid4()}"
SUPERVISOR = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {SLEEP!r}], start_new_session=True)"
MEASUREMENT = f"""
import subprocess, sys, time
from pathlib import Path
from bench.program import run_program

def main():
    subprocess.Popen([sys.executable, "-c", {SLEEP!r}], start_new_session=True)
    subprocess.run([sys.executable, "-c", {SUPERVISOR!r}], start_new_session=True)  # ends, and leaves a process behind
    Path(sys.argv[1]).write_text("started")
    try:
        time.sleep(float(sys.argv[2]))
    finally:
        print("closing", flush=True)
        time.sleep(float(sys.argv[3]))
    return 3

run_program(main)
"""


@pytest.fixture
def measurement(tmp_path):
    """Starts a measurement that works and then closes for so many seconds."""
    script, place = tmp_path / "measurement.py", tmp_path / "started"
    script.write_text(MEASUREMENT)

    def start(working, closing):
        command = [sys.executable, script, place, str(working), str(closing)]
        process = subprocess.Popen(command, env={"PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE, text=True)
        wait_for("what it started", place.exists)
        return process

    yield start
    for process in left():
        process.kill()


def left():
    """Return what the measurement started, as far as it runs."""
    return [one for one in psutil.process_iter(["cmdline"]) if (one.info["cmdline"] or [])[-1:] == [SLEEP]]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_what_it_started_and_what_that_left_behind(measurement, number):
    process = measurement(working=600, closing=0)
    assert len(left()) == 2
    process.send_signal(number)
    assert process.wait(30) == 128 + number
    assert process.stdout.read() == "closing\n"  # its own finally ran first
    assert left() == []


def test_a_second_signal_cuts_the_closing_short_and_nothing_stays(measurement):
    process = measurement(working=600, closing=600)
    process.send_signal(signal.SIGINT)
    assert process.stdout.readline() == "closing\n"
    process.send_signal(signal.SIGINT)
    assert process.wait(30) == 128 + signal.SIGINT
    assert left() == []


def test_one_that_comes_to_its_end_leaves_nothing_and_keeps_its_exit_code(measurement):
    process = measurement(working=0, closing=0)
    assert process.wait(30) == 3
    assert left() == []


def test_every_measurement_is_run_so():
    scripts = [path for path in (ROOT / "bench").glob("*.py") if "def main() -> int" in path.read_text()]
    assert scripts
    assert [path.name for path in scripts if "\n    run_program(main)\n" not in path.read_text()] == []


def test_make_bench_runs_what_has_a_main_and_nothing_else():
    recipe = subprocess.run(["make", "-n", "bench"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    run = set(re.findall(r"bench/\w+\.py", recipe))
    assert run == {f"bench/{path.name}" for path in (ROOT / "bench").glob("*.py") if "__main__" in path.read_text()}
