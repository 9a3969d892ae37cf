"""Every Accept that viewers send, against every way a thing can be stored."""

import contextlib
import dataclasses
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dicomweb.negotiation import (
    TABLE,
    Coding,
    NotAcceptable,
    Representation,
    Resource,
    Stored,
    choose,
    media_types_of,
)
from dicomweb.rendering.kinds import RENDERED_TYPES

IMPLICIT = "1.2.840.10008.1.2"
EXPLICIT = "1.2.840.10008.1.2.1"
DEFLATED = "1.2.840.10008.1.2.1.99"
BIG_ENDIAN = "1.2.840.10008.1.2.2"
JPEG_BASELINE = "1.2.840.10008.1.2.4.50"
JPEG_PROCESS_14 = "1.2.840.10008.1.2.4.57"
JPEG_LOSSLESS = "1.2.840.10008.1.2.4.70"
JPEG_LS = "1.2.840.10008.1.2.4.80"
JPEG_LS_NEAR = "1.2.840.10008.1.2.4.81"
JPEG_2000 = "1.2.840.10008.1.2.4.90"
MPEG4 = "1.2.840.10008.1.2.4.102"
PRIVATE = "1.2.3.4"

NATIVE = Stored(EXPLICIT)
COMPRESSED = Stored(JPEG_LS, decodable=True)
OPAQUE = Stored(JPEG_LS, decodable=False)

DICOM = "application/dicom"
OCTETS = "application/octet-stream"
PARTS_OF_DICOM = 'multipart/related; type="application/dicom"'
OHIF_FRAMES = "multipart/related; type=application/octet-stream; transfer-syntax=*"

AS_STORED, MADE_EXPLICIT = Coding.AS_STORED, Coding.EXPLICIT_LITTLE_ENDIAN


@pytest.mark.parametrize("resource", [Resource.STUDY, Resource.SERIES, Resource.INSTANCE])
@pytest.mark.parametrize(
    ("accept", "uid", "decodable", "coding", "label"),
    [
        (PARTS_OF_DICOM, EXPLICIT, False, AS_STORED, EXPLICIT),
        (PARTS_OF_DICOM, IMPLICIT, False, MADE_EXPLICIT, EXPLICIT),
        (PARTS_OF_DICOM, BIG_ENDIAN, False, MADE_EXPLICIT, EXPLICIT),
        (PARTS_OF_DICOM, DEFLATED, False, MADE_EXPLICIT, EXPLICIT),
        (PARTS_OF_DICOM, JPEG_LS, True, MADE_EXPLICIT, EXPLICIT),
        (PARTS_OF_DICOM, JPEG_LS, False, AS_STORED, JPEG_LS),
        (PARTS_OF_DICOM, MPEG4, False, AS_STORED, MPEG4),
        (PARTS_OF_DICOM, PRIVATE, False, AS_STORED, PRIVATE),
        (f"{PARTS_OF_DICOM}; transfer-syntax=*", IMPLICIT, False, AS_STORED, IMPLICIT),
        (f"{PARTS_OF_DICOM}; transfer-syntax=*", BIG_ENDIAN, False, AS_STORED, BIG_ENDIAN),
        (f"{PARTS_OF_DICOM}; transfer-syntax=*", JPEG_LS, True, AS_STORED, JPEG_LS),
        (f"{PARTS_OF_DICOM}; transfer-syntax={JPEG_LS}", JPEG_LS, True, AS_STORED, JPEG_LS),
        (f"{PARTS_OF_DICOM}; transfer-syntax={DEFLATED}", DEFLATED, False, AS_STORED, DEFLATED),
        (
            PARTS_OF_DICOM + f"; transfer-syntax={EXPLICIT}",
            IMPLICIT,
            False,
            MADE_EXPLICIT,
            EXPLICIT,
        ),
        (f"{PARTS_OF_DICOM}; transfer-syntax={EXPLICIT}", JPEG_LS, True, MADE_EXPLICIT, EXPLICIT),
        ("*/*", JPEG_LS, True, MADE_EXPLICIT, EXPLICIT),
        ('multipart/related; type="*/*"', EXPLICIT, False, AS_STORED, EXPLICIT),
        (None, IMPLICIT, False, MADE_EXPLICIT, EXPLICIT),
        ("  ", EXPLICIT, False, AS_STORED, EXPLICIT),
    ],
)
def test_instances_come_as_stored_or_as_explicit_little_endian(
    resource: Resource, accept: str | None, uid: str, decodable: bool, coding: Coding, label: str
) -> None:
    given = choose(resource, accept, None, Stored(uid, decodable))
    assert given == Representation(DICOM, True, coding, label)
    assert given.content_type == f"application/dicom; transfer-syntax={label}"


