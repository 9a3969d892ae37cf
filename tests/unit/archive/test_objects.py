"""Both object stores keep the same promises; the one on S3 is a real server."""

import errno
import os
import threading
import time
from pathlib import Path

import pytest

from archive.errors import ArchiveError, ObjectMissing, StoreUnavailable
from archive.object_stores import open_store
from archive.objects import Range
from archive.settings import Settings

KEY = "1/aa/bb/aabb00.dcm"


@pytest.fixture
def store(objects_environment, tmp_path, monkeypatch):
    for name, value in objects_environment.items():
        monkeypatch.setenv(name, value)
    settings = Settings.from_environment({**os.environ, "DICOMTUBE_HOME": str(tmp_path)})
    return open_store(settings.objects_url, settings)


def spooled(store, data):
    file = store.spool()
    file.write(data)
    return file


def test_adopted_bytes_come_back_whole_by_range_and_by_stream(store):
    data = bytes(range(256)) * 5000
    with spooled(store, data) as file:
        store.adopt([(file, KEY)])
    assert store.size(KEY) == len(data)
    assert store.read(KEY, 100, 300) == data[100:400]
    assert store.read(KEY, len(data) - 3, 100) == data[-3:]
    assert b"".join(store.stream(KEY, chunk=100_000)) == data
    assert b"".join(store.stream(KEY, 7, 250_000, chunk=100_000)) == data[7:250_007]
    assert max(map(len, store.stream(KEY, chunk=100_000))) <= 100_000


def test_an_opened_object_seeks_and_reads_like_a_file(store):
    store.put(KEY, b"0123456789" * 100)
    with store.open(KEY) as stream:
        assert stream.seek(-10, os.SEEK_END) == 990
        assert stream.read() == b"0123456789"
        stream.seek(5)
        assert stream.read(3) == b"567"


def test_a_batch_is_kept_under_all_its_keys(store):
    files = [spooled(store, b"%d" % number) for number in range(20)]
    keys = [f"1/aa/bb/{number:04}.dcm" for number in range(20)]
    store.adopt(list(zip(files, keys, strict=True)))
    assert sorted(store.keys()) == keys
    assert [store.read(key, 0, 10) for key in keys] == [b"%d" % n for n in range(20)]
    assert not any(file.path.exists() for file in files)


@pytest.mark.parametrize("count", [0, 1, 2, 9])
def test_several_ranges_come_in_the_order_that_was_asked(store, count):
    keys = [f"1/aa/bb/{number}.dcm" for number in range(count)]
    for number, key in enumerate(keys):
        store.put(key, bytes([number]) * 10 + b"end")
    ranges = [Range(key, 9, 3) for key in reversed(keys)]
    assert store.read_all(ranges) == [bytes([n]) + b"en" for n in reversed(range(count))]
    with pytest.raises(ObjectMissing):
        store.read_all([*ranges, Range("1/aa/bb/none.dcm", 0, 1)])


def test_keys_are_listed_by_prefix(store):
    for key in ("1/aa/bb/x.dcm", "1/aa/cc/y.dcm", "2/aa/bb/z.dcm"):
        store.put(key, b"x")
    assert sorted(store.keys("1/aa/")) == ["1/aa/bb/x.dcm", "1/aa/cc/y.dcm"]
    assert list(store.keys("2")) == ["2/aa/bb/z.dcm"]


def test_what_is_missing_is_missing_at_once(store):
    for ask in (store.size, store.open, store.stream, lambda key: store.read(key, 0, 1)):
        with pytest.raises(ObjectMissing):
            ask(KEY)
    store.delete(KEY)


def test_a_deleted_object_is_missing(store):
    store.put(KEY, b"x")
    store.delete(KEY)
    with pytest.raises(ObjectMissing):
        store.read(KEY, 0, 1)


@pytest.mark.parametrize("key", ["../x", "/etc/passwd", "1/../../x", "a", "1/aa/.x", "1//x", ""])
def test_a_key_never_leads_out_of_the_store(store, key):
    with pytest.raises(ArchiveError):
        store.read(key, 0, 1)


def test_a_spool_file_that_nobody_adopted_leaves_nothing(store):
    with spooled(store, b"x") as file:
        pass
    assert not file.path.exists()
    assert list(store.keys()) == []


def test_a_spool_file_that_a_full_disk_refuses_is_removed_all_the_same(store):
    file = spooled(store, b"x")
    file._file.close()
    file._file = os.fdopen(os.open("/dev/full", os.O_WRONLY), "wb")
    file.write(b"still in the buffer")
    file.discard()
    assert not file.path.exists()


