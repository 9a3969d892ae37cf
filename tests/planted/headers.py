"""Plants in elements: every row of table E.1-1, all names, wrong VRs, private and nested places."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pydicom import config
from pydicom._dicom_dict import DicomDictionary
from pydicom.datadict import keyword_for_tag
from pydicom.dataelem import DataElement, RawDataElement
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.tag import BaseTag
from pydicom.uid import ImplicitVRLittleEndian

from imaging.deidentify.profile import Rule, rules
from tests.planted.files import Made, image, item
from tests.planted.people import ARABIC, CYRILLIC, JAPANESE, LATIN_1, PLAIN
from tests.planted.plants import Planter

# A document of a kind that nobody knows makes a whole instance one that is refused.
_NOT_ADDED = frozenset({"SOPClassUID", "SOPInstanceUID", "PixelData", "EncapsulatedDocument"})
_WORDS = frozenset({"LO", "SH", "LT", "ST", "UT", "UC"})


def every_row(p: Planter) -> Made:
    """Every attribute of table E.1-1 that can hold a text, a date or a UID, at the top."""
    ds, _ = image(p)
    for number, rule in _rows():
        if number in ds:
            continue
        if rule.keyword in _NOT_ADDED:
            continue
        value = _planted(p, rule.vr, rule.keyword, "table E.1-1", rule.keyword)
        if value is not None:
            _add(ds, number, rule.vr, value)
    return Made(ds)


def every_row_nested(p: Planter) -> Made:
    """The same in an item of a sequence that stays, and sequences of the table with items."""
    ds, _ = image(p)
    inner = Dataset()
    for number, rule in _rows():
        if rule.vr == "SQ":
            word = p.latin("item of a listed sequence", rule.keyword, by=rule.keyword)
            _add(ds, number, "SQ", Sequence([item(TextString=word)]))
        elif rule.vr not in ("DA", "DT", "TM") and rule.keyword not in _NOT_ADDED:
            place = f"{rule.keyword} nested"
            value = _planted(p, rule.vr, place, "nested row", rule.keyword)
            if value is not None:
                _add(inner, number, rule.vr, value)
    ds.DerivationCodeSequence = [item(MappingResource="DCMR"), inner]
    return Made(ds)


def every_name(p: Planter) -> Made:
    """Every attribute of PS3.6 that is a person's name, retired ones too."""
    ds, _ = image(p)
    for tag, (vr, vm, *_rest) in sorted(DicomDictionary.items()):
        if vr == "PN" and tag not in ds and not tag >> 16 & 1:
            names = [p.name("person name attribute", keyword_for_tag(tag) or f"{tag:08X}")]
            if vm.endswith("n"):
                names.append(p.name("person name attribute", f"{keyword_for_tag(tag)} 2nd"))
            ds.add_new(tag, "PN", [name.pn for name in names])
    return Made(ds)


def malformed_names(p: Planter) -> Made:
    """Names as nobody should write them."""
    ds, _ = image(p)

    def word(place: str) -> str:
        return p.latin("malformed name", place)

    a = [word(f"component {n}") for n in range(7)]
    ds.add_new(0x0008009C, "PN", f"{a[0]}^^{a[1]}^^^^^{a[2]}")
    ds.add_new(0x00081050, "PN", f"{a[3]}={a[4]}={a[5]}={a[6]}")
    ds.add_new(0x00081070, "PN", f" , {word('comma')} (Dr.) {word('brackets')} ")
    ds.add_new(0x00101001, "PN", [f"{word('multi 1')}^", "", f"^{word('multi 3')}", "^^^"])
    ds.add_new(0x00101005, "PN", word("long") * 20)
    ds.add_new(0x0040A123, "PN", f"{word('before NUL')}\0\0{word('behind NUL')}")
    ds.add_new(0x00321032, "PN", f"{word('line 1')}\r\n{word('line 2')}\t{word('tab')}")
    return Made(ds)


