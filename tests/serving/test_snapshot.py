"""A list of endpoints with something unreadable in it: the rest is served."""

import json

import pytest

from tasks.inference.server.deployments.snapshot import BadSnapshot, Snapshot

KEY = {"id": "1", "hash": "ab" * 32}


def entry(slug, **changed):
    return {"slug": slug, "name": slug, "release": 1, "version": 1, "address": "a", "keys": [KEY]} | changed


def parse(*endpoints):
    return Snapshot.parse(json.dumps({"revision": 7, "endpoints": endpoints}).encode())


@pytest.mark.parametrize("bad", [None, {}, [], entry("b", release="x"), entry("b", keys=None), entry("b", canary=3)])
def test_an_endpoint_that_cannot_be_read_takes_no_other_with_it(bad):
    found = parse(entry("a"), bad, entry("c"))
    assert (found.revision, set(found.endpoints)) == (7, {"a", "c"})


@pytest.mark.parametrize("bad", [None, {}, {"hash": "no hash", "id": "2"}, KEY | {"hash": "cd" * 32, "per_day": "x"}])
def test_a_key_that_cannot_be_read_opens_nothing_and_the_others_do(bad):
    assert list(parse(entry("a", keys=[bad, KEY])).endpoints["a"].keys) == [bytes.fromhex(KEY["hash"])]


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b'{"revision": "x", "endpoints": []}'])
def test_what_is_no_list_of_endpoints_is_refused(content):
    with pytest.raises(BadSnapshot):
        Snapshot.parse(content)
