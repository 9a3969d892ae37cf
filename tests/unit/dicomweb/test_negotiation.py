"""Every Accept that viewers send, against every way a thing can be stored."""

import pytest

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

IMPLICIT = "1.2.840.10008.1.2"
EXPLICIT = "1.2.840.10008.1.2.1"
DEFLATED = "1.2.840.10008.1.2.1.99"
BIG_ENDIAN = "1.2.840.10008.1.2.2"
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


def test_what_comes_later_is_refused_and_not_listed() -> None:
    with pytest.raises(NotAcceptable) as refusal:
        choose(Resource.STUDY, "application/zip", None, NATIVE)
    assert "application/zip" not in refusal.value.available
    with pytest.raises(NotAcceptable, match="nothing yet"):
        choose(Resource.RENDERED, "image/jpeg")


@pytest.mark.parametrize("accept", ["image/jpeg", "image/*", "*/*", None])
def test_a_thumbnail_is_a_jpeg(accept: str | None) -> None:
    assert choose(Resource.THUMBNAIL, accept).media_type == "image/jpeg"


def test_capabilities_come_as_wadl_or_json() -> None:
    assert choose(Resource.CAPABILITIES, "*/*").coding is Coding.WADL
    assert choose(Resource.CAPABILITIES, "application/json").coding is Coding.JSON


@pytest.mark.parametrize("resource", list(Resource))
def test_what_a_resource_lists_it_accepts(resource: Resource) -> None:
    assert resource in TABLE
    for spelled in media_types_of(resource):
        try:
            choose(resource, spelled, None, Stored(JPEG_LS, True, "application/pdf"))
        except NotAcceptable:
            # The compressed type of some other transfer syntax.
            assert resource is Resource.FRAMES
            assert "image/" in spelled or "video/" in spelled


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