@pytest.mark.parametrize("uid", [IMPLICIT, BIG_ENDIAN])
def test_implicit_vr_and_big_endian_are_never_sent_by_name(uid: str) -> None:
    with pytest.raises(NotAcceptable) as refusal:
        choose(Resource.INSTANCE, f"{DICOM}; transfer-syntax={uid}", None, Stored(uid))
    assert f"{PARTS_OF_DICOM}; transfer-syntax={EXPLICIT}" in refusal.value.available


def test_a_syntax_that_would_need_encoding_is_refused_with_what_can_be_had() -> None:
    with pytest.raises(NotAcceptable) as refusal:
        choose(Resource.SERIES, f"{PARTS_OF_DICOM}; transfer-syntax={JPEG_2000}", None, COMPRESSED)
    assert refusal.value.available == (
        f"{PARTS_OF_DICOM}; transfer-syntax={JPEG_LS}",
        f"{PARTS_OF_DICOM}; transfer-syntax={EXPLICIT}",
        'multipart/related; type="application/octet-stream"',
        f"application/zip; transfer-syntax={JPEG_LS}",
        f"application/zip; transfer-syntax={EXPLICIT}",
    )
    assert JPEG_LS in str(refusal.value)


def test_decoding_that_is_named_and_impossible_is_refused() -> None:
    with pytest.raises(NotAcceptable):
        choose(Resource.SERIES, f"{PARTS_OF_DICOM}; transfer-syntax={EXPLICIT}", None, OPAQUE)


@pytest.mark.parametrize("resource", [Resource.STUDY, Resource.SERIES])
def test_a_single_part_cannot_hold_many_instances(resource: Resource) -> None:
    with pytest.raises(NotAcceptable):
        choose(resource, DICOM, None, NATIVE)


def test_a_single_part_can_hold_one_instance() -> None:
    given = choose(Resource.INSTANCE, f"{DICOM}; transfer-syntax=*", None, COMPRESSED)
    assert given == Representation(DICOM, False, AS_STORED, JPEG_LS)


@pytest.mark.parametrize(
    ("accept", "stored", "media_type", "coding", "label"),
    [
        (OHIF_FRAMES, COMPRESSED, OCTETS, AS_STORED, JPEG_LS),
        (OHIF_FRAMES, OPAQUE, OCTETS, AS_STORED, JPEG_LS),
        (OHIF_FRAMES, NATIVE, OCTETS, AS_STORED, EXPLICIT),
        (OHIF_FRAMES, Stored(IMPLICIT), OCTETS, AS_STORED, EXPLICIT),
        (OHIF_FRAMES, Stored(DEFLATED), OCTETS, AS_STORED, EXPLICIT),
        (OHIF_FRAMES, Stored(BIG_ENDIAN), OCTETS, MADE_EXPLICIT, EXPLICIT),
        (OHIF_FRAMES, Stored(PRIVATE), OCTETS, AS_STORED, PRIVATE),
        ('multipart/related; type="*/*"', COMPRESSED, OCTETS, MADE_EXPLICIT, EXPLICIT),
        ('multipart/related; type="*/*"', OPAQUE, "image/jls", AS_STORED, JPEG_LS),
        (
            'multipart/related; type="*/*"; transfer-syntax=*',
            COMPRESSED,
            "image/jls",
            AS_STORED,
            JPEG_LS,
        ),
        (
            "multipart/related; type=application/octet-stream",
            COMPRESSED,
            OCTETS,
            MADE_EXPLICIT,
            EXPLICIT,
        ),
        ("multipart/related; type=application/octet-stream", OPAQUE, OCTETS, AS_STORED, JPEG_LS),
        ("multipart/related; type=image/jls", COMPRESSED, "image/jls", AS_STORED, JPEG_LS),
        ("multipart/related; type=image/x-jls", COMPRESSED, "image/jls", AS_STORED, JPEG_LS),
        (
            "multipart/related; type=image/jls",
            Stored(JPEG_LS_NEAR, True),
            "image/jls",
            AS_STORED,
            JPEG_LS_NEAR,
        ),
        (
            f"multipart/related; type=image/jls; transfer-syntax={JPEG_LS}",
            COMPRESSED,
            "image/jls",
            AS_STORED,
            JPEG_LS,
        ),
        (
            "multipart/related; type=application/octet-stream, multipart/related; type=image/jls,"
            "multipart/related; type=image/jp2",
            COMPRESSED,
            "image/jls",
            AS_STORED,
            JPEG_LS,
        ),
        (
            "multipart/related; type=application/octet-stream, "
            "multipart/related; type=image/jls; q=0.5",
            COMPRESSED,
            OCTETS,
            MADE_EXPLICIT,
            EXPLICIT,
        ),
        ("*/*", COMPRESSED, OCTETS, MADE_EXPLICIT, EXPLICIT),
    ],
)
def test_frames_come_in_the_syntax_that_was_asked_for(
    accept: str, stored: Stored, media_type: str, coding: Coding, label: str
) -> None:
    assert choose(Resource.FRAMES, accept, None, stored) == Representation(
        media_type, True, coding, label
    )