def wrong_vr(p: Planter) -> Made:
    """Standard attributes under a VR that is not theirs, and values that their VR forbids."""
    ds, patient = image(p)
    kind = "wrong VR or value"

    def add(tag: int, vr: str, value: object) -> None:
        data = value if isinstance(value, bytes) else str(value).encode()
        data += b" " * (len(data) % 2)
        ds[tag] = RawDataElement(BaseTag(tag), vr, len(data), data, 0, False, True)

    add(0x00104000, "UN", p.latin(kind, "PatientComments as UN").encode() + b" ")
    add(0x00081048, "UN", p.name(kind, "PhysiciansOfRecord as UN", PLAIN).pn.encode())
    add(0x00081060, "LO", p.name(kind, "NameOfPhysicians as LO", PLAIN).pn)
    add(0x00181020, "OB", patient.name.parts[1].encode())
    p.remember(kind, "SoftwareVersions as OB", patient.name.parts[1])
    add(0x00080064, "CS", patient.name.parts[0].upper()[:16])  # ConversionType
    p.remember(kind, "ConversionType (CS)", patient.name.parts[0])
    add(0x00200012, "IS", p.identifier(kind, "AcquisitionNumber (IS)", "ID"))
    add(0x00180060, "DS", p.latin(kind, "KVP (DS)"))
    add(0x00080030, "TM", p.latin(kind, "StudyTime (TM)", "StudyTime"))
    add(0x00080022, "DA", f"born {p.date(kind, 'AcquisitionDate (DA)', 'AcquisitionDate')}")
    add(0x00101010, "AS", p.latin(kind, "PatientAge (AS)", "PatientAge"))
    add(0x00080008, "CS", f"ORIGINAL\\PRIMARY\\{patient.referrer.parts[0].upper()}")
    p.remember(kind, "ImageType", patient.referrer.parts[0])
    add(0x00080070, "LO", f"Maker\0{patient.name.parts[0]}\0{patient.id}")
    p.remember(kind, "Manufacturer behind NUL", patient.name.parts[0], patient.id)
    add(0x00080104, "LO", patient.id)
    p.remember("CODE meaning at the top", "CodeMeaning", patient.id)
    return Made(ds)


def letters_in_numbers(p: Planter) -> Made:
    """Numbers whose bytes are a name."""
    ds, patient = image(p)
    word = patient.name.parts[0].encode()[:8]
    p.remember("letters in a binary number", "PixelPaddingValue (OW)", word.decode())
    for tag, vr in ((0x00280120, "OW"), (0x00189804, "FD"), (0x00280106, "US")):
        ds[tag] = RawDataElement(BaseTag(tag), vr, 8, word, 0, False, True)
    return Made(ds, may_be_refused=True)


def private(p: Planter) -> Made:
    """Private elements with a creator, without one, with one that identifies, and safe ones."""
    ds, patient = image(p)
    kind = "private element"
    for group in (0x0009, 0x0011, 0x0029, 0x7053, 0x7FE1, 0x0003, 0xFFFD):
        for vr in ("LO", "PN", "LT", "UN", "DA"):
            place = f"({group:04X},10xx) {vr}"
            element = group << 16 | 0x1001 + ("LO", "PN", "LT", "UN", "DA").index(vr)
            _add(ds, element, vr, _planted(p, vr, place, kind))
        _add(ds, group << 16 | 0x0010, "LO", "DICOMTUBE TEST")
    _add(ds, 0x00130010, "LO", p.latin("private creator", "(0013,0010)"))
    _add(ds, 0x00151001, "LO", p.latin("private without creator", "(0015,1001)"))
    _add(ds, 0x00170001, "LO", p.latin("private without creator", "(0017,0001)"))
    _add(ds, 0x00190010, "LO", "DICOMTUBE TEST")
    inner = item(PatientName=p.name("private sequence", "PatientName", PLAIN).pn)
    _add(ds, 0x00191001, "SQ", Sequence([inner]))
    # Two that table E.3.10-1 calls safe, with what is not: a name that the header knows.
    _add(ds, 0x00E10010, "LO", "ELSCINT1")
    _add(ds, 0x00E11021, "DS", "12.5")
    _add(ds, 0x01F10010, "LO", "ELSCINT1")
    _add(ds, 0x01F11027, "LO", f"{patient.name.parts[0]}")
    p.remember("safe private element that says a name", "(01F1,1027)", patient.name.parts[0])
    nested = Dataset()
    _add(nested, 0x00090010, "LO", "DICOMTUBE TEST")
    _add(nested, 0x00091001, "LO", p.latin(kind, "nested (0009,1001)"))
    ds.DerivationCodeSequence = [nested]
    return Made(ds)


