"""What attempts write beside their results does not stay."""

from __future__ import annotations

import os
import time

import pytest

from tasks.jobs import attempt_workspaces

pytestmark = pytest.mark.django_db


def test_the_folder_of_an_attempt_stays_while_it_runs_and_is_swept_when_its_worker_died(start, worker, data_folder):
    claim = worker.take(start("a"))
    folder = attempt_workspaces.folder_of(claim.node)
    (folder / "attempt-x").mkdir(parents=True)
    assert attempt_workspaces.sweep() == 0
    assert folder.exists()
    worker.finish(claim)
    assert attempt_workspaces.sweep() == 1
    assert not folder.exists()


def test_a_result_that_is_being_written_stays_and_one_that_was_never_finished_goes(data_folder):
    young, old = data_folder / "artifacts" / ".draft-1", data_folder / "artifacts" / ".draft-2"
    young.mkdir(parents=True)
    old.mkdir()
    long_ago = time.time() - 2 * attempt_workspaces.DRAFTS_ARE_OLD_AFTER_SECONDS
    os.utime(old, (long_ago, long_ago))
    assert attempt_workspaces.sweep() == 1
    assert (young.exists(), old.exists()) == (True, False)
