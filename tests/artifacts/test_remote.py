"""In an object store nothing is locked, and yet who writes and who removes at that moment see each other."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import fsspec
import pytest

from tasks.artifacts import remote
from tasks.artifacts.remote import MARK, RemoteFolders

DIGEST = "ab" + "0" * 62
FILES = {"a.json": b"{}", "part/b.bin": b"12345", "manifest.json": b'{"files": {"a.json": "", "part/b.bin": ""}}'}
AN_HOUR = 3600.0


@pytest.fixture
def folders(tmp_path, monkeypatch):
    monkeypatch.setattr(remote.tempfile, "gettempdir", lambda: str(tmp_path))
    monkeypatch.setattr(remote, "SECONDS_BETWEEN_LOOKS", 0.01)
    filesystem = fsspec.filesystem("memory", skip_instance_cache=True)
    filesystem.store.clear()
    made = RemoteFolders(filesystem, "/kept")
    made.write(DIGEST, FILES)
    return made


def make_old(folders, *, hours=2.0, names=None):
    for path, file in folders.filesystem.store.items():
        if names is None or path.rpartition("/")[2] in names:
            file.created = datetime.now(UTC) - timedelta(hours=hours)


def once(folders, monkeypatch, name, work, *, about):
    """Have something happen behind the next call of one method of the filesystem that is about a certain file."""
    method, done = getattr(folders.filesystem, name), []

    def call(path, *given, **more):
        answer = method(path, *given, **more)
        if path.endswith(about) and not done:
            done.append(path)
            work()
        return answer

    monkeypatch.setattr(folders.filesystem, name, call)


def is_whole(folders):
    found = {place.removeprefix(f"/kept/ab/{DIGEST[2:]}/") for place in folders.filesystem.find("/kept")}
    return found == set(FILES)


def test_what_is_old_goes_with_everything_that_belongs_to_it(folders):
    assert not folders.delete_older(DIGEST, AN_HOUR)
    make_old(folders)
    assert folders.delete_older(DIGEST, AN_HOUR)
    assert folders.filesystem.find("/kept") == []
    assert not folders.delete_older(DIGEST, AN_HOUR)


def test_what_is_written_again_while_its_remover_sets_out_stays(folders, monkeypatch):
    make_old(folders)
    once(folders, monkeypatch, "pipe_file", lambda: pretend_to_write(folders), about=MARK)
    assert not folders.delete_older(DIGEST, AN_HOUR)
    assert is_whole(folders)


def pretend_to_write(folders):
    """Do what another writer did so far that has not looked for the mark yet."""
    folders.filesystem.store[f"/kept/ab/{DIGEST[2:]}/manifest.json"].created = datetime.now(UTC)


def test_what_is_removed_while_it_is_counted_as_new_is_written_again(folders, monkeypatch):
    make_old(folders)
    removed = []
    once(
        folders,
        monkeypatch,
        "cat_file",
        lambda: removed.append(folders.delete_older(DIGEST, AN_HOUR)),
        about="manifest.json",
    )
    folders.write(DIGEST, FILES)
    assert removed == [True]
    assert is_whole(folders)


def test_a_writer_waits_for_the_remover_it_meets(folders, monkeypatch):
    mark, looks = f"/kept/ab/{DIGEST[2:]}/{MARK}", []
    folders.filesystem.pipe_file(mark, b"-")

    def go_on(_):
        looks.append(1)
        for path in list(folders.filesystem.store):
            folders.filesystem.rm_file(path)

    monkeypatch.setattr(remote.time, "sleep", go_on)
    folders.write(DIGEST, FILES)
    assert looks == [1]
    assert is_whole(folders)


def test_the_mark_of_a_remover_that_died_stops_nobody(folders):
    folders.filesystem.pipe_file(f"/kept/ab/{DIGEST[2:]}/{MARK}", b"-")
    make_old(folders, names={MARK})
    assert folders.renew(DIGEST)
    assert is_whole(folders)


def test_what_a_cut_off_write_left_is_listed_and_goes_when_it_is_old(folders):
    folders.filesystem.rm_file(f"/kept/ab/{DIGEST[2:]}/manifest.json")
    folders.filesystem.pipe_file("/kept/uploads/file.csv", b"1")
    folders.filesystem.pipe_file("/kept/checkpoints/run/node/0", b"1")
    kept = folders.scan()
    assert list(kept) == [DIGEST]
    assert (kept[DIGEST].bytes, kept[DIGEST].is_complete) == (7, False)
    assert kept[DIGEST].renewed_at > time.time() - AN_HOUR
    assert not folders.delete_older(DIGEST, AN_HOUR)
    make_old(folders, names={"a.json"})
    assert not folders.delete_older(DIGEST, AN_HOUR)  # its youngest file tells
    make_old(folders)
    assert folders.delete_older(DIGEST, AN_HOUR)
    assert folders.scan() == {}


def test_a_damaged_manifest_is_written_anew(folders):
    folders.filesystem.pipe_file(f"/kept/ab/{DIGEST[2:]}/manifest.json", b"{")
    folders.write(DIGEST, FILES)
    assert folders.read(DIGEST, "manifest.json") == FILES["manifest.json"]


def test_who_does_not_wait_for_a_remover_learns_that_the_artifact_is_not_there(folders):
    folders.filesystem.pipe_file(f"/kept/ab/{DIGEST[2:]}/{MARK}", b"-")
    assert folders.renew(DIGEST, waits=False) is False
    folders.filesystem.rm_file(f"/kept/ab/{DIGEST[2:]}/{MARK}")
    assert folders.renew(DIGEST, waits=False) is True


def test_a_store_that_does_not_answer_is_not_one_without_the_artifact(folders, monkeypatch):
    def silent(*_, **__):
        raise TimeoutError("no answer")

    monkeypatch.setattr(folders.filesystem, "info", silent)
    with pytest.raises(TimeoutError):
        folders.has(DIGEST)
