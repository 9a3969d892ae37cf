"""What a validator says of objects before they were stored and after they were retrieved.

An object may have faults of its own; it may get none on its way. Without a validator beside the
runner nothing is said.

References
----------
PS3.3 A.1 (what an object of its kind has to hold), PS3.18 8.7.3 (objects in other syntaxes).
"""

from __future__ import annotations

from typing import Final

from conformance.checks.retrieving import DICOM, NATIVE, the_file
from conformance.files import File
from conformance.known import Known
from conformance.registry import each
from conformance.validators import errors_in, installed
from conformance.verdicts import NotOffered, Undecided, expect
from conformance.wire.server import Server

_J2K: Final = f"{DICOM}; transfer-syntax=1.2.840.10008.1.2.4.90"
_JPEG: Final = f"{DICOM}; transfer-syntax=1.2.840.10008.1.2.4.50"

_ROWS: Final = (
    ("ct", "CONTENT-VALID", "ct-1-1", NATIVE),
    ("multi-frame", "CONTENT-VALID", "gray8-ExplicitVRLittleEndian", NATIVE),
    ("segmentation", "CONTENT-VALID", "segmentation", NATIVE),
    ("waveform", "CONTENT-VALID", "waveform", NATIVE),
    ("report", "CONTENT-VALID", "report", NATIVE),
    ("document", "CONTENT-VALID", "pdf", NATIVE),
    ("slide", "CONTENT-VALID", "slide", _JPEG),
    ("raw", "CONTENT-VALID", "no-pixels", NATIVE),
    ("from-implicit", "CONTENT-VALID-TRANSCODED", "gray12-ImplicitVRLittleEndian", NATIVE),
    ("from-big-endian", "CONTENT-VALID-TRANSCODED", "rgb-ExplicitVRBigEndian", NATIVE),
    ("from-jpeg-2000", "CONTENT-VALID-TRANSCODED", "rgb-JPEG2000Lossless", NATIVE),
    ("slide-decoded", "CONTENT-VALID-TRANSCODED", "slide", NATIVE),
    ("from-jpeg", "CONTENT-VALID-TRANSCODED", "rgb-JPEGBaseline8Bit", NATIVE),
    ("to-jpeg-2000", "CONTENT-VALID-TRANSCODED", "rgb-ExplicitVRLittleEndian", _J2K),
    ("to-jpeg", "CONTENT-VALID-TRANSCODED", "rgb-ExplicitVRLittleEndian", _JPEG),
)


@each(
    "content",
    [(name, (requirement,), (made, accept)) for name, requirement, made, accept in _ROWS],
    after=["wado.retrieve[instance]"],
)
def gets_no_fault_on_its_way(server: Server, known: Known, name: str, accept: str) -> None:
    """A validator finds no fault in an object that it did not have when it was stored: {}"""
    validator = installed()
    if validator is None:
        raise Undecided("neither dciodvfy nor validate_iods is installed beside the runner")
    made = known.instance(name)
    before = errors_in(made.part10, validator)
    if before is None:
        raise Undecided(f"{validator.name} cannot judge this kind of object")
    answer = server.get(made.path, accept=accept)
    if answer.status == 406:
        raise NotOffered(f"{answer.asked} answered 406")
    file: File = the_file(answer)
    after = errors_in(file.data, validator)
    if after is None:
        raise Undecided(f"{validator.name} did not come to the end of what was retrieved")
    new = sorted(after - before)
    expect(not new, f"{validator.name} finds in what was retrieved: {'; '.join(new[:5])}")
