"""The studies that searches are judged by: a table of what each says, and no pictures.

Each is one secondary capture without pixels worth looking at; what differs is what a search can ask
for. The names of patients are nobody's.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from pydicom.uid import ExplicitVRLittleEndian
from pydicom.valuerep import PersonName

from conformance.corpus.making import Made, StudyFacts, data_set_of, file_of
from conformance.corpus.pixels import describe, gray

SECONDARY_CAPTURE: Final = "1.2.840.10008.5.1.4.1.1.7"

_DAY: Final = {"StudyDate": "20200229", "StudyTime": "101530.250000"}


def _facts(name: str, patient: str | PersonName, patient_id: str, **more: Any) -> StudyFacts:
    facts = {
        **_DAY,
        "AccessionNumber": f"A-{name}"[:16],
        "StudyID": f"S-{name}"[:16],
        "StudyDescription": f"Conformance {name}",
        "PatientName": patient,
        "PatientID": patient_id,
        "PatientBirthDate": "19600417",
        "PatientSex": "O",
    }
    return StudyFacts(name, {**facts, **more})


CHARACTER_SETS: Final[dict[str, tuple[list[str], str]]] = {
    "ascii": ([""], "Plain^Paula"),
    "latin-1": (["ISO_IR 100"], "Müller^Jürgen"),
    "latin-2": (["ISO_IR 101"], "Łukasik^Żaneta"),
    "latin-3": (["ISO_IR 109"], "Ĝustaĵo^Ŭara"),
    "latin-4": (["ISO_IR 110"], "Bērziņš^Jānis"),
    "cyrillic": (["ISO_IR 144"], "Люкceмбypг^Анна"),
    "arabic": (["ISO_IR 127"], "قباني^لنزار"),
    "greek": (["ISO_IR 126"], "Διονυσιος^Ελένη"),
    "hebrew": (["ISO_IR 138"], "שרון^דבורה"),
    "latin-5": (["ISO_IR 148"], "Çavuşoğlu^Işık"),
    "latin-9": (["ISO_IR 203"], "Œuvrard^Zoë"),
    "thai": (["ISO_IR 166"], "นามสกุล^ชื่อ"),
    "katakana": (["ISO_IR 13"], "ﾔﾏﾀﾞ^ﾀﾛｳ"),
    "kanji": (["", "ISO 2022 IR 87"], "Yamada^Tarou=山田^太郎=やまだ^たろう"),
    "hangul": (["", "ISO 2022 IR 149"], "Hong^Gildong=洪^吉洞=홍^길동"),
    "hanzi-gb2312": (["", "ISO 2022 IR 58"], "Wang^XiaoDong=王^小东"),
    "hanzi-gb18030": (["GB18030"], "Wang^XiaoDong=王^小东"),
    "hanzi-gbk": (["GBK"], "Li^Mei=李^梅"),
    "utf-8": (["ISO_IR 192"], "Åse^Čapek=山田^Ω"),
}
"""Specific Character Set and Patient's Name (PS3.3 C.12.1.1.2)."""

_SPELLED: Final[dict[str, bytes]] = {
    "latin-9": "Œuvrard^Zoë".encode("iso8859-15"),
    # Each component of the second group begins with the escape sequence anew (PS3.5 6.1.2.5.3).
    "hanzi-gb2312": b"Wang^XiaoDong=\x1b$)A" + "王".encode("gb2312") + b"^\x1b$)A"
    b"" + "小东".encode("gb2312"),
}
"""Names whose bytes the library that writes the files does not know how to spell."""


def _rows() -> Iterator[StudyFacts]:
    yield _facts("plain", "Alpha^Anna", "P-ALPHA")
    yield _facts("same-patient", "Alpha^Anna", "P-ALPHA", StudyDate="20210301")
    yield _facts("lower", "alpha^anton", "p-alpha")
    yield _facts("longer", "Alphabet^Abel", "P-ALPHA2")
    yield _facts("middle-name", "Beta^Bert^Karl^Dr^Jr", "P-BETA")
    yield _facts("star", "Star*Name^With", "P*STAR", AccessionNumber="A*1")
    yield _facts("comma", "Comma^Carl", "P,COMMA")
    yield _facts("backslash", "Gamma^Gina", "P-GAMMA", OtherPatientNames=["Gamma^One", "Gamma^Two"])
    yield _facts("spaces", "Delta^Dora", "P DELTA")
    yield _facts("plus", "Plus^Peter", "P+PLUS", AccessionNumber="A+B&C=D%E")
    yield _facts(
        "day-before", "Epsilon^Eva", "P-EPS", StudyDate="20200228", StudyTime="235959.999999"
    )
    yield _facts("day-after", "Zeta^Zoe", "P-ZETA", StudyDate="20200301", StudyTime="000000")
    yield _facts("years-ago", "Eta^Emil", "P-ETA", StudyDate="19500101", StudyTime="12")
    yield _facts("far-off", "Theta^Tom", "P-THETA", StudyDate="20991231", StudyTime="2359")
    yield _facts("noon", "Iota^Ida", "P-IOTA", StudyTime="120000")
    yield _facts("after-noon", "Iota^Ina", "P-IOTB", StudyTime="120000.000001")
    yield _facts(
        "empty", "", "P-EMPTY", AccessionNumber="", StudyDescription="", PatientBirthDate=""
    )
    yield _facts("absent", "Kappa^Kim", "P-ABSENT", AccessionNumber=None, StudyDescription=None)
    for name, (charset, patient) in CHARACTER_SETS.items():
        term = charset if len(charset) > 1 else charset[0] or None
        spelled = PersonName(_SPELLED[name]) if name in _SPELLED else patient
        yield _facts(name, spelled, f"P-{name.upper()}", SpecificCharacterSet=term)


SEARCHED: Final = tuple(_rows())
"""A study a row."""


def searched(seed: str) -> Iterator[Made]:
    """Their instances, one each."""
    for facts in SEARCHED:
        ds = data_set_of(seed, facts, "1", 1, SECONDARY_CAPTURE, "OT", ConversionType="SYN")
        ds.SeriesDescription = f"Series of {facts.name}"
        describe(ds, bits=8)
        native = gray(1, 8).tobytes()
        ds.PixelData = native
        name = f"searched-{facts.name}"
        yield Made(name, facts.name, ds, file_of(ds), ExplicitVRLittleEndian, (native,), (native,))