@pytest.mark.parametrize(
    "accept",
    [
        "image/jp2",
        "multipart/related; type=image/jp2",
        f"multipart/related; type=application/octet-stream; transfer-syntax={JPEG_2000}",
        "application/dicom",
        "*/*;q=0",
        "nonsense",
        "application/zip",
    ],
)
def test_frames_in_anything_else_are_refused(accept: str) -> None:
    with pytest.raises(NotAcceptable):
        choose(Resource.FRAMES, accept, None, COMPRESSED)


def test_one_frame_fits_a_single_part_and_several_do_not() -> None:
    given = choose(Resource.FRAMES, f"{OCTETS}; transfer-syntax=*", None, COMPRESSED)
    assert given == Representation(OCTETS, False, AS_STORED, JPEG_LS)
    several = Stored(JPEG_LS, True, several=True)
    with pytest.raises(NotAcceptable):
        choose(Resource.FRAMES, f"{OCTETS}; transfer-syntax=*", None, several)


def test_a_quality_of_zero_rules_an_answer_out() -> None:
    accept = "*/*; transfer-syntax=*, multipart/related; type=image/jls; q=0"
    given = choose(Resource.FRAMES, accept, None, COMPRESSED)
    assert given.media_type == OCTETS


@pytest.mark.parametrize("resource", [Resource.METADATA, Resource.SEARCH])
@pytest.mark.parametrize(
    ("accept", "media_type", "multipart"),
    [
        (None, "application/dicom+json", False),
        ("*/*", "application/dicom+json", False),
        ("application/dicom+json", "application/dicom+json", False),
        ("application/dicom+json, application/json", "application/dicom+json", False),
        ("application/json", "application/json", False),
        ("application/*", "application/dicom+json", False),
        ('multipart/related; type="application/dicom+xml"', "application/dicom+xml", True),
        ("multipart/related; type=application/dicom+xml, */*;q=0.1", "application/dicom+xml", True),
        (
            "application/dicom+json, multipart/related; type=application/octet-stream",
            "application/dicom+json",
            False,
        ),
    ],
)
def test_documents_come_as_json_unless_xml_is_asked_for(
    resource: Resource, accept: str | None, media_type: str, multipart: bool
) -> None:
    given = choose(resource, accept)
    assert (given.media_type, given.multipart) == (media_type, multipart)
    assert given.coding is (Coding.XML if "xml" in media_type else Coding.JSON)


@pytest.mark.parametrize("accept", ["text/html", "application/dicom+xml", "image/png", ";;"])
def test_documents_in_other_types_are_refused_with_the_list(accept: str) -> None:
    with pytest.raises(NotAcceptable) as refusal:
        choose(Resource.METADATA, accept)
    assert refusal.value.available == (
        "application/dicom+json",
        "application/json",
        'multipart/related; type="application/dicom+xml"',
        "application/zip",
    )


def test_the_accept_parameter_goes_before_the_header() -> None:
    xml = 'multipart/related; type="application/dicom+xml"'
    assert choose(Resource.SEARCH, "application/dicom+json", xml).coding is Coding.XML
    assert choose(Resource.SEARCH, "*/*", "application/dicom json").coding is Coding.JSON
    assert choose(Resource.SEARCH, "application/dicom+json", "image/png").coding is Coding.JSON


