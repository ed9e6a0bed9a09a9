"""The last lines of ``make test``: nobody takes a run that left something out for one that passed everything."""

from __future__ import annotations

import json

import pytest

from tests.tiers.closing import closing_lines

PASSED = {"counts": {"passed": 3, "failed": 0, "error": 0, "skipped": 0, "xfailed": 0, "xpassed": 0}}
PYTEST = PASSED | {"seconds": 61.4, "left_out": 7, "skipped": {}, "slow": []}
VITEST = {
    "numTotalTests": 2,
    "numPassedTests": 2,
    "numFailedTests": 0,
    "numFailedTestSuites": 0,
    "numPendingTests": 0,
    "startTime": 1000,
    "testResults": [{"endTime": 6000}],
}


@pytest.fixture
def close(tmp_path):
    """Return the closing of these reports; those that are not given passed."""

    def close(tier="gate", *, has_failed=False, **reports):
        everything = {"page": VITEST, "python": PYTEST, "stack": PYTEST, "postgresql": PYTEST} | reports
        for name, report in everything.items():
            if report is not None:
                (tmp_path / f"{name}.json").write_text(json.dumps(report))
        return closing_lines(tmp_path, tier, has_failed=has_failed)

    return close


def counted(**counts):
    return PYTEST | {"counts": PYTEST["counts"] | counts}


def test_every_test_passed_is_said_when_every_test_passed(close):
    lines, is_good = close()
    assert (lines[-1], is_good) == ("Every test passed: 11 tests.", True)
    assert "  7 more tests run in `make test-full`." in lines


def test_what_the_machine_lacks_is_said_in_the_last_line(close):
    reason = "needs Chromium: apt-get install chromium"
    lacking = counted(skipped=4) | {"skipped": {reason: 4, "elsewhere names differ": 1}}
    lines, is_good = close(stack=lacking, python=lacking)
    assert lines[-1] == f"11 tests passed. NOT RUN: 8 tests ({reason})."
    assert is_good


def test_a_machine_without_postgresql_is_said_in_the_last_line(close):
    lines, is_good = close(postgresql=None)
    assert lines[-1].startswith("8 tests passed. NOT RUN: the database on PostgreSQL (")
    assert is_good


def test_a_part_that_failed_fails_the_whole(close):
    lines, is_good = close(python=counted(failed=1, error=1))
    assert (lines[-1], is_good) == ("FAILED: 2 tests failed, 11 passed.", False)


def test_a_part_without_a_report_fails_the_whole(close):
    lines, is_good = close(stack=None)
    assert (lines[-1], is_good) == (
        "FAILED: 0 tests failed, 8 passed. Not finished: worker, whole stack and browser.",
        False,
    )


def test_a_part_that_ended_with_an_error_fails_the_whole_whatever_it_counted(close):
    lines, is_good = close(has_failed=True)
    assert (lines[-1], is_good) == ("FAILED: 0 tests failed, 11 passed.", False)


def test_a_page_whose_files_do_not_load_fails_the_whole(close):
    assert not close(page=VITEST | {"numPassedTests": 0, "numFailedTestSuites": 1})[1]


def test_slow_tests_without_a_reason_are_listed_in_the_full_tier(close):
    report = PYTEST | {"left_out": 0, "slow": [["tests/x.py::test_long", 4.2, 3.9]]}
    assert any("test_long" in line for line in close("full", python=report)[0])
    assert not any("test_long" in line for line in close("gate", python=report)[0])
