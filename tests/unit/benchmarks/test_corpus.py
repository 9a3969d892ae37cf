"""The data that the suite makes."""

from __future__ import annotations

import io
from pathlib import Path

import pydicom
import pytest

from benchmarks.suite.command import SMALLEST
from benchmarks.suite.data import small
from benchmarks.suite.data.corpus import JPEG_LS, RAW, Corpus, corpus, digest
from benchmarks.suite.data.uids import next_number, renewed, renewed_uid


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    return corpus(tmp_path_factory.mktemp("data"), SMALLEST)


def test_two_machines_make_the_same_bytes(made: Corpus, tmp_path: Path):
    again = corpus(tmp_path, SMALLEST)
    assert [digest(one) for one in again.images()] == [digest(one) for one in made.images()]


def test_hashes_are_those_of_the_frames_that_a_reader_finds(made: Corpus):
    for one in [*made.ct, *made.mr, *made.multi]:
        ds = pydicom.dcmread(made.folder / one.file)
        syntax = ds.file_meta.TransferSyntaxUID
        assert syntax == (JPEG_LS if one in made.multi else RAW)
        assert (ds.StudyInstanceUID, ds.SOPInstanceUID) == (one.study, one.sop)
        pixels = ds.pixel_array.reshape(-1, ds.Rows, ds.Columns)
        assert [digest(frame.astype("<u2").tobytes()) for frame in pixels] == one.decoded


def test_renewed_instances_are_others_with_the_same_pixels(made: Corpus):
    number = next_number()
    old, new = (pydicom.dcmread(io.BytesIO(data)) for data in
                (made.to_store[0], renewed(made.to_store[0], number)))  # fmt: skip
    for keyword in ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID"):
        assert old[keyword].value != new[keyword].value
        assert renewed_uid(old[keyword].value, number) == new[keyword].value
    assert new.file_meta.MediaStorageSOPInstanceUID == new.SOPInstanceUID
    assert new.PixelData == old.PixelData


def test_small_studies_have_the_words_that_searches_are_held_to(made: Corpus):
    read = [pydicom.dcmread(io.BytesIO(data)) for data in made.small_instances()]
    assert len({ds.SOPInstanceUID for ds in read}) == len(read) == 4 * 50
    for ds, one in zip(read[:: small.SERIES * small.INSTANCES], made.studies, strict=True):
        told = (ds.StudyInstanceUID, ds.PatientName, ds.PatientID, ds.StudyDate)
        assert told == (one.study, one.name, one.patient_id, one.day)
    of_third = [ds for ds in read if ds.SeriesInstanceUID == made.studies[1].series]
    assert [ds.InstanceNumber for ds in of_third] == list(range(1, small.INSTANCES + 1))


def test_what_is_stored_meanwhile_is_found_by_no_search(made: Corpus):
    ds = pydicom.dcmread(io.BytesIO(made.tiny[0]))
    assert not ds.PatientID.startswith(small.PREFIX)
    assert ds.PatientName not in {one.name for one in made.studies}


def test_the_big_study_is_one_study(made: Corpus):
    read = [pydicom.dcmread(io.BytesIO(data)) for data in made.big_instances()]
    assert {ds.StudyInstanceUID for ds in read} == {made.big_study}
    assert len({ds.SOPInstanceUID for ds in read}) == SMALLEST.big
    assert len({ds.SeriesInstanceUID for ds in read}) == 4