@pytest.mark.parametrize(
    ("accept", "media_type", "multipart"),
    [
        (
            'multipart/related; type="application/pdf", '
            'multipart/related; type="application/octet-stream"',
            "application/pdf",
            True,
        ),
        ('multipart/related; type="application/octet-stream"', OCTETS, True),
        (OHIF_FRAMES, OCTETS, True),
        ("application/pdf", "application/pdf", False),
        (OCTETS, OCTETS, False),
        ("*/*", "application/pdf", True),
        ('multipart/related; type="*/*"', "application/pdf", True),
    ],
)
def test_a_document_inside_an_instance_comes_as_itself_or_as_octets(
    accept: str, media_type: str, multipart: bool
) -> None:
    given = choose(Resource.BULKDATA, accept, None, Stored(media_type="application/pdf"))
    assert (given.media_type, given.multipart) == (media_type, multipart)


def test_big_endian_bulk_values_are_swapped_before_they_are_sent() -> None:
    given = choose(Resource.BULKDATA, "*/*", None, Stored(BIG_ENDIAN))
    assert given == Representation(OCTETS, True, MADE_EXPLICIT, EXPLICIT)


@pytest.mark.parametrize(
    ("accept", "coding"),
    [("*/*", Coding.JSON), ("application/dicom+xml", Coding.XML), ("text/html", Coding.JSON)],
)
def test_the_answer_to_a_store_is_never_refused(accept: str, coding: Coding) -> None:
    assert choose(Resource.STORE_RESPONSE, accept).coding is coding


PICTURE = Stored(renderings=("image/jpeg", "image/png"), parts=("image/jpeg", "image/png"))
SEVERAL = Stored(parts=("image/jpeg", "image/png"))


@pytest.mark.parametrize(
    ("accept", "media_type", "multipart"),
    [
        (None, "image/jpeg", False),
        ("*/*", "image/jpeg", False),
        ("image/png", "image/png", False),
        ("image/png;q=0.5, image/jpeg;q=0.4", "image/png", False),
        ("text/html, image/*", "image/jpeg", False),
        ('multipart/related; type="image/png"', "image/png", True),
    ],
)
def test_a_picture_is_rendered_as_what_is_accepted(
    accept: str | None, media_type: str, multipart: bool
) -> None:
    given = choose(Resource.RENDERED, accept, None, PICTURE)
    assert (given.media_type, given.multipart) == (media_type, multipart)


def test_several_pictures_come_as_parts_or_not_at_all() -> None:
    assert choose(Resource.RENDERED_SEVERAL, "*/*", None, SEVERAL).multipart
    with pytest.raises(NotAcceptable) as caught:
        choose(Resource.RENDERED_SEVERAL, "image/jpeg", None, SEVERAL)
    assert caught.value.available[0] == 'multipart/related; type="image/jpeg"'


@pytest.mark.parametrize("accept", ["image/jpeg", "image/*", "*/*", None])
def test_a_thumbnail_is_a_jpeg(accept: str | None) -> None:
    assert choose(Resource.THUMBNAIL, accept).media_type == "image/jpeg"


def test_capabilities_come_as_wadl_or_json() -> None:
    assert choose(Resource.CAPABILITIES, "*/*").coding is Coding.WADL
    assert choose(Resource.CAPABILITIES, "application/json").coding is Coding.JSON


# What these can be given as depends on what is stored.
OF_PIXELS = (
    Resource.RENDERED,
    Resource.FRAMES,
    Resource.PIXELDATA,
    Resource.PIXEL_PARTS,
    Resource.ALL_BULKDATA,
)


SAID_OF_ALL = Stored(
    JPEG_LS, True, "application/pdf", renderings=RENDERED_TYPES, parts=RENDERED_TYPES
)


@pytest.mark.parametrize("resource", list(Resource))
def test_what_a_resource_lists_it_accepts(resource: Resource) -> None:
    assert resource in TABLE
    for spelled in media_types_of(resource):
        try:
            choose(resource, spelled, None, SAID_OF_ALL)
        except NotAcceptable:
            assert resource in OF_PIXELS


def test_what_is_spelled_as_acceptable_is_accepted() -> None:
    for stored in (NATIVE, COMPRESSED, OPAQUE, Stored(DEFLATED)):
        for resource in Resource:
            try:
                choose(resource, "x/y", None, stored)
            except NotAcceptable as refusal:
                for spelled in refusal.available:
                    assert choose(resource, spelled, None, stored).acceptable == spelled


