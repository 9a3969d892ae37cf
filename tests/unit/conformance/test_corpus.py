"""The runner's own instances."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from pydicom import dcmread
from pydicom.uid import UID

from conformance.corpus.corpus import corpus_of
from conformance.corpus.making import Made
from conformance.corpus.pixels import FRAMES, encoded, encoded_syntaxes, native_frames
from conformance.corpus.uids import uid_of

CORPUS = corpus_of("a test")


def test_the_same_seed_makes_the_same_files() -> None:
    corpus_of.cache_clear()
    again = corpus_of("a test")
    assert [one.part10 for one in again.instances] == [one.part10 for one in CORPUS.instances]


def test_another_seed_has_no_uid_in_common() -> None:
    other = corpus_of("another")
    mine, theirs = ({one.instance_uid for one in c.instances} for c in (CORPUS, other))
    assert not mine & theirs
    assert not CORPUS.studies().keys() & other.studies().keys()


def test_names_and_uids_are_unique() -> None:
    assert len({one.name for one in CORPUS.instances}) == len(CORPUS.instances)
    assert len({one.instance_uid for one in CORPUS.instances}) == len(CORPUS.instances)


def test_uids_are_those_of_uuids() -> None:
    for n in range(200):
        uid = UID(uid_of("a test", n))
        assert uid.is_valid
        number = int(uid.removeprefix("2.25."))
        assert number >> 76 & 0xF == 4
        assert number >> 62 & 3 == 2


@pytest.mark.parametrize("made", CORPUS.instances, ids=lambda made: made.name)
def test_every_file_can_be_read_and_says_what_it_is(made: Made) -> None:
    ds = dcmread(io.BytesIO(made.part10))
    assert ds.file_meta.TransferSyntaxUID == made.transfer_syntax
    assert ds.file_meta.MediaStorageSOPInstanceUID == made.instance_uid
    assert ds.StudyInstanceUID == made.study_uid


@pytest.mark.parametrize("kind", ["gray8", "gray12", "rgb"])
def test_encoded_frames_decode_to_their_native_twins(kind: str) -> None:
    native = native_frames(kind)
    for uid in encoded_syntaxes(kind):
        made = CORPUS.instance(f"{kind}-{uid.keyword}")
        ds = dcmread(io.BytesIO(made.part10))
        ds.convert_pixel_data() if not str(uid).startswith("1.2.840.10008.1.2.4.20") else None
        if not made.pixels or str(uid).startswith("1.2.840.10008.1.2.4.20"):
            continue
        found = np.asarray(ds.pixel_array)
        wanted = np.frombuffer(b"".join(native), "<u2" if kind == "gray12" else np.uint8)
        assert (found.reshape(-1) == wanted).all(), uid.name


def test_frames_differ_from_one_another() -> None:
    for kind in ("gray8", "gray12", "rgb"):
        assert len(set(native_frames(kind))) == FRAMES
        for uid in encoded_syntaxes(kind):
            assert len(set(encoded(kind, str(uid)).frames)) == FRAMES


def test_a_dump_holds_every_file(tmp_path: Path) -> None:
    paths = list(CORPUS.dump(tmp_path))
    assert len(paths) == len(CORPUS.instances)
    assert {p.read_bytes() for p in paths} == {one.part10 for one in CORPUS.instances}
