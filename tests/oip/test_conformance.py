"""Our endpoints pass every required call of the Open Inference Protocol."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.oip.conformance import CHECKS, Server
from tests.oip.conftest import HEADERS
from tests.serving.plane import ROOT


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_required_call_with_columns_of_every_type(server, check):
    check(server)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_required_call_with_a_row_made_up_from_metadata(url, check):
    check(Server(f"{url}/line", "line", HEADERS))


def test_the_suite_runs_by_address_alone_and_counts(url):
    words = [f"{url}/line", "line", "--header", f"Authorization: {HEADERS['Authorization']}"]
    done = subprocess.run(
        [sys.executable, "-m", "tests.oip.conformance", *words], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (done.stdout, done.returncode) == (f"{len(CHECKS)} of {len(CHECKS)} required calls passed\n", 0)


def test_the_suite_fails_where_there_is_no_such_server(url):
    words = [f"{url}/nowhere", "nowhere"]
    done = subprocess.run(
        [sys.executable, "-m", "tests.oip.conformance", *words], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1


@pytest.mark.parametrize("path", ["v2", "v2/models/line", "v2/models/line/infer"])
def test_without_a_key_only_health_is_told(url, path):
    stranger = Server(f"{url}/line", "line")
    answer = stranger.call("POST" if path.endswith("infer") else "GET", path, b"{}" if path.endswith("infer") else b"")
    assert answer.status == 401
    assert set(answer.said) == {"error"}
    assert stranger.get("v2/health/ready").status == 200
