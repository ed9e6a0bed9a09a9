"""What keeps LeptonWeb from starting is one clear sentence, a non-zero exit, and comes within seconds."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.stack import ROOT, clean_environment, stack_environment

# Far more than it takes, for machines that do much else at the time.
WITHIN_SECONDS = 90


def refused(environment: dict[str, str]) -> str:
    """Return the one line with which ``up`` refuses."""
    result = subprocess.run(
        [sys.executable, "manage.py", "up"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=WITHIN_SECONDS,
        check=False,
    )
    assert result.returncode != 0
    output = (result.stdout + result.stderr).strip()
    assert "Traceback" not in output
    assert len(output.splitlines()) == 1, output
    return output


@pytest.fixture
def taken_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield str(server.getsockname()[1])


def test_a_taken_port_of_the_page_is_named_with_the_variable_that_changes_it(tmp_path, taken_port):
    sentence = refused(stack_environment(tmp_path, LEPTON_PORT=taken_port))
    assert taken_port in sentence
    assert "LEPTON_PORT" in sentence


def test_a_taken_port_of_the_serving_plane_is_named_too(tmp_path, taken_port):
    sentence = refused(stack_environment(tmp_path, LEPTON_SERVE_PORT=taken_port))
    assert taken_port in sentence
    assert "LEPTON_SERVE_PORT" in sentence


def test_one_port_for_both_is_refused(tmp_path):
    environment = stack_environment(tmp_path)
    sentence = refused(environment | {"LEPTON_SERVE_PORT": environment["LEPTON_PORT"]})
    assert "Give each a port of its own" in sentence


def test_a_port_that_is_no_number_is_refused(tmp_path):
    assert refused(stack_environment(tmp_path, LEPTON_PORT="eighty")) == (
        "LEPTON_PORT must be a whole number, but it is “eighty”."
    )


def test_a_file_in_place_of_the_data_folder_is_refused(tmp_path):
    path = tmp_path / "data"
    path.touch()
    sentence = refused(stack_environment(path))
    assert str(path) in sentence
    assert "LEPTON_DATA_DIR" in sentence


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="no file system here that nobody can write to")
def test_a_data_folder_that_cannot_be_written_is_refused():
    sentence = refused(stack_environment(Path("/proc/self/data")))
    assert "cannot be written" in sentence


@pytest.mark.skipif(os.geteuid() == 0, reason="permission bits do not bind root")
def test_a_read_only_data_folder_is_refused(tmp_path):
    tmp_path.chmod(0o500)
    assert "cannot be written" in refused(stack_environment(tmp_path))


def test_an_unreachable_database_is_named_without_its_password(tmp_path):
    sentence = refused(stack_environment(tmp_path, DATABASE_URL="postgresql://me:hidden@127.0.0.1:1/lepton"))
    assert "DATABASE_URL" in sentence
    assert "hidden" not in sentence


def test_a_database_of_another_kind_is_refused(tmp_path):
    assert "DATABASE_URL must start with postgresql://" in refused(
        stack_environment(tmp_path, DATABASE_URL="mysql://me@127.0.0.1/lepton")
    )


def test_an_unreachable_redis_is_named(tmp_path):
    assert "REDIS_URL" in refused(stack_environment(tmp_path, REDIS_URL="redis://127.0.0.1:1/0"))


def test_a_weak_administrator_password_is_refused(tmp_path):
    sentence = refused(stack_environment(tmp_path, LEPTON_ADMIN_PASSWORD="short"))
    assert "LEPTON_ADMIN_PASSWORD" in sentence


def test_the_environment_of_these_tests_does_not_leak_into_what_they_start(tmp_path, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgresql://elsewhere/lepton")
    monkeypatch.setenv("LEPTON_DEBUG", "1")
    environment = clean_environment(tmp_path)
    assert "DATABASE_URL" not in environment
    assert "LEPTON_DEBUG" not in environment


def test_a_broker_that_cannot_be_reached_is_named_without_its_password(tmp_path):
    url = "amqp://somebody:a-secret@127.0.0.1:1//"
    sentence = refused(stack_environment(tmp_path, LEPTON_BROKER_URL=url))
    assert "LEPTON_BROKER_URL cannot be reached" in sentence
    assert "a-secret" not in sentence


def test_a_broker_nobody_speaks_to_is_refused(tmp_path):
    sentence = refused(stack_environment(tmp_path, LEPTON_BROKER_URL="smoke://127.0.0.1"))
    assert "LEPTON_BROKER_URL cannot be reached" in sentence


def test_a_store_whose_package_is_missing_is_refused_with_the_requirements_that_bring_it(tmp_path):
    (tmp_path / "sitecustomize.py").write_text("import sys; sys.modules['s3fs'] = None")
    environment = stack_environment(tmp_path / "data", LEPTON_ARTIFACTS_URL="s3://bucket/x", PYTHONPATH=str(tmp_path))
    sentence = refused(environment)
    assert "s3fs" in sentence
    assert "requirements-s3.txt" in sentence


def test_variables_are_read_from_a_file_and_those_that_are_set_win(tmp_path, taken_port):
    file = tmp_path / "variables"
    file.write_text(f"LEPTON_PORT={taken_port}\nLEPTON_SERVE_PORT=none\n# LEPTON_HOST=x\n")
    environment = clean_environment(tmp_path / "data", LEPTON_ENV_FILE=str(file), LEPTON_SERVE_PORT="8001")
    assert f"port {taken_port}" in refused(environment).lower()


def test_a_file_of_variables_that_is_not_there_is_named(tmp_path):
    output = refused(clean_environment(tmp_path, LEPTON_ENV_FILE=str(tmp_path / "none")))
    assert output == f"LEPTON_ENV_FILE names “{tmp_path / 'none'}”, and there is no such file."


@pytest.mark.parametrize("content", [None, "no JSON", '{"nodes": []}'])
def test_a_catalogue_that_cannot_be_read_is_refused_with_its_file(tmp_path, content):
    file = tmp_path / "catalogue.json"
    if content is not None:
        file.write_text(content)
    sentence = refused(stack_environment(tmp_path / "data", LEPTON_CATALOGUE=str(file)))
    assert sentence.startswith(f"LEPTON_CATALOGUE names “{file}”")
    assert f"-m tasks.export --to {file}" in sentence


@pytest.mark.parametrize(
    "command",
    [
        ("-m", "leptonweb.web", "--port", "0"),
        ("-m", "celery", "-A", "leptonweb", "--quiet", "worker", "-Q", "cpu"),
        ("manage.py", "reconcile", "--once"),
    ],
)
def test_each_process_that_reads_the_catalogue_refuses_a_wrong_one(tmp_path, command):
    file = tmp_path / "missing.json"
    environment = clean_environment(tmp_path, LEPTON_CATALOGUE=str(file), LEPTON_BROKER_URL="memory://")
    result = subprocess.run(
        [sys.executable, *command],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=WITHIN_SECONDS,
        check=False,
    )
    assert result.returncode != 0
    assert f"LEPTON_CATALOGUE names “{file}”" in result.stderr
    assert "Traceback" not in result.stderr
