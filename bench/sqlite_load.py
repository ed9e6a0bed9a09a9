"""SQLite under load: 8 writers, 50 readers and backups; nobody may hear "locked", and every backup must be whole.

Writers are processes that write as workers do (a run's row held, events added, a result stored), about 20 transactions
a second each; readers read as the page does. Every ten seconds a backup is made, restored into a new folder and
compared: each run has all its events, each result that a row names is there. Exits 1 when a target is missed.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import multiprocessing
import os
import random
import shutil
import sqlite3
import sys
import tempfile
import threading
import time
import uuid
from contextlib import closing
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench.machine import describe_machine
from bench.program import run_program
from tests.worker.stack import Stack

WRITERS, READERS, THREADS_PER_READER = 8, 5, 10
WRITER_PAUSE_SECONDS = 0.05
READER_PAUSE_SECONDS = 0.2
SECONDS_BETWEEN_BACKUPS = 10.0
WRITE_P99_TARGET_MS = 50.0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=0.5)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="lepton-bench-"))
    stack = Stack(folder / "data")
    try:
        stack.start_redis()
        stack.prepare()
        os.environ.update(stack.environment)
        print(describe_machine())
        print(f"seed {options.seed}, {options.minutes:g} minutes")
        return _measure(folder, options.minutes * 60, options.seed)
    finally:
        stack.close()
        shutil.rmtree(folder, ignore_errors=True)


def _measure(folder: Path, seconds: float, seed: int) -> int:
    runs = _make_runs()
    context = multiprocessing.get_context("spawn")
    answers = context.Queue()
    over = context.Event()
    jobs = [(_write, (run, f"{seed}:{run}", over, answers)) for run in runs]
    jobs += [(_read_all, (runs, f"{seed}:reader-{at}", over, answers)) for at in range(READERS)]
    processes = [context.Process(target=target, args=arguments) for target, arguments in jobs]
    for process in processes:
        process.start()
    for _ in processes:  # everyone is ready
        answers.get(timeout=120)
    backups, bad = _back_up_again_and_again(folder, time.monotonic() + seconds)
    over.set()
    found = [answers.get(timeout=120) for _ in processes]
    for process in processes:
        process.join()
    writes = sorted(ms for kind, times, _ in found if kind == "write" for ms in times)
    reads = sorted(ms for kind, times, _ in found if kind == "read" for ms in times)
    errors = [error for _, _, failed in found for error in failed]
    print(f"{WRITERS} writers: {_spread(writes)}")
    print(f"{READERS * THREADS_PER_READER} readers: {_spread(reads)}")
    print(f"errors {len(errors)} {sorted(set(errors))[:3]}; events lost {_lost(folder, len(writes))}")
    print(f"backups under load {backups}, each restored and compared: bad {len(bad)} {bad[:3]}")
    return 0 if not errors and not bad and _at(writes, 0.99) <= WRITE_P99_TARGET_MS else 1


def _spread(listed: list[float]) -> str:
    shown = f"p50 {_at(listed, 0.5):.1f} ms, p99 {_at(listed, 0.99):.1f} ms, slowest {listed[-1]:.0f} ms"
    return f"{len(listed)} transactions, {shown}"


def _at(listed: list[float], share: float) -> float:
    return listed[min(int(len(listed) * share), len(listed) - 1)]


def _django() -> None:
    import django

    django.setup()


def _make_runs() -> list[str]:
    _django()
    from apps.accounts.models import Workspace
    from apps.graphs.models import Graph
    from apps.runs.models import NodeRun, Run

    workspace = Workspace.objects.create(name="bench")
    graph = Graph.objects.create(workspace=workspace, name="bench")
    runs = []
    for number in range(1, WRITERS + 1):
        run = Run.objects.create(
            workspace=workspace, graph=graph, number=number, state="running", document={}, remaining=1
        )
        NodeRun.objects.create(run=run, node="n", type="test.nothing", fingerprint="", state="running")
        runs.append(str(run.pk))
    return runs


def _write(run: str, seed: str, over: Any, answers: Any) -> None:
    _django()
    from django.conf import settings
    from django.db import OperationalError

    from apps.live.events import MetricPoints
    from apps.runs.models import NodeRun
    from apps.runs.run_transaction import run_transaction

    chance = random.Random(seed)
    store = Path(settings.LEPTON_ARTIFACTS_URL)
    times, errors = [], []
    answers.put("ready")
    while not over.is_set():
        time.sleep(chance.uniform(0, 2 * WRITER_PAUSE_SECONDS))
        address = _store(store) if chance.random() < 0.05 else ""
        began = time.monotonic()
        try:
            with run_transaction(run) as change:
                change.emit(MetricPoints, node="n", points=[{"name": "loss", "step": 1.0, "value": chance.random()}])
                if address:
                    outputs = {"metrics": {"wire": "metrics", "address": address, "summary": {}}}
                    NodeRun.objects.filter(run=run).update(outputs=outputs)
            times.append((time.monotonic() - began) * 1000)
        except OperationalError as error:
            errors.append(str(error))
    answers.put(("write", times, errors))


def _store(store: Path) -> str:
    """Put a new result into the store and return its address."""
    from tasks.artifacts.folders import LocalFolders

    content = uuid.uuid4().hex.encode()
    manifest = json.dumps({"wire": "metrics", "files": {"metrics.json": hashlib.sha256(content).hexdigest()}}).encode()
    address = hashlib.sha256(manifest).hexdigest()
    LocalFolders(store).write(address, {"metrics.json": content, "manifest.json": manifest})
    return address


def _read_all(runs: list[str], seed: str, over: Any, answers: Any) -> None:
    _django()
    times: list[float] = []
    errors: list[str] = []
    threads = [
        threading.Thread(target=_read, args=(runs, f"{seed}.{at}", over, times, errors))
        for at in range(THREADS_PER_READER)
    ]
    answers.put("ready")
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    answers.put(("read", times, errors))


def _read(runs: list[str], seed: str, over: Any, times: list[float], errors: list[str]) -> None:
    from django.db import OperationalError, connection

    from apps.runs.models import Run
    from apps.runs.selectors import event_bodies

    chance = random.Random(seed)
    while not over.is_set():
        time.sleep(chance.uniform(0, 2 * READER_PAUSE_SECONDS))
        began = time.monotonic()
        try:
            run = Run.objects.get(pk=chance.choice(runs))
            event_bodies(run.pk, after=max(run.last_seq - 50, 0))
            times.append((time.monotonic() - began) * 1000)
        except OperationalError as error:
            errors.append(str(error))
    connection.close()


def _back_up_again_and_again(folder: Path, until: float) -> tuple[int, list[str]]:
    from apps.common.backup import Installation, make_backup
    from apps.common.backup_database import BackupError
    from apps.common.backup_restore import restore_backup

    count, bad = 0, []
    while time.monotonic() < until:
        next_at = time.monotonic() + SECONDS_BETWEEN_BACKUPS
        restored = folder / f"restored-{count}"
        try:
            data = folder / "data"
            made = make_backup(Installation(data / "leptonweb.sqlite3", data / "artifacts"), folder / "backups")
            bad += restore_backup(made, restored).damaged
            bad += _compare(restored)
        except BackupError as fault:
            bad.append(str(fault))
        count += 1
        shutil.rmtree(folder / "backups", ignore_errors=True)
        shutil.rmtree(restored, ignore_errors=True)
        time.sleep(max(min(next_at, until) - time.monotonic(), 0))
    return count, bad


def _compare(restored: Path) -> list[str]:
    """Return what a restored installation lacks."""
    bad = []
    asked = "SELECT r.id, r.last_seq, count(e.id), coalesce(max(e.seq), 0) FROM runs_run r LEFT JOIN runs_runevent e"
    with closing(sqlite3.connect(restored / "leptonweb.sqlite3")) as connection:
        for key, last, count, highest in connection.execute(f"{asked} ON e.run_id = r.id GROUP BY r.id"):
            if not last == count == highest:
                bad.append(f"run {key}: last {last}, {count} events, highest {highest}")
        for (outputs,) in connection.execute("SELECT outputs FROM runs_noderun"):
            for output in json.loads(outputs).values():
                address = output["address"]
                if not (restored / "artifacts" / address[:2] / address[2:] / "manifest.json").is_file():
                    bad.append(f"result {address} is not there")
    return bad


def _lost(folder: Path, written: int) -> int:
    with closing(sqlite3.connect(folder / "data" / "leptonweb.sqlite3")) as connection:
        return written - int(connection.execute("SELECT count(*) FROM runs_runevent").fetchone()[0])


if __name__ == "__main__":
    run_program(main)