def test_the_entry_that_tells_most_decides_the_quality() -> None:
    accept = "*/*;q=0.1, application/dicom+json;q=0, application/*;q=0.5"
    assert choose(Resource.METADATA, accept).media_type == "application/json"


TARGETS = (JPEG_LS, EXPLICIT, JPEG_LS_NEAR, JPEG_2000, JPEG_BASELINE, DEFLATED)
ENCODABLE = Stored(EXPLICIT, targets=TARGETS)
LOSSY = Stored(JPEG_BASELINE, decodable=True, targets=(JPEG_BASELINE, JPEG_LOSSLESS, *TARGETS))
OWN = "multipart/related; type={}"
MADE = Coding.TRANSCODED


@pytest.mark.parametrize("resource", [Resource.STUDY, Resource.SERIES, Resource.INSTANCE])
@pytest.mark.parametrize("uid", [JPEG_LS, JPEG_LS_NEAR, JPEG_2000, DEFLATED])
def test_instances_are_encoded_in_what_is_named(resource: Resource, uid: str) -> None:
    given = choose(resource, f"{PARTS_OF_DICOM}; transfer-syntax={uid}", None, ENCODABLE)
    assert given == Representation(DICOM, True, MADE, uid)


@pytest.mark.parametrize(
    ("accept", "stored", "expected"),
    [
        # A media type means its default transfer syntax (table 8.7.3-5) …
        (OWN.format("image/jls"), ENCODABLE, ("image/jls", MADE, JPEG_LS)),
        (OWN.format("image/jp2"), ENCODABLE, ("image/jp2", MADE, JPEG_2000)),
        ("image/jls", ENCODABLE, ("image/jls", MADE, JPEG_LS)),
        ("image/jls; transfer-syntax=*", ENCODABLE, ("image/jls", MADE, JPEG_LS)),
        ("image/*", ENCODABLE, ("image/jls", MADE, JPEG_LS)),
        # … and the others are given to those who name them,
        (
            f"image/jls; transfer-syntax={JPEG_LS_NEAR}",
            ENCODABLE,
            ("image/jls", MADE, JPEG_LS_NEAR),
        ),
        (
            f"image/jpeg; transfer-syntax={JPEG_BASELINE}",
            ENCODABLE,
            ("image/jpeg", MADE, JPEG_BASELINE),
        ),
        # also as octets, as some viewers spell it.
        (f"{OCTETS}; transfer-syntax={JPEG_2000}", ENCODABLE, (OCTETS, MADE, JPEG_2000)),
        # What is stored lossy is not expanded for its own media type,
        ("image/jpeg", LOSSY, ("image/jpeg", AS_STORED, JPEG_BASELINE)),
        ("image/*", LOSSY, ("image/jpeg", AS_STORED, JPEG_BASELINE)),
        # but in another one it is, since that was asked for.
        ("image/jp2", LOSSY, ("image/jp2", MADE, JPEG_2000)),
        # Nothing is encoded where something cheaper is wanted as much,
        ("image/jls, application/octet-stream", ENCODABLE, (OCTETS, AS_STORED, EXPLICIT)),
        ("image/*, application/*", ENCODABLE, (OCTETS, AS_STORED, EXPLICIT)),
        (OHIF_FRAMES, ENCODABLE, (OCTETS, AS_STORED, EXPLICIT)),
        # and it is where it is wanted more.
        ("image/jls, application/octet-stream;q=0.9", ENCODABLE, ("image/jls", MADE, JPEG_LS)),
        ("*/*;q=0.2, image/jp2", ENCODABLE, ("image/jp2", MADE, JPEG_2000)),
    ],
)
def test_frames_are_encoded_when_that_is_wanted_most(
    accept: str, stored: Stored, expected: tuple[str, Coding, str]
) -> None:
    given = choose(Resource.FRAMES, accept, None, stored)
    assert (given.media_type, given.coding, given.transfer_syntax) == expected


@pytest.mark.parametrize("accept", ["image/jpeg", OWN.format("image/jpeg"), "image/jpx"])
def test_nobody_gets_lossy_frames_who_did_not_name_them(accept: str) -> None:
    with pytest.raises(NotAcceptable):
        choose(Resource.FRAMES, accept, None, ENCODABLE)


