"""Keys name versions, and nothing that a sender wrote."""

from archive.keys import new_versions, object_key


def test_a_batch_shares_one_folder_and_no_version():
    versions = new_versions(50)
    keys = {object_key(7, version) for version in versions}
    assert len(keys) == 50
    assert len({key.rpartition("/")[0] for key in keys}) == 1


def test_a_key_is_spelled_by_collection_and_version_alone():
    assert object_key(7, "abcdef") == "7/ab/cd/abcdef.dcm"
    assert object_key(7, "abcdef", "json.gzip") == "7/ab/cd/abcdef.json.gzip"
