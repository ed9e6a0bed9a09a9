"""The process that looks after the serving ones is killed outright, and the next one takes over."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
from contextlib import ExitStack
from functools import partial

import psutil
import pytest

from leptonweb.supervise.ports import free_port
from tasks.inference.server.process import orphan_guard
from tasks.inference.server.process.handover import (
    AddressInUse,
    SupervisorLock,
    bound,
    exit_lock,
    has_successor,
    may_begin,
)
from tasks.inference.server.process.settings import Settings
from tests.serving.clients import ROW, RetryingClient
from tests.serving.packages import line
from tests.serving.plane import ROOT, Plane, wait_for

pytestmark = [
    pytest.mark.worker,
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="names that go with their process"),
]
TWO = {"LEPTON_SERVE_PROCESSES": "2"}


def started(plane, **variables):
    """Start a supervisor and return its two serving processes once they answer."""
    before = plane.serving()
    plane.start(**TWO, **variables)
    wait_for("two more processes", lambda: len(plane.serving() - before) == 2)
    return plane.serving() - before


def killed(plane):
    """Kill the supervisor outright."""
    plane.process.kill()
    plane.process.wait()


def gone(plane, pids):
    return not pids & {process.pid for process in plane.processes()}


def wait_for_answers(callers):
    """Wait until each caller had many more answers."""
    seen = [caller.answered for caller in callers]
    wait_for("answers", lambda: all(now.answered > then + 50 for now, then in zip(callers, seen, strict=True)))


def test_a_supervisor_is_killed_twice_under_load_and_its_processes_answer_until_the_next_ones_do(plane):
    plane.serve(package=line())
    serving = started(plane)
    plane.wait_for_release(1)
    with ExitStack() as stack:
        callers = [stack.enter_context(RetryingClient(plane.port)) for _ in range(4)]
        for _ in range(2):
            killed(plane)
            wait_for_answers(callers)
            assert not gone(plane, serving), "they answered, nobody else was there"
            fresh = started(plane)
            wait_for("the end of the previous", partial(gone, plane, serving))
            serving = fresh
        wait_for_answers(callers)
    answered, failed = sum(caller.answered for caller in callers), sum(len(caller.failed) for caller in callers)
    assert failed <= answered / 1000
    plane.stop()
    wait_for("the end of all", lambda: plane.processes() == [])


def test_a_process_that_dies_while_it_is_asked_whether_it_lives_is_replaced_at_once(plane):
    """The supervisor waited 30 s for the answer of a process that was gone."""
    plane.serve(package=line())
    serving = started(plane)
    wait_for("the supervisor to be ready", lambda: has_successor(plane.port))
    looks = psutil.Process(plane.process.pid).num_ctx_switches
    before = looks().voluntary
    os.kill(min(serving), signal.SIGSTOP)  # it does not answer
    wait_for("a look", lambda: looks().voluntary > before)
    os.kill(min(serving), signal.SIGKILL)
    wait_for("the new", lambda: plane.serving() - serving, seconds=20)


def test_orphaned_processes_follow_changes_and_end_when_no_supervisor_comes(plane):
    plane.serve(package=line())
    serving = started(plane, LEPTON_SERVE_ORPHAN_SECONDS="8")
    plane.wait_for_release(1)
    assert not may_begin("127.0.0.1", plane.port)
    killed(plane)
    assert may_begin("127.0.0.1", plane.port), "the next one need not wait for their end"
    plane.serve(address=plane.endpoints["house"]["address"], keys=("lep_other",))
    wait_for("the end of the key", lambda: plane.predict([ROW])[0] == 401, seconds=4)
    assert plane.predict([ROW], key="lep_other")[0] == 200
    wait_for("the end of all", lambda: plane.processes() == [])
    assert gone(plane, serving)
    assert plane.get("/health/live") == 0


def test_processes_without_orphan_seconds_end_with_their_supervisor(plane):
    started(plane, LEPTON_SERVE_ORPHAN_SECONDS="0")
    killed(plane)
    wait_for("the end of all", lambda: plane.processes() == [])


def test_a_single_process_takes_over_from_two(plane):
    plane.serve(package=line())
    serving = started(plane)
    killed(plane)
    plane.start()
    wait_for("the end of the previous", lambda: gone(plane, serving))
    assert plane.predict([ROW])[0] == 200


def test_a_second_plane_on_the_port_is_refused_and_the_first_goes_on(plane, tmp_path):
    plane.serve(package=line())
    serving = started(plane)
    plane.wait_for_release(1)
    with Plane(tmp_path / "second", plane.redis_url) as second:
        environment = {**os.environ, "LEPTON_SERVE_PORT": str(plane.port), "LEPTON_DATA_DIR": str(second.folder)}
        command = [sys.executable, "-m", "tasks.inference.server"]
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (
        1,
        f"Another serving plane runs on port {plane.port}. Stop it first.\n",
    )
    assert plane.serving() == serving
    assert plane.predict([ROW])[0] == 200


def test_a_port_of_another_program_is_refused_in_a_sentence():
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(AddressInUse, match=f"cannot listen on port {port} of 127.0.0.1: another program uses it"):
            bound("127.0.0.1", port)
        assert not may_begin("127.0.0.1", port)
        assert may_begin("127.0.0.1", free_port())


def test_one_process_holds_the_supervisor_lock_and_a_successor_counts_once_it_answers():
    port = free_port()
    first = SupervisorLock(port)
    with pytest.raises(AddressInUse):
        SupervisorLock(port)
    assert not has_successor(port)
    first.announce()
    assert has_successor(port)
    first.give_up()
    assert not has_successor(port)
    second = SupervisorLock(port)
    second.announce()
    assert all(has_successor(port) for _ in range(200)), "nobody takes these connections, however many look"
    second.give_up()


def test_a_process_adopted_by_a_subreaper_ends_when_the_subreaper_ends(monkeypatch):
    """Nothing will be started again then, and whoever starts by hand needs the port."""
    parents = iter([10, 10, 20, 20, 1])
    monkeypatch.setattr(orphan_guard.os, "getppid", lambda: next(parents))
    monkeypatch.setattr(orphan_guard, "SECONDS_BETWEEN_CHECKS", 0.0)
    orphan_guard._wait_until_replaced(10, float("inf"), lambda: False)
    assert next(parents, None) is None


def test_a_dying_supervisor_is_not_taken_for_its_own_successor(monkeypatch):
    parents = iter([10, 10, 20])
    monkeypatch.setattr(orphan_guard.os, "getppid", lambda: next(parents))
    monkeypatch.setattr(orphan_guard, "SECONDS_BETWEEN_CHECKS", 0.0)
    orphan_guard._wait_until_replaced(10, float("inf"), lambda: True)
    assert next(parents, None) is None


def test_orphaned_processes_end_one_after_the_other(monkeypatch):
    """Who asks again after one of them closed must not come to another that closes."""
    port = free_port()
    first = exit_lock(port)
    assert exit_lock(port) is None
    threading.Timer(0.3, first.close).start()
    second = orphan_guard._wait_for_exit_lock(port)
    assert second is not None
    monkeypatch.setattr(orphan_guard, "STOP_SECONDS", 0.0)
    assert orphan_guard._wait_for_exit_lock(port) is None, "one that is stuck does not keep the others for ever"
    second.close()


def test_a_process_that_is_stuck_is_ended_all_the_same(monkeypatch):
    readable, writable = os.pipe()
    os.close(writable)
    ended = threading.Event()
    monkeypatch.setattr(orphan_guard, "SECONDS_TO_END", 0.0)
    monkeypatch.setattr(orphan_guard.os, "kill", lambda *_: None)  # told to end, does not
    monkeypatch.setattr(orphan_guard.os, "_exit", lambda _: ended.set())
    orphan_guard._end_in_time(readable, os.getppid(), 0.0, free_port())
    os.close(readable)
    assert ended.is_set()


def test_the_orphan_seconds_are_a_setting():
    assert Settings.from_environment({}).orphan_seconds == 60
    assert Settings.from_environment({"LEPTON_SERVE_ORPHAN_SECONDS": "0"}).orphan_seconds == 0