def unknown(p: Planter) -> Made:
    """Attributes that PS3.6 does not name, retired ones, repeating groups, group lengths."""
    ds, patient = image(p)
    for tag, vr in (
        (0x00109876, "LO"), (0x0010FFFE, "UN"), (0x00087654, "LT"), (0x12345678, "PN"),
        (0x60040102, "LO"), (0x50024444, "UN"), (0x7F000042, "UT"),
    ):  # fmt: skip
        _add(ds, tag, vr, _planted(p, vr, f"({tag >> 16:04X},{tag & 0xFFFF:04X})", "unknown tag"))
    for keyword, tag in (
        ("IdentifyingComments", 0x00084000), ("AcquisitionComments", 0x00184000),
        ("StudyComments", 0x00324000), ("VisitComments", 0x00384000), ("Arbitrary", 0x40000010),
        ("TextComments", 0x40004000), ("InterpretationText", 0x4008010B),
        ("ResultsComments", 0x40084000), ("DistributionName", 0x40080119),
    ):  # fmt: skip
        vr = "PN" if keyword.endswith("Name") else "LT"
        _add(ds, tag, vr, _planted(p, vr, keyword, "retired attribute", keyword))
    ds.ImageComments = f"{patient.name.native[0]}"
    p.remember("comment in another script", "ImageComments", patient.name.native[0])
    return Made(ds)


def deep(p: Planter) -> Made:
    """Sequences in sequences, seven deep, an item of another character set inside."""
    ds, patient = image(p)
    inner = Dataset()
    inner.SpecificCharacterSet = "ISO_IR 144"
    inner.PatientName = p.name("nested sequence", "7 deep, other charset", CYRILLIC).pn
    inner.ImageComments = p.latin("nested sequence", "ImageComments 7 deep", "ImageComments")
    inner.ReferencedSOPInstanceUID = p.uid("7 deep")
    inner.CodeMeaning = f"{patient.name.parts[0]} {patient.id}"
    p.remember("nested sequence", "CodeMeaning 7 deep", patient.name.parts[0], patient.id)
    inner.StudyDate = f"{p.date('nested sequence', 'StudyDate', 'StudyDate'):%Y%m%d}"
    for _ in range(7):
        inner = item(PurposeOfReferenceCodeSequence=[inner], CodeValue="1")
    ds.DerivationCodeSequence = [inner]
    return Made(ds)


