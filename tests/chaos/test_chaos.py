"""The short version of ``make chaos``: a few dozen runs, every kind of fault, a fixed seed."""

from __future__ import annotations

import pytest

from tests.chaos.campaign import Plan, conduct
from tests.postgresql import answering_url

pytestmark = [pytest.mark.worker, pytest.mark.full]
SEED = 7


def campaign(**more):
    report = conduct(
        Plan(
            seed=SEED,
            runs=30,
            window=30,
            between=(0.3, 1.0),
            longest_pause=4.0,
            seconds=(0.1, 0.6),
            stuck_after=60.0,
            **more,
        )
    )
    assert report.is_clean, "\n".join([*report.lines(), report.said])
    assert report.accepted == 30
    assert report.faults  # how many there is time for is the machine's


def test_no_run_is_lost_wrong_or_doubled_whatever_dies():
    campaign()


@pytest.mark.skipif(answering_url() is None, reason="needs PostgreSQL on localhost:5432")
def test_no_run_is_lost_wrong_or_doubled_on_postgresql():
    campaign(database_url=answering_url())
