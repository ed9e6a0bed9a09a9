"""The drill of docs/backup.md: an installation at work is backed up and restored beside itself, and answers alike.

Deleting in the copy takes nothing from the original.
"""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing

import pytest

from tests.stack import ROOT, Api, Refused, Stack, stack_environment, wait_for
from tests.story.houses import as_csv, houses
from tests.story.test_story import Deployed, node

pytestmark = [pytest.mark.worker, pytest.mark.slow(reason="two installations, one after the other, train and answer")]

ASKED = 50


def manage(environment, *arguments):
    command = [sys.executable, "manage.py", *map(str, arguments)]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def uploaded(api, rows):
    ident = api.upload("/datasets/", "houses.csv", as_csv(rows))["id"]
    return wait_for(
        "the data set",
        lambda: next((one for one in [api.get(f"/datasets/{ident}/")] if one["status"] == "ready"), None),
    )


def answer_of(caller, rows):
    try:
        return caller.post("/predict", {"rows": rows})
    except Refused as error:
        assert error.status in {404, 503}  # the serving process has not read of the endpoint yet
        return None


def files_of(folder):
    """Every file that data lie in, with its content."""
    kept = [folder / "uploads" / "files", folder / "artifacts"]
    return {path: path.read_bytes() for root in kept for path in root.rglob("*") if path.is_file()}


def absolute_paths(database, folder):
    """Every column of the database in which a value names the data folder."""
    found = set()
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        tables = connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall()
        for (table,) in tables:
            columns = [row[1] for row in connection.execute(f'PRAGMA table_info("{table}")')]
            for column in columns:
                query = f'SELECT count(*) FROM "{table}" WHERE instr(CAST("{column}" AS TEXT), ?)'
                if connection.execute(query, (str(folder),)).fetchone() != (0,):
                    found.add(f"{table}.{column}")
    return found


def test_a_restored_installation_answers_alike_and_leaves_the_original_alone(tmp_path):
    rows, folder, copy = houses(), tmp_path / "data", tmp_path / "rehearsal"
    asked = [{name: value for name, value in row.items() if name != "price"} for row in rows[:ASKED]]
    environment = stack_environment(folder)
    with Stack(environment) as stack:
        api = stack.signed_in()
        dataset = uploaded(api, rows)
        deployed = Deployed(stack, api, dataset, "Ridge", node("model", "model.linear", penalty="ridge"))
        answers = deployed.predict(asked)
        shown = api.get(f"/datasets/{dataset['id']}/rows/")
        assert absolute_paths(folder / "leptonweb.sqlite3", folder) == set()
        backup = manage(environment, "backup", tmp_path / "backups", "--secrets", tmp_path / "safe")
    before = files_of(folder)
    name = backup.rpartition("/")[2]
    restored = stack_environment(copy)
    manage(restored, "restore", backup, copy, "--secrets", tmp_path / "safe" / name)
    assert {path.relative_to(copy): content for path, content in files_of(copy).items()} == {
        path.relative_to(folder): content for path, content in before.items()
    }
    with Stack(restored) as stack:
        api = stack.signed_in()
        assert api.get(f"/datasets/{dataset['id']}/rows/") == shown
        endpoint = next(
            one for one in api.get("/endpoints/")["results"] if one["slug"] == deployed.made["endpoint"]["slug"]
        )
        caller = Api(endpoint["url"], deployed.made["key"])
        assert wait_for("the endpoint", lambda: answer_of(caller, asked)) == answers
        again = api.post(f"/datasets/{dataset['id']}/read-again/", {})
        assert again["again"]["version"] == 2
        wait_for("the second reading", lambda: api.get(f"/datasets/{dataset['id']}/")["version"] == 2)
        api.delete(f"/datasets/{dataset['id']}/")
        wait_for("the removal", lambda: not any((copy / "uploads" / "files").iterdir()))
    assert files_of(folder) == before
