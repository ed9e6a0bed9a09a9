"""Children that die, that hide offspring and that do not start, with small programs in place of the real ones."""

import signal
import subprocess
import sys
import threading

import psutil
import pytest

from tests.stack import ROOT, wait_for

SUPERVISOR = """
import asyncio, os, sys
from leptonweb.supervise.process_spec import ProcessSpec
from leptonweb.supervise.start_error import StartError
from leptonweb.supervise.terminal import Terminal
from leptonweb.supervise.start import _on_signals
from leptonweb.supervise.supervision import Supervision

async def main():
    stays = sys.argv[3:] == ["stays"]
    command = (sys.executable, "-c", sys.argv[1])
    child = ProcessSpec("child", command, dict(os.environ), grace_seconds=1.0, offspring_stays=stays)
    supervision = Supervision([child], Terminal(["child"]))
    asked = _on_signals(supervision)
    await supervision.open()
    if sys.argv[2] == "ready":
        supervision.ready()
    await supervision.start("child")
    await asyncio.wait({asked, supervision.gave_up}, return_when=asyncio.FIRST_COMPLETED)
    await supervision.close()
    if supervision.gave_up.done():
        raise SystemExit(str(supervision.gave_up.exception()))

asyncio.run(main())
"""
SLEEP = "import time; time.sleep(600)"
WITH_OFFSPRING = f"""
import subprocess, sys
subprocess.Popen([sys.executable, "-c", {SLEEP!r}], start_new_session=True)
{SLEEP}
"""


class Supervised:
    def __init__(self, program, stage="ready", *more):
        self.process = subprocess.Popen(
            [sys.executable, "-c", SUPERVISOR, program, stage, *more],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.lines = []
        threading.Thread(target=lambda: self.lines.extend(iter(self.process.stdout.readline, "")), daemon=True).start()

    def family(self):
        return psutil.Process(self.process.pid).children(recursive=True)

    def wait_for_family(self, size):
        return wait_for(f"{size} processes", lambda: len(found := self.family()) >= size and found)

    def wait_for_line(self, words):
        return wait_for(words, lambda: next((line for line in list(self.lines) if words in line), None))


@pytest.fixture
def supervise():
    made = []

    def start(program, stage="ready", *more):
        made.append(Supervised(program, stage, *more))
        return made[-1]

    yield start
    for supervised in made:
        if supervised.process.poll() is None:
            for process in supervised.family():
                process.kill()
            supervised.process.kill()
        supervised.process.wait()


def none_left(processes):
    _, alive = psutil.wait_procs(processes, timeout=10)
    return not alive


def test_a_child_that_is_killed_is_started_again_and_said_so(supervise):
    supervised = supervise(SLEEP)
    (first,) = supervised.wait_for_family(1)
    first.kill()
    supervised.wait_for_line("child was killed (SIGKILL); it is started again in 0.5 s.")
    wait_for("a new child", lambda: [process for process in supervised.family() if process.pid != first.pid])


def test_a_child_that_keeps_dying_is_started_ever_more_slowly(supervise):
    supervised = supervise("raise SystemExit(3)")
    supervised.wait_for_line("child ended with code 3; it is started again in 0.5 s.")
    supervised.wait_for_line("it is started again in 1 s.")
    supervised.wait_for_line("it is started again in 2 s.")


def test_a_child_that_never_came_up_ends_the_start(supervise):
    supervised = supervise("import sys; sys.exit('no licence')", "starting")
    assert supervised.process.wait(timeout=30) == 1
    supervised.wait_for_line("child does not start: it ended with code 1 each time.")
    assert sum("no licence" in line for line in supervised.lines) == 3


def test_ctrl_c_ends_the_child_and_the_offspring_that_left_its_group(supervise):
    supervised = supervise(WITH_OFFSPRING)
    family = supervised.wait_for_family(2)
    supervised.process.send_signal(signal.SIGINT)
    assert supervised.process.wait(timeout=20) == 0
    assert none_left(family)


def test_a_child_that_ignores_the_request_to_end_is_killed(supervise):
    stubborn = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); {SLEEP}"
    supervised = supervise(stubborn)
    supervised.wait_for_line("deaf")
    family = supervised.family()
    supervised.process.send_signal(signal.SIGTERM)
    assert supervised.process.wait(timeout=20) == 0
    assert none_left(family)


def test_offspring_of_a_child_that_died_is_ended(supervise):
    parent = (
        f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {SLEEP!r}], start_new_session=True); {SLEEP}"
    )
    supervised = supervise(parent)
    child, offspring = supervised.wait_for_family(2)[:2]
    child.kill()
    assert none_left([offspring])


IN_ITS_GROUP = f"""
import subprocess, sys
subprocess.Popen([sys.executable, "-c", {SLEEP!r}])
{SLEEP}
"""


def test_offspring_that_may_stay_outlives_its_parent_and_ends_with_the_rest(supervise):
    supervised = supervise(IN_ITS_GROUP, "ready", "stays")
    child, offspring = supervised.wait_for_family(2)[:2]
    child.kill()
    supervised.wait_for_line("child was killed (SIGKILL); it is started again in 0.5 s.")
    supervised.wait_for_family(3)
    second = next(process for process in supervised.family() if process.children())
    second.kill()
    supervised.wait_for_line("it is started again in 1 s.")
    assert offspring.is_running(), "neither the end of its parent nor a later one ends it"
    family = supervised.family()
    assert offspring in family
    supervised.process.send_signal(signal.SIGINT)
    assert supervised.process.wait(timeout=20) == 0
    assert none_left(family)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the kernel's parent death signal")
def test_a_supervisor_that_is_killed_outright_leaves_no_child(supervise):
    supervised = supervise(SLEEP)
    family = supervised.wait_for_family(1)
    supervised.process.kill()
    assert none_left(family)
