"""Copies of what lies elsewhere: fetched once, bounded, and never taken from under whoever reads one."""

from __future__ import annotations

import mmap
import os
import time

import pytest

from tasks import fetched
from tasks.fetched import Fetched

SIZE = 1000


@pytest.fixture
def copies(tmp_path):
    return Fetched(tmp_path / "copies", 3 * SIZE)


def get(copies, name, *, minutes_ago=60.0):
    path = copies.path(name, lambda part: part.write_bytes(name[-1:].encode() * SIZE))
    moment = time.time() - minutes_ago * 60
    os.utime(path, (moment, moment))
    return path


def there(copies):
    return {str(path.relative_to(copies.folder)) for path in copies.folder.rglob("*") if path.is_file()} - {".lock"}


def test_a_file_is_fetched_once(copies):
    fetches = []

    def fetch(part):
        fetches.append(part)
        part.write_bytes(b"content")

    assert copies.path("a/b", fetch).read_bytes() == b"content"
    assert copies.path("a/b", fetch).read_bytes() == b"content"
    assert len(fetches) == 1
    assert there(copies) == {"a/b"}


def test_those_not_used_for_longest_go_first_and_their_folders_with_them(copies):
    for minutes, name in enumerate(("a/1", "b/2", "c/3"), start=60):
        get(copies, name, minutes_ago=minutes)
    get(copies, "c/3", minutes_ago=30)  # used again
    get(copies, "d/4", minutes_ago=5)
    assert there(copies) == {"a/1", "c/3", "d/4"}
    assert not (copies.folder / "b").exists()


def test_what_was_used_a_moment_ago_stays_above_the_bound(copies):
    paths = [get(copies, f"a/{number}", minutes_ago=1) for number in range(6)]
    assert all(path.exists() for path in paths)
    assert copies.trim() == 0


def test_a_copy_that_a_reader_has_open_stays_readable_when_it_goes(copies):
    path = get(copies, "a/1")
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
        for name in ("b/2", "b/3", "b/4"):
            get(copies, name, minutes_ago=20)
        assert not path.exists()
        assert mapped[:] == b"1" * SIZE
    assert get(copies, "a/1").read_bytes() == b"1" * SIZE


def test_only_one_process_looks_through_the_folder_at_a_time(copies):
    get(copies, "a/1")
    with fetched._alone(copies.folder) as is_first:
        assert is_first
        for name in ("b/2", "b/3", "b/4"):
            get(copies, name)
    assert len(there(copies)) == 4
    assert copies.trim() == SIZE


def test_a_fetch_that_fails_leaves_nothing(copies):
    def fail(part):
        part.write_bytes(b"half")
        raise FileNotFoundError

    with pytest.raises(FileNotFoundError):
        copies.path("a/1", fail)
    assert there(copies) == set()


def test_what_a_killed_process_left_half_fetched_goes(copies):
    get(copies, "a/1")
    left = copies.folder / ".part-left"
    left.write_bytes(b"half")
    os.utime(left, (0, 0))
    copies.trim()
    assert there(copies) == {"a/1"}


def test_without_a_bound_nothing_goes(tmp_path):
    copies = Fetched(tmp_path / "copies", 0)
    for name in ("a/1", "a/2", "a/3", "a/4"):
        get(copies, name)
    assert len(there(copies)) == 4


def test_the_environment_names_the_bound(monkeypatch):
    monkeypatch.delenv(fetched.VARIABLE, raising=False)
    assert fetched.limit_from_environment() == 10 * fetched.GIGABYTE
    monkeypatch.setenv(fetched.VARIABLE, "3")
    assert fetched.limit_from_environment() == 3 * fetched.GIGABYTE
