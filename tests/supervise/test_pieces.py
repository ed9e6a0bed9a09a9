"""The supervisor's small parts, each alone."""

import io
import os
import stat
import subprocess
import sys

import psutil
import pytest

from leptonweb.supervise.bundled_redis import bundled_redis, server_program
from leptonweb.supervise.data_dir_lock import lock_data_dir
from leptonweb.supervise.library_check import LibraryCheck
from leptonweb.supervise.processes import Layout, product_processes
from leptonweb.supervise.start_error import StartError
from leptonweb.supervise.stored_secrets import load_or_create_secret
from leptonweb.supervise.terminal import Terminal
from tests.stack import ROOT, clean_environment, wait_for


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_a_secret_is_made_once_and_only_its_owner_can_read_it(tmp_path):
    folder = tmp_path / "secrets"
    first = load_or_create_secret("LEPTON_SECRET_KEY", folder)
    assert load_or_create_secret("LEPTON_SECRET_KEY", folder) == first
    assert len(first) >= 50
    assert mode(folder / "secret_key") == 0o600
    assert mode(folder) == 0o700


def test_a_secret_given_by_the_environment_is_used_and_not_written_down(tmp_path, monkeypatch):
    monkeypatch.setenv("LEPTON_ARTIFACT_KEY", "given")
    assert load_or_create_secret("LEPTON_ARTIFACT_KEY", tmp_path) == "given"
    assert not list(tmp_path.iterdir())


def test_settings_read_the_secret_that_was_kept(tmp_path):
    from leptonweb.settings import env

    value = load_or_create_secret("LEPTON_SECRET_KEY", tmp_path)
    assert env.secret("LEPTON_SECRET_KEY", tmp_path) == value


def test_a_second_holder_of_a_data_folder_is_told_who_has_it(tmp_path):
    lock = lock_data_dir(tmp_path)
    lock.record_holder(address="http://127.0.0.1:8000/")
    with pytest.raises(StartError, match=r"already runs on the data folder .*http://127\.0\.0\.1:8000/"):
        lock_data_dir(tmp_path)


def test_a_new_data_folder_is_private_and_an_existing_one_keeps_its_access(tmp_path):
    before = os.umask(0o022)
    try:
        lock_data_dir(tmp_path / "new")
        (tmp_path / "shared").mkdir()
        lock_data_dir(tmp_path / "shared")
    finally:
        os.umask(before)
    assert mode(tmp_path / "new") == 0o700
    assert mode(tmp_path / "shared") == 0o755


def test_any_command_makes_the_data_folder_private(tmp_path):
    folder = tmp_path / "data"
    environment = clean_environment(folder)
    command = [sys.executable, "manage.py", "version"]
    subprocess.run(command, cwd=ROOT, env=environment, umask=0o022, check=True, capture_output=True)
    assert mode(folder) == 0o700


def test_a_data_folder_is_free_again_when_its_holder_is_gone(tmp_path):
    program = f"""
from pathlib import Path
from leptonweb.supervise.data_dir_lock import lock_data_dir
from leptonweb.supervise.library_check import LibraryCheck
lock_data_dir(Path({str(tmp_path)!r}))
"""
    subprocess.run([sys.executable, "-c", program], check=True)
    lock_data_dir(tmp_path)


def test_the_bundled_redis_keeps_its_password_out_of_the_command_line(tmp_path):
    redis = bundled_redis(tmp_path, tmp_path / "secrets")
    password = (tmp_path / "secrets" / "redis_password").read_text().strip()
    assert password in redis.url
    assert not any(password in word for word in redis.command)
    assert mode(tmp_path / "redis" / "redis.conf") == 0o600


def test_the_bundled_redis_keeps_its_queue_and_refuses_rather_than_forgets(tmp_path):
    bundled_redis(tmp_path, tmp_path / "secrets")
    lines = (tmp_path / "redis" / "redis.conf").read_text().splitlines()
    for line in ("appendonly yes", "appendfsync everysec", "maxmemory-policy noeviction", "bind 127.0.0.1"):
        assert line in lines


def test_the_bundled_redis_is_new_enough_for_celery():
    version = subprocess.run([server_program(), "--version"], capture_output=True, text=True, check=True).stdout
    number = version.partition("v=")[2].split()[0]
    assert tuple(map(int, number.split(".")[:2])) >= (6, 2)


def test_lines_stand_behind_aligned_names_and_half_lines_wait_for_their_end():
    out = io.StringIO()
    terminal = Terminal(["web", "reconciler"], out)
    stream = terminal.stream("web")
    stream({"data": b"first\nsec", "pid": 1, "name": "stdout"})
    stream({"data": b"ond\n", "pid": 1, "name": "stdout"})
    terminal.announce("done")
    assert out.getvalue().splitlines() == ["web        | first", "web        | second", "up         | done"]


def test_routine_lines_are_left_out_and_last_words_are_kept():
    out = io.StringIO()
    stream = Terminal(["redis"], out).stream("redis", unremarkable=("Server initialized",))
    stream({"data": b"# Server initialized\ncannot open the file", "pid": 1, "name": "stdout"})
    stream.flush(1)
    assert out.getvalue().splitlines() == ["redis | cannot open the file"]


def test_a_gpu_worker_is_started_only_where_there_is_a_gpu():
    layout = Layout(host="127.0.0.1", port=1, serve_port=2, slots=2, gpus=0, worker_suffix="here")
    with_gpu = Layout(host="127.0.0.1", port=1, serve_port=2, slots=2, gpus=1, worker_suffix="here")
    names = [child.name for child in product_processes(layout, {})]
    assert names == ["web", "worker", "reconciler", "serve"]
    assert [child.name for child in product_processes(with_gpu, {})] == [*names, "gpu"]


def test_threads_of_the_engine_follow_the_number_of_slots_unless_told_otherwise():
    layout = Layout(host="127.0.0.1", port=1, serve_port=2, slots=10_000, gpus=0, worker_suffix="here")
    worker = product_processes(layout, {})[1]
    assert worker.environment["OMP_NUM_THREADS"] == "1"
    told = product_processes(layout, {"OMP_NUM_THREADS": "3"})[1]
    assert told.environment["OMP_NUM_THREADS"] == "3"


def test_the_supervisor_loads_no_numerical_library():
    program = (
        "import django, os, sys; os.environ['DJANGO_SETTINGS_MODULE'] = 'leptonweb.settings'; django.setup();"
        "import leptonweb.management.commands.up;"
        "print(sorted({'numpy', 'pandas', 'sklearn', 'torch', 'pyarrow', 'scipy'} & set(sys.modules)))"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"


def test_libraries_that_cannot_be_loaded_are_said_line_by_line():
    lines = []
    check = LibraryCheck(lines.append, (sys.executable, "-c", "print('A cannot be loaded.'); print('B neither.')"))
    check.start()
    check.wait()
    check.stop()
    assert lines == ["A cannot be loaded.", "B neither."]


def test_the_check_of_libraries_ends_with_the_supervisor_and_so_does_what_it_started(tmp_path):
    started = tmp_path / "started"
    program = f"sleep 600 & echo $! > {started}.part && mv {started}.part {started}; echo tried; wait"
    lines = []
    check = LibraryCheck(lines.append, ("/bin/sh", "-c", program))
    check.start()
    wait_for("the process", started.exists)
    check.stop()
    below = int(started.read_text())
    wait_for("its end", lambda: not psutil.pid_exists(below) or psutil.Process(below).status() == psutil.STATUS_ZOMBIE)