def test_a_lossless_syntax_that_is_not_the_default_of_its_type_is_named_or_changed() -> None:
    stored = Stored(JPEG_PROCESS_14, decodable=True, targets=(JPEG_PROCESS_14, JPEG_LOSSLESS))
    assert choose(Resource.FRAMES, "image/jpeg", None, stored).transfer_syntax == JPEG_LOSSLESS
    named = f"image/jpeg; transfer-syntax={JPEG_PROCESS_14}"
    assert choose(Resource.FRAMES, named, None, stored).coding is AS_STORED
    opaque = Stored(JPEG_PROCESS_14)
    assert choose(Resource.FRAMES, "image/jpeg", None, opaque).coding is AS_STORED


@pytest.mark.parametrize(
    ("accept", "asked"),
    [("*/*", 0), (OHIF_FRAMES, 0), ("image/jls;q=0.5, */*", 0), ("image/jls", 1), ("x/y", 1)],
)
def test_what_can_be_encoded_is_looked_up_only_when_it_matters(accept: str, asked: int) -> None:
    looked: list[int] = []

    def targets() -> tuple[str, ...]:
        looked.append(1)
        return (JPEG_2000,)

    with contextlib.suppress(NotAcceptable):
        choose(Resource.FRAMES, accept, None, NATIVE, targets)
    assert len(looked) == asked


def test_what_cannot_be_encoded_after_all_is_refused_with_what_can() -> None:
    with pytest.raises(NotAcceptable) as refusal:
        choose(Resource.FRAMES, "image/jls", None, NATIVE, lambda: (JPEG_2000,))
    assert f"image/jp2; transfer-syntax={JPEG_2000}" in refusal.value.available
    assert not any("jls" in spelled for spelled in refusal.value.available)


def test_many_frames_of_pixel_data_are_one_value_only_when_they_are_not_compressed() -> None:
    many = Stored(JPEG_LS, decodable=True, several=True)
    given = choose(Resource.PIXELDATA, OCTETS, None, many)
    assert given == Representation(OCTETS, False, MADE_EXPLICIT, EXPLICIT)
    with pytest.raises(NotAcceptable):
        choose(Resource.PIXELDATA, "image/jls", None, many)


def test_no_wild_card_means_the_bulk_data_in_place_of_the_instances() -> None:
    asked = 'multipart/related; type="*/*"; transfer-syntax=' + JPEG_2000
    with pytest.raises(NotAcceptable):
        choose(Resource.STUDY, asked, None, NATIVE)
    octets = 'multipart/related; type="application/octet-stream"'
    assert choose(Resource.STUDY, octets, None, NATIVE).coding is Coding.BULK


@given(
    entries=st.lists(
        st.tuples(
            st.sampled_from(["*/*", "image/*", "image/jls", "image/jp2", "image/jpeg", OCTETS]),
            st.booleans(),
            st.sampled_from(["", "*", JPEG_LS, JPEG_LS_NEAR, JPEG_2000, EXPLICIT]),
            st.sampled_from(["", "0", "0.3", "0.8", "1"]),
        ),
        max_size=5,
    ),
    stored=st.sampled_from([NATIVE, COMPRESSED, OPAQUE, ENCODABLE, LOSSY]),
)
def test_looking_late_chooses_as_looking_early_does(
    entries: list[tuple[str, bool, str, str]], stored: Stored
) -> None:
    accept = ", ".join(
        (f'multipart/related; type="{name}"' if multipart else name)
        + (f"; transfer-syntax={uid}" if uid else "")
        + (f"; q={quality}" if quality else "")
        for name, multipart, uid, quality in entries
    )
    late = dataclasses.replace(stored, targets=())

    def outcome(*arguments: Any) -> Any:
        try:
            return choose(Resource.FRAMES, accept, None, *arguments)
        except NotAcceptable as refusal:
            return refusal.available

    assert outcome(late, lambda: stored.targets) == outcome(stored)


@pytest.mark.parametrize("accept", ["video/H265", "video/h265", OWN.format("VIDEO/H265")])
def test_media_types_are_told_apart_without_regard_to_case(accept: str) -> None:
    given = choose(Resource.FRAMES, accept, None, Stored("1.2.840.10008.1.2.4.107"))
    assert given.media_type == "video/H265"
