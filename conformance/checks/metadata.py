"""Metadata: of every instance, as it was stored, in the right media type.

References
----------
PS3.18 10.4.1.1.2 (metadata).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from conformance.asking import INSTANCE_UID, expect_set, only, value
from conformance.checks.retrieving import LEVELS, OCTETS, UNKNOWN, path_of, stored_at
from conformance.corpus.making import Made
from conformance.data_sets import differences
from conformance.files import PIXEL_DATA, read_file
from conformance.known import Known
from conformance.registry import Needs, check, each
from conformance.verdicts import Failed, expect
from conformance.wire.server import Server

Row = tuple[str, tuple[str, ...], tuple[Any, ...]]


def metadata_of(server: Server, made: Made) -> dict[str, Any]:
    answer = server.get(f"{made.path}/metadata").expect_status(200)
    return only(answer, answer.data_sets())


def fetcher(server: Server, of: str) -> Callable[[str], bytes]:
    """Gets the bytes of a BulkDataURI that stands in metadata of this address."""

    def fetch(uri: str) -> bytes:
        answer = server.get(server.resolve(uri, of), accept=f"{OCTETS}, */*; q=0.1")
        answer.expect_status(200)
        if answer.media_type().name != "multipart/related":
            return answer.body
        parts = answer.parts()
        return b"".join(part.body for part in parts)

    return fetch


@each(
    "metadata.complete",
    [(n, (f"WADO-{n.upper()}-METADATA",), (n,)) for n in LEVELS],
    after=["there[metadata]"],
)
def metadata_of_every_instance(server: Server, known: Known, level: str) -> None:
    """The metadata of a {} are those of all its instances"""
    made = known.instance("ct-1-1")
    wanted = stored_at(known, made, level)
    answer = server.get(path_of(made, level) + "/metadata").expect_status(200)
    found = [value(one, INSTANCE_UID) for one in answer.data_sets()]
    expect(len(found) == len(set(found)), f"{answer.asked} names an instance twice")
    expect_set(answer, set(wanted), set(found), "instances")


@each(
    "metadata.agree",
    [(n, (f"WADO-{n.upper()}-METADATA-AGREE",), (n,)) for n in LEVELS],
    after=["metadata.complete[instance]"],
)
def metadata_say_what_was_stored(server: Server, known: Known, level: str) -> None:
    """The metadata of a {} say what was stored"""
    made = known.instance("ct-1-1")
    answer = server.get(path_of(made, level) + "/metadata").expect_status(200)
    stored = stored_at(known, made, level)
    fetch = fetcher(server, server.address(path_of(made, level) + "/metadata"))
    for found in answer.data_sets():
        one = stored.get(str(value(found, INSTANCE_UID)))
        if one is None:
            raise Failed(f"{answer.asked} has metadata of no instance that was stored there")
        wrong = list(differences(one.data_set, found, fetch, without=frozenset({PIXEL_DATA})))
        expect(not wrong, f"the metadata of {one.name} differ: {'; '.join(wrong[:5])}")


@check(
    "metadata.sampled",
    "WADO-INSTANCE-METADATA-AGREE",
    needs=Needs.SAMPLE,
    after=["there[metadata]"],
)
def metadata_say_what_the_file_says(server: Server, known: Known) -> None:
    """The metadata of an instance say what its file says"""
    place = known.place()
    answer = server.get(f"{place.instance}/metadata").expect_status(200)
    found = only(answer, answer.data_sets())
    whole = server.get(place.instance, accept='multipart/related; type="application/dicom"')
    part = whole.expect_status(200).part()
    file = read_file(part.body, whole.asked)
    for tag in ("00080016", "00080018", "0020000D", "0020000E", "00080060", "00280010"):
        element = file.data_set.get(int(tag, 16))
        if element is not None and element.value not in (None, ""):
            same = str(value(found, tag)) == str(element.value)
            expect(same, f"metadata and file differ in ({tag})")


_STATUS: Final[Sequence[Row]] = [
    (level, (f"WADO-{level.upper()}-METADATA-404",), (level,)) for level in LEVELS
]


@each("metadata.404", _STATUS, after=["reach"])
def metadata_of_nothing(server: Server, known: Known, level: str) -> None:
    """Metadata of a {} that is not there are answered 404 or 410"""
    made = known.instance("ct-1-1")
    server.get(path_of(made, level) + ".9/metadata").expect_status(404, 410)


@each(
    "metadata.406",
    [(n, (f"WADO-{n.upper()}-METADATA-406",), (n,)) for n in LEVELS],
    needs=Needs.SAMPLE,
    after=["there[metadata]"],
)
def metadata_in_an_unknown_type(server: Server, known: Known, level: str) -> None:
    """Metadata of a {} in an unknown media type are answered 406"""
    path = path_of(known.place(), level) + "/metadata"
    server.get(path, accept=UNKNOWN).expect_status(406)


@each(
    "metadata.default",
    [(n, (f"WADO-{n.upper()}-METADATA-DEFAULT",), (n,)) for n in LEVELS],
    needs=Needs.SAMPLE,
    after=["there[metadata]"],
)
def metadata_are_json(server: Server, known: Known, level: str) -> None:
    """Without Accept, and for */*, the metadata of a {} are DICOM JSON"""
    for accept in (None, "*/*"):
        answer = server.get(path_of(known.place(), level) + "/metadata", accept=accept)
        name = answer.expect_status(200).media_type().name
        expect(name == "application/dicom+json", f"{answer.asked} answered {name}")
