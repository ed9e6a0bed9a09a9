"""The real ``manage.py up``: comes up, heals, stays small, and leaves nothing behind."""

import signal
import stat
import subprocess
import sys
import uuid
from urllib.parse import urlsplit

import psutil
import psycopg
import pytest

from leptonweb.supervise.readiness import http_answers
from tasks.inference.server.process.handover import has_successor
from tests.cluster.services import virtual_host
from tests.postgresql import answering_url
from tests.stack import ROOT, Refused, Stack, stack_environment, wait_for

pytestmark = pytest.mark.worker


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("whole")


@pytest.fixture(scope="module")
def stack(folder):
    with Stack(stack_environment(folder, LEPTON_SERVE_PROCESSES="2")) as stack:
        yield stack


def answers(stack):
    try:
        return stack.api().get("/health/")["status"] == "ok"
    except (OSError, Refused):
        return False


def test_the_administrator_of_the_environment_can_sign_in(stack):
    session = stack.signed_in().get("/session/")
    assert session["user"]["is_administrator"]


def test_no_set_up_link_is_shown_when_there_is_an_administrator(stack):
    assert "setup?token=" not in stack.text


def test_secrets_and_redis_belong_to_their_owner_alone(stack, folder):
    for name in ("secret_key", "artifact_key", "redis_password"):
        assert stat.S_IMODE((folder / "secrets" / name).stat().st_mode) == 0o600
    password = (folder / "secrets" / "redis_password").read_text().strip()
    for process in stack.processes():
        assert password not in " ".join(process.cmdline())


def test_whatever_it_writes_is_for_its_user_alone(stack, folder):
    wait_for("the serving plane's snapshot", (folder / "serving" / "snapshot.json").exists)
    paths = {path.name: path for path in folder.rglob("*")}
    assert {"leptonweb.sqlite3", "snapshot.json", "up.lock"} <= paths.keys()
    assert [name for name, path in paths.items() if path.stat().st_mode & 0o077] == []


def test_a_second_up_on_the_same_data_says_so(stack, folder):
    result = subprocess.run(
        [sys.executable, "manage.py", "up"],
        cwd=ROOT,
        env=stack_environment(folder),
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    assert result.returncode != 0
    assert "already runs on the data folder" in result.stderr
    assert stack.address in result.stderr


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("web", "leptonweb.web"),
        ("serve", "tasks.inference.server"),
        ("reconciler", "manage.py reconcile"),
        ("worker", "celery"),
    ],
)
def test_a_part_that_is_killed_comes_back(stack, name, words):
    before = stack.child(words)
    before.kill()
    stack.wait_for_line(f"{name} was killed (SIGKILL); it is started again in")

    def is_back():
        try:
            return stack.child(words).pid != before.pid
        except LookupError:
            return False

    wait_for(f"a new {name}", is_back)
    wait_for("the page", lambda: answers(stack))


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="names that go with their process")
def test_endpoints_answer_while_what_looks_after_them_is_started_again(stack):
    port = int(stack.environment["LEPTON_SERVE_PORT"])
    wait_for("its processes", lambda: has_successor(port))
    before = stack.child("tasks.inference.server")
    former = {process.pid for process in before.children() if "spawn_main" in " ".join(process.cmdline())}
    assert len(former) == 2
    missed = []

    def former_ended():
        # A second look is the retry that any client makes.
        if not any(http_answers("127.0.0.1", port, "/health/live") for _ in range(2)):
            missed.append(port)
        return not former & {process.pid for process in stack.processes() if _is_alive(process)}

    before.kill()
    wait_for("the end of the former processes", former_ended)
    assert missed == []
    assert stack.child("tasks.inference.server").pid != before.pid


def _is_alive(process):
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:  # it ended since it was listed
        return False


def test_redis_comes_back_with_its_queue(stack):
    before = stack.child("redis-server")
    before.kill()
    stack.wait_for_line("redis was killed (SIGKILL)")

    def is_back():
        try:
            return stack.child("redis-server").pid != before.pid
        except LookupError:
            return False

    wait_for("a new redis", is_back)


def test_either_signal_to_end_leaves_no_process_and_what_is_kept_starts_again(tmp_path):
    environment = stack_environment(tmp_path)
    for number in (signal.SIGINT, signal.SIGTERM):
        with Stack(environment) as stack:
            family = stack.processes()
            assert len(family) >= 5
            assert stack.stop(number) == 0
            _, alive = psutil.wait_procs(family, timeout=5)
            assert not alive, number


@pytest.mark.full  # the story in the browser begins with such a link
def test_without_an_administrator_a_link_makes_the_first_account_once(tmp_path):
    environment = stack_environment(tmp_path, LEPTON_ADMIN_USERNAME="", LEPTON_ADMIN_PASSWORD="")
    with Stack(environment) as stack:
        line = stack.wait_for_line("setup?token=")
        token = line.partition("setup?token=")[2].strip()
        account = {"token": token, "username": "founder", "password": "correct horse battery"}
        assert stack.browser().post("/setup/", account)["user"]["username"] == "founder"
        with pytest.raises(Refused) as refused:
            stack.browser().post("/setup/", account | {"username": "late"})
        assert refused.value.status == 403


@pytest.fixture
def postgresql_database():
    url = answering_url()
    if url is None:
        pytest.skip("needs PostgreSQL on localhost:5432")
    name = f"leptonweb_{uuid.uuid4().hex}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
        yield urlsplit(url)._replace(path=f"/{name}").geturl()
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.mark.full
def test_it_starts_and_reads_a_file_on_postgresql(tmp_path, postgresql_database):
    with Stack(stack_environment(tmp_path, DATABASE_URL=postgresql_database)) as stack:
        api = stack.signed_in()
        dataset = api.upload("/datasets/", "numbers.csv", b"a,b\n" + b"1,2\n3,4\n" * 10)["id"]
        wait_for("the data set", lambda: api.get(f"/datasets/{dataset}/")["status"] == "ready")
    assert not (tmp_path / "leptonweb.sqlite3").exists()


@pytest.mark.full
def test_it_comes_up_with_another_broker_than_redis(tmp_path):
    with virtual_host() as broker, Stack(stack_environment(tmp_path, LEPTON_BROKER_URL=broker)) as stack:
        assert stack.signed_in().get("/session/")["user"]["is_administrator"]
