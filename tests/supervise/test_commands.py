"""Commands of ``manage.py`` that a person runs by hand: their settings, and a sentence where they cannot work yet."""

import re
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from leptonweb.supervise.preparation import close_data_folder
from tests.stack import ROOT, clean_environment

SPOKEN = (".py", ".md", ".json", ".html", ".ts", ".tsx", ".example")
FOLDERS = ("apps", "leptonweb", "tasks", "docs", "templates", "frontend/src")
# Followed by a command's name and closed: what a person is told to type, and no name of a thing.
TYPED = re.compile(r"“(?!\.venv/bin/)[\w/. ]*manage\.py \w+[^”]*”|(?<![\w/.])python manage\.py \w+")


def manage(folder: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=clean_environment(folder, **variables),
        capture_output=True,
        text=True,
        check=False,
    )


def test_every_command_that_a_person_is_told_works_as_it_is_pasted():
    texts = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*") if path.suffix in SPOKEN]
    texts += [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / ".env.example"]
    told = [(str(path.relative_to(ROOT)), found) for path in texts for found in TYPED.findall(path.read_text("utf-8"))]
    assert told == []


@pytest.mark.slow(reason="starts Django three times")
def test_a_database_without_tables_is_one_sentence(tmp_path):
    for command in (["setup_link"], ["backup", f"{tmp_path}/kept"], ["reconcile", "--once"]):
        refused = manage(tmp_path, *command)
        assert refused.returncode == 1, command
        last = refused.stderr.strip().splitlines()[-1]
        assert last.removeprefix("CommandError: ") == (
            "The database has no tables yet, or those of an earlier version. "
            "Run “make run”, or “.venv/bin/python manage.py migrate”, first."
        )
        assert "Traceback" not in refused.stderr
    assert not (tmp_path / "kept").exists()


def test_a_missing_key_is_one_sentence_that_says_where_one_comes_from(tmp_path):
    refused = manage(tmp_path, "shell", "-v", "0", "-c", "from django.conf import settings; settings.SECRET_KEY")
    assert refused.stderr.strip().startswith("LEPTON_SECRET_KEY is not set. “make run” makes one")


@pytest.mark.slow(reason="the pool of connections waits for five seconds")
def test_a_database_that_does_not_answer_is_one_sentence(tmp_path):
    refused = manage(tmp_path, "setup_link", DATABASE_URL="postgresql://me:hidden@127.0.0.1:1/lepton")
    assert refused.returncode == 1
    assert "The database does not answer: " in refused.stderr
    assert "Traceback" not in refused.stderr
    assert "hidden" not in refused.stderr


def test_the_variables_of_a_file_beside_it_are_read_and_none_when_the_file_s_name_is_empty(tmp_path):
    for name in ("manage.py", "leptonweb", "apps", "tasks"):
        (tmp_path / name).symlink_to(ROOT / name)
    (tmp_path / "manage.py").unlink()
    (tmp_path / "manage.py").write_bytes((ROOT / "manage.py").read_bytes())
    (tmp_path / ".env").write_text("LEPTON_PORT=eighty\n")
    command = [sys.executable, tmp_path / "manage.py", "version"]
    environment = clean_environment(tmp_path / "data")
    read = {name: value for name, value in environment.items() if name != "LEPTON_ENV_FILE"}
    by_hand = subprocess.run(command, cwd=ROOT, env=read, capture_output=True, text=True, check=False)
    assert by_hand.stderr.strip() == "LEPTON_PORT must be a whole number, but it is “eighty”."
    without = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert without.returncode == 0, without.stderr


@pytest.mark.slow(reason="makes every table in a new database")
def test_a_database_is_for_its_user_alone_whatever_the_umask(tmp_path):
    folder = tmp_path / "data"
    command = [sys.executable, "manage.py", "migrate", "--verbosity", "0"]
    environment = clean_environment(folder, LEPTON_SECRET_KEY="x" * 40)
    subprocess.run(command, cwd=ROOT, env=environment, umask=0, check=True, capture_output=True)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (folder, *folder.iterdir())}
    assert modes == {"data": 0o700, "leptonweb.sqlite3": 0o600}


def test_a_folder_that_an_earlier_version_left_open_is_closed_at_the_start(tmp_path):
    database = tmp_path / "leptonweb.sqlite3"
    database.touch()
    database.chmod(0o644)
    tmp_path.chmod(0o755)
    close_data_folder(tmp_path)
    assert [stat.S_IMODE(path.stat().st_mode) for path in (tmp_path, database)] == [0o700, 0o600]
