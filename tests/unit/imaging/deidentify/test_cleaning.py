"""One instance from end to end, as far as no other module has a test of it."""

from __future__ import annotations

import io

from archive.policies import DEFAULT_PROFILE
from imaging.deidentify.cleaning import Work, check_finished, clean, gather
from imaging.deidentify.engine import Plan
from imaging.deidentify.secrets import KEY_BYTES, Secret
from imaging.part10 import read_header
from imaging.write import part10_prefix
from tests.builders import bare, ct_data_set, ct_image

PLAN = Plan(DEFAULT_PROFILE, Secret("test", b"k" * KEY_BYTES), "community")


def cleaned(data: bytes) -> bytes:
    known = gather(read_header(io.BytesIO(data)), PLAN)
    finished = io.BytesIO()
    made = clean(io.BytesIO(data), Work(PLAN), known, finished.write)
    assert made.evidence, made.review
    check_finished(finished, known)
    return finished.getvalue()


def test_file_meta_information_of_ours_is_no_leak() -> None:
    ds = ct_data_set(PatientName="Doe^Jane")
    syntax = "1.2.840.10008.1.2.1"
    prefix = part10_prefix(ds.SOPClassUID, ds.SOPInstanceUID, syntax, "SCANNER")
    assert b"SCANNER" not in cleaned(prefix + bare(ds))


def test_what_was_published_can_be_sent_again() -> None:
    assert cleaned(cleaned(ct_image(PatientName="Doe^Jane")))
