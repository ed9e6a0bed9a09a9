"""The contract of a node is left to the full tier only when nothing that it depends on changed."""

from __future__ import annotations

import subprocess

import pytest

from tasks.contract.registry import all_nodes
from tests.tiers.changes import changed_files, is_changed

LINEAR = all_nodes()["model.linear"].__module__
IMPUTE = all_nodes()["clean.impute"].__module__
LINEAR_FILE, IMPUTE_FILE = (f"{name.replace('.', '/')}.py" for name in (LINEAR, IMPUTE))


@pytest.fixture
def repository(tmp_path):
    """A repository with one commit on main."""

    def git(*arguments):
        person = ("-c", "user.name=a", "-c", "user.email=a@example.org")
        subprocess.run(["git", *person, *arguments], cwd=tmp_path, check=True, capture_output=True)

    git("init", "-b", "main")
    (tmp_path / "a.py").write_text("1")
    git("add", ".")
    git("commit", "-m", "first")
    return tmp_path, git


def test_a_changed_node_is_checked_and_the_others_are_not():
    assert is_changed(LINEAR, frozenset({LINEAR_FILE}))
    assert not is_changed(IMPUTE, frozenset({LINEAR_FILE, "README.md"}))


def test_a_change_of_what_a_node_imports_changes_the_node():
    assert is_changed(LINEAR, frozenset({"tasks/nodes/model/learner_node.py"}))
    assert not is_changed(IMPUTE, frozenset({"tasks/nodes/model/learner_node.py"}))


@pytest.mark.parametrize("name", ["tests/tables.py", "requirements.txt", "tasks/contract/table.py"])
def test_a_change_of_what_every_node_is_checked_with_changes_every_node(name):
    assert is_changed(IMPUTE, frozenset({name}))


def test_what_a_branch_changed_and_has_not_committed_yet_is_found(repository):
    folder, git = repository
    git("checkout", "-b", "work")
    (folder / "b.py").write_text("2")
    git("add", ".")
    git("commit", "-m", "second")
    (folder / "a.py").write_text("3")
    (folder / "c.py").write_text("4")
    assert changed_files(folder) == {"a.py", "b.py", "c.py"}


def test_on_main_and_without_git_nobody_can_say(repository, tmp_path_factory):
    folder, _ = repository
    assert changed_files(folder) is None
    assert changed_files(tmp_path_factory.mktemp("bare")) is None
    assert is_changed(IMPUTE, None)
