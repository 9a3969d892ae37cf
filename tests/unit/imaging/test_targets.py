"""What frames can be given in which transfer syntax, and why not."""

from dataclasses import replace

import pytest

from imaging.codecs import encoders
from imaging.pixels import FrameDescription, describe_frame
from imaging.targets import LOSSY, TARGETS, encodable, refusal, targets_of
from imaging.uids import transfer_syntax
from tests.builders import ct_data_set, part10
from tests.unit.imaging.headers import header_of

NATIVE = "1.2.840.10008.1.2.1"
CT = FrameDescription(NATIVE, 512, 512, 1, 16, 12, 1)
GRAY = FrameDescription(NATIVE, 64, 64, 1, 8, 8)
COLOUR = FrameDescription(NATIVE, 64, 64, 3, 8, 8, photometric_interpretation="RGB")


def short(description: FrameDescription) -> set[str]:
    return {uid.removeprefix("1.2.840.10008.1.2") for uid in targets_of(description)}


LOSSLESS = {".1", ".1.98", ".1.99", ".5", ".8.1", ".4.57", ".4.70", ".4.80", ".4.90", ".4.201",
            ".4.202"}  # fmt: skip


def test_a_signed_ct_has_every_lossless_syntax_but_jpeg_xl_and_the_lossy_ones_that_know_signs():
    assert short(CT) == LOSSLESS | {".4.81", ".4.91", ".4.203"}


def test_colour_has_all_but_the_12_bit_jpeg():
    lossy = {".4.50", ".4.81", ".4.91", ".4.203", ".4.112"}
    assert short(COLOUR) == LOSSLESS | lossy | {".4.110"}


def test_a_palette_never_goes_lossy():
    palette = replace(GRAY, photometric_interpretation="PALETTE COLOR")
    assert not {str(uid) for uid in targets_of(palette)} & {str(uid) for uid in LOSSY}
    assert short(palette) == LOSSLESS


def test_labels_and_doses_never_go_lossy():
    exact = replace(GRAY, exact=True)
    assert not set(targets_of(exact)) & LOSSY
    assert "labels" in (refusal(exact, "1.2.840.10008.1.2.4.50") or "")


@pytest.mark.parametrize("sop_class", ["66.4", "66.7", "481.2", "30"])
def test_the_sop_class_says_that_samples_are_exact(sop_class):
    ds = ct_data_set(SOPClassUID=f"1.2.840.10008.5.1.4.1.1.{sop_class}")
    assert describe_frame(header_of(part10(ds)).data_set, NATIVE).exact
    assert not describe_frame(header_of(part10(ct_data_set())).data_set, NATIVE).exact


def test_single_bits_go_where_the_standard_defines_them():
    bits = replace(GRAY, bits_allocated=1, bits_stored=1)
    assert short(bits) == {".1", ".1.98", ".1.99", ".5", ".8.1", ".4.90"}


def test_floats_stay_native():
    floats = replace(GRAY, bits_allocated=32, bits_stored=32, is_float=True)
    assert short(floats) == {".1", ".1.99"}


def test_a_stored_jpeg_can_be_packed_and_a_packed_one_taken_out():
    jpeg = replace(
        COLOUR,
        transfer_syntax_uid="1.2.840.10008.1.2.4.50",
        photometric_interpretation="YBR_FULL_422",
    )
    assert encodable(jpeg, "1.2.840.10008.1.2.4.111")
    assert not encodable(GRAY, "1.2.840.10008.1.2.4.111")


def test_what_is_stored_comes_first_even_when_nobody_can_decode_it():
    video = replace(GRAY, transfer_syntax_uid="1.2.840.10008.1.2.4.102")
    assert targets_of(video) == ("1.2.840.10008.1.2.4.102",)
    assert refusal(video, NATIVE) == "there is no decoder for the stored transfer syntax"
    stored = replace(GRAY, transfer_syntax_uid="1.2.840.10008.1.2.4.91")
    assert targets_of(stored)[0] == "1.2.840.10008.1.2.4.91"


@pytest.mark.parametrize("suffix", ["", ".2", ".4.94", ".4.100", ".4.53"])
def test_syntaxes_nobody_should_get_are_not_offered(suffix):
    assert refusal(CT, "1.2.840.10008.1.2" + suffix) == (
        "there is no encoder for this transfer syntax"
    )


def test_every_row_is_encoded_by_somebody_and_lossy_as_its_syntax_says():
    native = {NATIVE, "1.2.840.10008.1.2.1.99"}
    repacked = {"1.2.840.10008.1.2.4.111"}
    encoded = {*encoders.ENCODERS, *encoders._OF_BYTES}
    assert {str(row.uid) for row in TARGETS} == encoded | native | repacked
    for row in TARGETS:
        if str(row.uid) not in repacked:
            assert row.lossy is not transfer_syntax(row.uid).lossless
