"""Copies of what lies elsewhere: fetched once, bounded, and never taken from under whoever reads one."""

from __future__ import annotations

import mmap
import os
import time

import pytest

from tasks import local_cache
from tasks.local_cache import LocalCache

SIZE = 1000


@pytest.fixture
def cache(tmp_path):
    return LocalCache(tmp_path / "cache", 3 * SIZE)


def get(cache, name, *, minutes_ago=60.0):
    path = cache.path(name, lambda part: part.write_bytes(name[-1:].encode() * SIZE))
    moment = time.time() - minutes_ago * 60
    os.utime(path, (moment, moment))
    return path


def there(cache):
    return {str(path.relative_to(cache.folder)) for path in cache.folder.rglob("*") if path.is_file()} - {".lock"}


def test_a_file_is_fetched_once(cache):
    fetches = []

    def fetch(part):
        fetches.append(part)
        part.write_bytes(b"content")

    assert cache.path("a/b", fetch).read_bytes() == b"content"
    assert cache.path("a/b", fetch).read_bytes() == b"content"
    assert len(fetches) == 1
    assert there(cache) == {"a/b"}


def test_those_not_used_for_longest_go_first_and_their_folders_with_them(cache):
    for minutes, name in enumerate(("a/1", "b/2", "c/3"), start=60):
        get(cache, name, minutes_ago=minutes)
    get(cache, "c/3", minutes_ago=30)  # used again
    get(cache, "d/4", minutes_ago=5)
    assert there(cache) == {"a/1", "c/3", "d/4"}
    assert not (cache.folder / "b").exists()


def test_what_was_used_a_moment_ago_stays_above_the_bound(cache):
    paths = [get(cache, f"a/{number}", minutes_ago=1) for number in range(6)]
    assert all(path.exists() for path in paths)
    assert cache.trim() == 0


def test_a_copy_that_a_reader_has_open_stays_readable_when_it_goes(cache):
    path = get(cache, "a/1")
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
        for name in ("b/2", "b/3", "b/4"):
            get(cache, name, minutes_ago=20)
        assert not path.exists()
        assert mapped[:] == b"1" * SIZE
    assert get(cache, "a/1").read_bytes() == b"1" * SIZE


def test_only_one_process_looks_through_the_folder_at_a_time(cache):
    get(cache, "a/1")
    with local_cache._lock(cache.folder) as has_lock:
        assert has_lock
        for name in ("b/2", "b/3", "b/4"):
            get(cache, name)
    assert len(there(cache)) == 4
    assert cache.trim() == SIZE


def test_a_fetch_that_fails_leaves_nothing(cache):
    def fail(part):
        part.write_bytes(b"half")
        raise FileNotFoundError

    with pytest.raises(FileNotFoundError):
        cache.path("a/1", fail)
    assert there(cache) == set()


def test_what_a_killed_process_left_half_fetched_goes(cache):
    get(cache, "a/1")
    left = cache.folder / ".part-left"
    left.write_bytes(b"half")
    os.utime(left, (0, 0))
    cache.trim()
    assert there(cache) == {"a/1"}


def test_without_a_bound_nothing_goes(tmp_path):
    cache = LocalCache(tmp_path / "cache", 0)
    for name in ("a/1", "a/2", "a/3", "a/4"):
        get(cache, name)
    assert len(there(cache)) == 4


def test_the_environment_names_the_limit_also_by_its_former_name(monkeypatch):
    monkeypatch.delenv(local_cache.VARIABLE, raising=False)
    monkeypatch.delenv(local_cache.FORMER_VARIABLE, raising=False)
    assert local_cache.limit_from_environment() == 10 * local_cache.GIGABYTE
    monkeypatch.setenv(local_cache.FORMER_VARIABLE, "4")
    assert local_cache.limit_from_environment() == 4 * local_cache.GIGABYTE
    monkeypatch.setenv(local_cache.VARIABLE, "3")
    assert local_cache.limit_from_environment() == 3 * local_cache.GIGABYTE
