"""Keys name versions, and nothing that a sender wrote."""

from archive.keys import _Filling, new_versions, object_key


def test_a_batch_shares_one_folder_and_no_version():
    versions = new_versions(50)
    keys = {object_key(7, version) for version in versions}
    assert len(keys) == 50
    assert len({key.rpartition("/")[0] for key in keys}) == 1


def test_a_key_is_spelled_by_collection_and_version_alone():
    assert object_key(7, "abcdef") == "7/ab/cd/abcdef.dcm"
    assert object_key(7, "abcdef", "json.gzip") == "7/ab/cd/abcdef.json.gzip"


def test_batches_that_follow_share_the_folder_too_until_it_is_full(monkeypatch):
    monkeypatch.setattr("archive.keys._VERSIONS_A_FOLDER", 10)
    monkeypatch.setattr("archive.keys._filling", _Filling())
    folders = [new_versions(1)[0][:4] for _ in range(40)]
    assert all(len(set(folders[at : at + 10])) == 1 for at in range(0, 40, 10))
    assert len(set(folders)) > 1
