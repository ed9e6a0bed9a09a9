"""Endpoints whose packages lie in an S3-compatible store: loaded, answered, swapped, and a lost one said so."""

from __future__ import annotations

import pytest

from tasks.artifacts.store import Store
from tests.cluster import remote
from tests.serving.packages import line
from tests.serving.plane import Plane, RedisServer, wait_for

pytestmark = [pytest.mark.worker, pytest.mark.full]
ROW = {"size": 10, "rooms": 2}


@pytest.fixture
def plane(tmp_path, monkeypatch):
    """Return a serving process that finds nothing in its own folder."""
    with remote.object_store(tmp_path) as names, RedisServer(tmp_path) as redis_server:
        for name, value in names.items():
            monkeypatch.setenv(name, value)
        pytest.importorskip("s3fs").S3FileSystem.clear_instance_cache()  # it remembers the store of another test
        (tmp_path / "serving" / "tmp").mkdir(parents=True)
        with Plane(tmp_path / "serving", redis_server.url) as made:
            made.store = Store(names["LEPTON_ARTIFACTS_URL"])
            made.start(LEPTON_ARTIFACTS_URL=names["LEPTON_ARTIFACTS_URL"], TMPDIR=str(tmp_path / "serving" / "tmp"))
            yield made


def test_packages_are_loaded_from_the_object_store_and_swapped(plane):
    plane.serve(package=line(slope=2.0))
    plane.wait_for_release(1)
    assert plane.predict([ROW])[1]["predictions"] == [23.0]
    plane.serve(package=line(slope=3.0), release=2)
    plane.wait_for_release(2)
    assert plane.predict([ROW])[1]["predictions"] == [33.0]
    assert not (plane.folder / "artifacts").exists()


def test_a_package_that_is_not_in_the_object_store_leaves_the_former_one_in_place(plane):
    plane.serve(package=line(slope=2.0))
    plane.wait_for_release(1)
    plane.serve(address="0" * 64, release=2)
    wait_for("the failure", lambda: plane.report().get("failure"))
    assert plane.predict([ROW])[1]["predictions"] == [23.0]