def history(p: Planter) -> Made:
    """What others kept of earlier versions: original attributes, signatures, an icon."""
    ds, _ = image(p)
    kind = "original attributes"
    ds.OriginalAttributesSequence = [
        item(
            SourceOfPreviousValues=p.latin(kind, "SourceOfPreviousValues"),
            AttributeModificationDateTime=f"{p.date(kind, 'when'):%Y%m%d}",
            ModifyingSystem=p.latin(kind, "ModifyingSystem"),
            ReasonForTheAttributeModification="CORRECT",
            ModifiedAttributesSequence=[
                item(
                    PatientName=p.name(kind, "PatientName").pn,
                    PatientID=p.identifier(kind, "PatientID"),
                )
            ],
        )
    ]
    certificate = p.latin("digital signature", "certificate")
    p.remember("digital signature", "CertificateOfSigner", data=b"\x30\x82" + certificate.encode())
    ds.DigitalSignaturesSequence = [
        item(
            MACIDNumber=1,
            DigitalSignatureUID=p.uid("DigitalSignatureUID"),
            DigitalSignatureDateTime=f"{p.date('digital signature', 'when'):%Y%m%d}101500",
            CertificateType="X509_1993_SIG",
            CertificateOfSigner=b"\x30\x82" + certificate.encode(),
            Signature=b"\1" * 64,
        )
    ]
    ds.MACParametersSequence = [item(MACIDNumber=1, MACAlgorithm="SHA256")]
    content = p.latin("encrypted attributes", "EncryptedContent")
    ds.EncryptedAttributesSequence = [
        item(
            EncryptedContent=content.encode(), EncryptedContentTransferSyntaxUID="1.2.840.10008.1.2"
        )
    ]
    icon = bytes(p.random.randrange(256) for _ in range(64))
    p.remember("icon image", "IconImageSequence", data=icon)
    ds.IconImageSequence = [
        item(
            SamplesPerPixel=1, PhotometricInterpretation="MONOCHROME2", Rows=8, Columns=8,
            BitsAllocated=8, BitsStored=8, HighBit=7, PixelRepresentation=0, PixelData=icon,
        )
    ]  # fmt: skip
    ds.IconImageSequence[0]["PixelData"].VR = "OB"
    ds.OtherPatientIDsSequence = [
        item(PatientID=p.identifier("other patient IDs", "PatientID"), TypeOfPatientID="TEXT")
    ]
    return Made(ds)


def implicit(p: Planter) -> Made:
    """Implicit VR, where private elements and unknown ones have no VR at all."""
    made = private(p)
    made.syntax = ImplicitVRLittleEndian
    return made


def many_scripts(p: Planter) -> Made:
    """People of several scripts in one header, and comments that name them in another."""
    ds, patient = image(p)
    ds.SpecificCharacterSet = "ISO_IR 192"
    others = [p.name("name in a foreign script", s.name, s) for s in (ARABIC, CYRILLIC, JAPANESE)]
    ds.OtherPatientNames = [name.pn for name in others]
    ds.OperatorsName = p.name("name in a foreign script", "operator", LATIN_1).pn
    ds.ImageComments = " ".join(name.native[0] for name in others) + f"・{patient.name.native[1]}"
    return Made(ds)


def _rows() -> Iterator[tuple[int, Rule]]:
    """The rows of the table that name one standard attribute."""
    for tag, rule in sorted(rules().items()):
        if re.fullmatch(r"[0-9A-F]{8}", tag) and tag >= "00080000" and not int(tag[:4], 16) & 1:
            yield int(tag, 16), rule


def _planted(p: Planter, vr: str, place: str, kind: str, by: str = "") -> object:
    """A value of a VR with a plant in it; None where there is no room for one."""
    if vr in _WORDS:
        return p.latin(kind, place, by)
    if vr == "PN":
        return p.name(kind, place, by=by).pn
    if vr in ("DA", "DT"):
        day = p.date(kind, place, by)
        return f"{day:%Y%m%d}" + ("101500.000000" if vr == "DT" else "")
    if vr == "TM":
        text = f"093127.{p.random.randrange(10**5, 10**6)}"
        p.remember(kind, place, text, by=by)
        return text
    if vr in ("AE", "CS"):
        word = p.latin(kind, place, by)
        return word.upper()
    if vr == "UI":
        return p.uid(place)
    if vr in ("UN", "OB"):
        word = p.latin(kind, place, by)
        return word.encode().ljust(len(word) + len(word) % 2)
    if vr == "UR":
        return f"https://{p.latin(kind, place, by)}.example/x"
    return None


def _add(ds: Dataset, tag: int, vr: str, value: object) -> None:
    with config.disable_value_validation():
        ds[tag] = DataElement(tag, vr, value, validation_mode=config.IGNORE)
