"""One installation for all tests of this folder."""

from __future__ import annotations

import pytest

from tests.worker.stack import Stack


@pytest.fixture(scope="session")
def stack(tmp_path_factory):
    made = Stack(tmp_path_factory.mktemp("stack") / "data")
    try:
        made.start_all()
        yield made
    finally:
        made.close()
