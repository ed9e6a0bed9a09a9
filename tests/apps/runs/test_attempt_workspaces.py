"""What attempts write beside their results does not stay."""

from __future__ import annotations

import os
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from tasks.jobs import attempt_workspaces

pytestmark = pytest.mark.django_db


def test_the_folder_of_an_attempt_stays_while_it_runs_and_is_removed_when_its_worker_died(start, worker, data_folder):
    claim = worker.take(start("a"))
    folder = Path(attempt_workspaces.folder_of(claim.node))
    (folder / "attempt-x").mkdir(parents=True)
    assert attempt_workspaces.remove_stale() == 0
    assert folder.exists()
    worker.finish(claim)
    assert attempt_workspaces.remove_stale() == 1
    assert not folder.exists()


def test_the_folder_of_a_chain_stays_until_its_last_node_ends(start, worker, data_folder):
    claim = worker.take(start("a b c d", "a>b b>c c>d"))
    folder = Path(attempt_workspaces.folder_of(claim.node))
    (folder / "attempt-x").mkdir(parents=True)
    for _ in "abc":
        assert attempt_workspaces.remove_stale() == 0
        claim = worker.finish(claim)
    assert claim.node.node == "d"
    assert attempt_workspaces.remove_stale() == 0
    worker.finish(claim)
    assert attempt_workspaces.remove_stale() == 1
    assert not folder.exists()


@pytest.fixture
def drafts(data_folder, monkeypatch):
    """Two drafts in the store, ``(old, young)``, at a time when only the first is old."""
    old, young = data_folder / "artifacts" / ".draft-1", data_folder / "artifacts" / ".draft-2"
    old.mkdir(parents=True)
    young.mkdir()
    while young.stat().st_ctime <= old.stat().st_ctime:
        young.chmod(0o755)
    now = (old.stat().st_ctime + young.stat().st_ctime) / 2 + attempt_workspaces.DRAFT_LIFETIME_SECONDS
    monkeypatch.setattr(attempt_workspaces, "time", SimpleNamespace(time=lambda: now))
    return old, young


def test_a_result_that_is_being_written_stays_and_one_that_was_never_finished_goes(drafts):
    old, young = drafts
    assert attempt_workspaces.remove_stale() == 1
    assert (old.exists(), young.exists()) == (False, True)


def test_an_old_result_that_was_just_renamed_to_a_draft_stays(data_folder):
    folder = data_folder / "artifacts" / "ab" / "cd"
    folder.mkdir(parents=True)
    long_ago = time.time() - 2 * attempt_workspaces.DRAFT_LIFETIME_SECONDS
    os.utime(folder, (long_ago, long_ago))
    folder.rename(data_folder / "artifacts" / ".draft-1")
    assert attempt_workspaces.remove_stale() == 0


def test_a_draft_that_is_renamed_into_place_after_it_was_listed_ends_no_pass(drafts, monkeypatch):
    old, young = drafts
    listed = Path.glob

    def rename_what_was_listed(self, pattern):
        found = list(listed(self, pattern))
        if young in found:
            young.rename(young.with_name("in-place"))
        return found

    monkeypatch.setattr(Path, "glob", rename_what_was_listed)
    assert attempt_workspaces.remove_stale() == 1
    assert not old.exists()
