"""Collections: two are always there, hidden ones never."""

import pytest

from archive.collections import (
    collection_by_ae_title,
    create_collection,
    get_collection,
    list_collections,
    quarantine_of,
)
from archive.errors import ArchiveError, NotFound


def test_two_collections_are_always_there(archive):
    found = [(one.name, one.ae_title, one.root_path) for one in list_collections(archive)]
    assert found == [
        ("archive", "DICOMTUBE", "/dicom-web"),
        ("community", "DICOMTUBE_DEID", "/community/dicom-web"),
    ]


def test_a_new_collection_is_found_by_name_and_by_title(archive):
    made = create_collection(archive, "research", "RESEARCH", "replace")
    assert get_collection(archive, "research") == made
    assert collection_by_ae_title(archive, " RESEARCH ") == made
    assert made.root_path == "/collections/research/dicom-web"


def test_a_collection_that_deidentifies_has_a_quarantine_that_nobody_finds(archive):
    made = create_collection(archive, "public", "PUBLIC", ingest="deidentify")
    hidden = quarantine_of(archive, made)
    assert hidden.hidden
    assert hidden.name not in [one.name for one in list_collections(archive)]
    with pytest.raises(NotFound):
        get_collection(archive, hidden.name)


@pytest.mark.parametrize("name", ["nowhere", "", "../archive", "archive\0", "Archive"])
def test_an_unknown_name_is_not_found(archive, name):
    with pytest.raises(NotFound):
        get_collection(archive, name)
    with pytest.raises(NotFound):
        collection_by_ae_title(archive, name)


@pytest.mark.parametrize(
    "values",
    [
        {"name": "archive"},
        {"name": "other", "ae_title": "DICOMTUBE"},
        {"name": "UPPER"},
        {"name": "a/b"},
        {"name": "x.quarantine"},
        {"name": "x", "ae_title": "SEVENTEEN_LETTERS"},
        {"name": "x", "duplicate_rule": "ask"},
        {"name": "x", "ingest": "maybe"},
    ],
)
def test_what_cannot_be_a_collection_is_refused(archive, values):
    with pytest.raises(ArchiveError):
        create_collection(archive, **values)
    assert len(list_collections(archive)) == 2