def test_the_sweep_removes_stale_spool_files_and_leaves_young_ones(store):
    old, young = spooled(store, b"old"), spooled(store, b"young")
    old.close()
    os.utime(old.path, (time.time() - 7200,) * 2)
    assert store.sweep_spool(3600) == 1
    assert not old.path.exists()
    assert young.path.exists()


def test_many_threads_adopt_at_once(store):
    def push(thread):
        for number in range(5):
            with spooled(store, b"x" * 1000) as file:
                store.adopt([(file, f"1/aa/{thread:02}/{number}.dcm")])

    threads = [threading.Thread(target=push, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(list(store.keys())) == 20


def test_a_store_says_whether_it_is_ready(store):
    store.check()


def test_a_bucket_that_cannot_be_reached_is_unavailable_and_not_missing(tmp_path, monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "x")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    monkeypatch.setattr("archive.s3_objects._RETRIES", {"max_retries": 0})
    environ = {
        "DICOMTUBE_HOME": str(tmp_path),
        "DICOMTUBE_OBJECTS_URL": "s3://bucket/x",
        "DICOMTUBE_S3_ENDPOINT": "http://127.0.0.1:9",
    }
    settings = Settings.from_environment(environ)
    with pytest.raises(StoreUnavailable):
        open_store(settings.objects_url, settings).read(KEY, 0, 1)


def adopted_events(tmp_path, monkeypatch, *, again=False):
    """What `adopt` does with files and folders, in order."""
    events = []
    fsync, rename = os.fsync, os.rename

    def note_fsync(descriptor):
        events.append(("fsync", Path(f"/proc/self/fd/{descriptor}").readlink()))
        fsync(descriptor)

    def note_rename(source, target):
        events.append(("rename", Path(target)))
        rename(source, target)

    settings = Settings.from_environment({"DICOMTUBE_HOME": str(tmp_path)})
    store = open_store(settings.objects_url, settings)
    if again:
        store.put(KEY, b"before")
    file = spooled(store, b"x")
    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", note_fsync)
        patched.setattr(os, "rename", note_rename)
        store.adopt([(file, KEY)])
    return file.path, tmp_path / "objects/objects" / KEY, events


def test_bytes_names_and_folders_are_forced_to_disk_before_adopt_returns(tmp_path, monkeypatch):
    _, target, events = adopted_events(tmp_path, monkeypatch)
    at = events.index(("rename", target))
    assert set(events[at + 1 :]) == {("fsync", target), ("fsync", target.parent)}
    assert ("fsync", target.parent.parent) in events[:at]


def test_bytes_are_on_the_disk_before_they_take_the_place_of_others(tmp_path, monkeypatch):
    """Else a power cut leaves a key that was whole with half of what was to replace it."""
    path, target, events = adopted_events(tmp_path, monkeypatch, again=True)
    assert events.index(("fsync", path)) < events.index(("rename", target))


def test_names_are_gone_from_the_disk_before_delete_returns(tmp_path, monkeypatch):
    """Else a power cut brings back what was erased, and no row knows of it any more."""
    events = []
    fsync = os.fsync

    def note_fsync(descriptor):
        folder = Path(f"/proc/self/fd/{descriptor}").readlink()
        events.append((str(folder), sorted(path.name for path in folder.iterdir())))
        fsync(descriptor)

    settings = Settings.from_environment({"DICOMTUBE_HOME": str(tmp_path)})
    store = open_store(settings.objects_url, settings)
    other = KEY.replace("aabb00", "aabb01")
    for key in (KEY, other):
        store.put(key, b"x")
    monkeypatch.setattr(os, "fsync", note_fsync)
    store.delete(KEY, other, "1/cc/dd/ccdd00.dcm")
    assert events == [(str(tmp_path / "objects/objects/1/aa/bb"), [])]


def test_a_folder_that_cannot_be_written_is_unavailable_and_not_an_error_of_ours(
    tmp_path, monkeypatch
):
    def refuse(*_, **__):
        raise OSError(errno.EROFS, "read-only")

    settings = Settings.from_environment({"DICOMTUBE_HOME": str(tmp_path)})
    store = open_store(settings.objects_url, settings)
    store.put(KEY, b"x")
    monkeypatch.setattr(Path, "unlink", refuse)
    with pytest.raises(StoreUnavailable):
        store.delete(KEY)
