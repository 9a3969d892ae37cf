"""Plants in prose, reports, annotations, overlays, curves and documents, and one whole study."""

from __future__ import annotations

from PIL import ImageCms
from pydicom.dataset import Dataset
from pydicom.uid import (
    BasicTextSRStorage,
    ComprehensiveSRStorage,
    GeneralECGWaveformStorage,
    GrayscaleSoftcopyPresentationStateStorage,
    KeyObjectSelectionDocumentStorage,
    RTPlanStorage,
    RTStructureSetStorage,
    SegmentationStorage,
)

from tests.planted.files import SIDE, Made, image, item, put_code, without_pixels
from tests.planted.people import PLAIN
from tests.planted.plants import Planter

_CT = "1.2.840.10008.5.1.4.1.1.2"


def prose(p: Planter) -> Made:
    """Free text that names the people of the header, in the ways in which people write."""
    ds, patient = image(p)
    family, given = patient.name.native
    glued = f"患者{family}{given}様、ID:{patient.id}" if p.script.ideographic else ""
    day = patient.study_day
    said = {
        "SeriesDescription": f"AX T1 {family}",
        "ProtocolName": f"Head {given} {family}",
        "StudyDescription": f"CT {family.upper()} {given}",
        "AcquisitionProtocolDescription": f"for {patient.id}",
        "ImageComments": glued or f"Pat. {family}, {given}; acc {patient.accession}",
        "PatientComments": f"sent by {patient.referrer.native[0]}",
        "AdditionalPatientHistory": f"born {patient.birth[6:]}.{patient.birth[4:6]}.1987",
        "RequestedProcedureDescription": f"Call {p.phone('phone in prose', 'Requested')}",
        "PerformedProcedureStepDescription": f"see {p.mail('mail in prose', 'Performed')} today",
        "DerivationDescription": f"seen {day[:4]}-{day[4:6]}-{day[6:]}",
        "ContrastBolusAgent": f"{family}_{given}",
        "SequenceName": family[:8],
        "FilterType": f"{family[:10]}",
        "WindowCenterWidthExplanation": f"for {family}",
        "ConvolutionKernel": f"{given[:8]}",
        "DeviceSerialNumber": p.identifier("device", "serial number", "SN", "DeviceSerialNumber"),
        "ProtocolContextSequence": [item(TextValue=f"{given}{family}")],
        "TriggerSourceOrType": f"{patient.institution} ward",
    }
    for keyword, value in said.items():
        setattr(ds, keyword, value)
    put_code(ds, "ScanOptions", family.upper()[:12])
    put_code(ds, "BodyPartExamined", family.upper()[:12])
    p.remember("prose that names the patient", "descriptors", family, given)
    p.remember("prose that names the patient", "comments", patient.id, patient.accession)
    p.remember("prose that names others", "PatientComments", patient.referrer.native[0])
    return Made(ds)


def long_text(p: Planter) -> Made:
    """Texts too long to be read with a header: the place of a name near their end."""
    ds, patient = image(p)
    ds.PatientComments = "nothing to say " * 9000 + p.latin("long text", "PatientComments")
    filler = "liver and kidney normal. " * 5000
    ds.DerivationCodeSequence = [item(TextValue=f"{filler} {patient.name.native[0]}")]
    ds.LongCodeValue = "x" * 70_000 + patient.id
    p.remember("long text", "TextValue", patient.name.native[0], patient.id)
    return Made(ds)


# ---- reports


def report(p: Planter) -> Made:
    """A structured report whose items hold every value type, nested five deep."""
    ds, patient = image(p, sop_class=ComprehensiveSRStorage)
    ds = without_pixels(ds)
    _document(p, ds)
    family, given = patient.name.native
    depth = _item(p, "TEXT", f"{given} {family} was seen by {patient.referrer.native[0]}")
    for n in range(5):
        depth = _item(p, "CONTAINER", f"level {n}", [depth])
    ds.ContentSequence = [
        _item(p, "TEXT", f"History of {family}, ID {patient.id}: unremarkable."),
        _item(p, "TEXT", f"Phone {p.phone('SR text', 'phone')}, {p.mail('SR text', 'mail')}"),
        _item(p, "PNAME", p.name("SR PNAME", "PersonName").pn),
        _item(p, "UIDREF", p.uid("SR UIDREF")),
        _item(p, "DATE", f"{p.date('SR date', 'DATE', 'Date'):%Y%m%d}"),
        _item(p, "DATETIME", f"{p.date('SR date', 'DATETIME', 'DateTime'):%Y%m%d}101500"),
        _item(p, "CODE", f"{family} {given}"),
        _item(p, "IMAGE", p.uid("SR IMAGE", "instance 1")),
        depth,
    ]
    p.remember("SR text", "TextValue", family, given, patient.referrer.native[0])
    p.remember("SR code meaning", "CodeMeaning", family)
    ds.ContentTemplateSequence = [item(MappingResource="DCMR", TemplateIdentifier="2000")]
    ds.VerifyingObserverSequence = [
        item(
            VerifyingObserverName=p.name("SR observer", "VerifyingObserverName").pn,
            VerifyingOrganization=p.latin("SR observer", "VerifyingOrganization"),
            VerificationDateTime=f"{p.date('SR observer', 'when', 'DateTime'):%Y%m%d}",
        )
    ]
    _evidence(p, ds)
    return Made(ds)


def key_objects(p: Planter) -> Made:
    """A key object selection that points to the images of the study."""
    ds, patient = image(p, sop_class=KeyObjectSelectionDocumentStorage)
    ds = without_pixels(ds)
    _document(p, ds, "KO")
    ds.ContentSequence = [
        _item(p, "TEXT", f"For {patient.name.native[0]}"),
        _item(p, "IMAGE", p.uid("KO IMAGE", "instance 1")),
        _item(p, "IMAGE", p.uid("KO IMAGE 2", "instance 2")),
    ]
    p.remember("key object description", "TextValue", patient.name.native[0])
    _evidence(p, ds)
    return Made(ds)


def _document(p: Planter, ds: Dataset, modality: str = "SR") -> None:
    ds.Modality = modality
    day = p.date("date", "ContentDate", "ContentDate")
    ds.ContentDate, ds.ContentTime = f"{day:%Y%m%d}", "101500"
    ds.ReferencedPerformedProcedureStepSequence = []
    ds.ValueType, ds.ContinuityOfContent = "CONTAINER", "SEPARATE"
    ds.ConceptNameCodeSequence = [_code("Report")]
    if modality == "SR":
        ds.CompletionFlag, ds.VerificationFlag = "COMPLETE", "VERIFIED"
        ds.PerformedProcedureCodeSequence = []


def _evidence(p: Planter, ds: Dataset) -> None:
    ds.CurrentRequestedProcedureEvidenceSequence = [
        item(
            StudyInstanceUID=p.uid("evidence study", "study"),
            ReferencedSeriesSequence=[
                item(
                    SeriesInstanceUID=p.uid("evidence series", f"series {_CT}"),
                    ReferencedSOPSequence=[_reference(p, "evidence", n) for n in (1, 2)],
                )
            ],
        )
    ]


def _item(p: Planter, value_type: str, value: str, items: list[Dataset] | None = None) -> Dataset:
    made = item(RelationshipType="CONTAINS", ValueType=value_type)
    made.ConceptNameCodeSequence = [_code("Finding")]
    if value_type == "CONTAINER":
        made.ContinuityOfContent, made.ContentSequence = "SEPARATE", items or []
    elif value_type == "IMAGE":
        made.ReferencedSOPSequence = [
            item(ReferencedSOPClassUID=_CT, ReferencedSOPInstanceUID=value)
        ]
    elif value_type == "CODE":
        made.ConceptCodeSequence = [_code(value, "99LOCAL")]
    else:
        keyword = {"TEXT": "TextValue", "PNAME": "PersonName", "UIDREF": "UID"}.get(value_type)
        setattr(made, keyword or {"DATE": "Date", "DATETIME": "DateTime"}[value_type], value)
    return made


def _code(meaning: str, scheme: str = "DCM") -> Dataset:
    if scheme == "DCM":
        return item(CodeValue="121071", CodingSchemeDesignator="DCM", CodeMeaning="Finding")
    return item(CodeValue="1", CodingSchemeDesignator=scheme, CodeMeaning=meaning)


def _reference(p: Planter, place: str, number: int) -> Dataset:
    return item(
        ReferencedSOPClassUID=_CT,
        ReferencedSOPInstanceUID=p.uid(f"{place} {number}", f"instance {number}"),
    )


# ---- what is drawn


def presentation(p: Planter) -> Made:
    """A presentation state: text on the picture, labels, who made it, references."""
    ds, patient = image(p, sop_class=GrayscaleSoftcopyPresentationStateStorage)
    ds = without_pixels(ds)
    family = patient.name.native[0]
    ds.Modality = "PR"
    ds.ContentDescription = f"For {family}"
    put_code(ds, "ContentLabel", family.upper()[:12])
    day = p.date("presentation state", "PresentationCreationDate", "PresentationCreationDate")
    ds.PresentationCreationDate, ds.PresentationCreationTime = f"{day:%Y%m%d}", "101500"
    ds.ContentCreatorName = p.name("presentation state", "ContentCreatorName").pn
    ds.InstanceNumber = p.number
    ds.ReferencedSeriesSequence = [
        item(
            SeriesInstanceUID=p.uid("PR series", f"series {_CT}"),
            ReferencedImageSequence=[_reference(p, "PR", n) for n in (1, 2)],
        )
    ]
    ds.GraphicLayerSequence = [
        item(GraphicLayer="LAYER1", GraphicLayerOrder=1, GraphicLayerDescription=f"by {family}")
    ]
    text = f"{family}: lesion. Tel {p.phone('graphic annotation', 'UnformattedTextValue')}"
    ds.GraphicAnnotationSequence = [
        item(
            GraphicLayer="LAYER1",
            TextObjectSequence=[
                item(UnformattedTextValue=text, AnchorPoint=[1.0, 1.0],
                     AnchorPointAnnotationUnits="PIXEL", AnchorPointVisibility="N")
            ],
        )
    ]  # fmt: skip
    p.remember("graphic annotation", "UnformattedTextValue", family)
    ds.DisplayedAreaSelectionSequence = [
        item(DisplayedAreaTopLeftHandCorner=[1, 1], PresentationPixelSpacing=[1.0, 1.0],
             DisplayedAreaBottomRightHandCorner=[SIDE, SIDE], PresentationSizeMode="SCALE TO FIT")
    ]  # fmt: skip
    ds.PresentationLUTShape = "IDENTITY"
    ds.StructuredDisplayTextBoxSequence = [item(UnformattedTextValue=f"Box of {family}")]
    return Made(ds, may_be_refused=True)


def overlays(p: Planter) -> Made:
    """Overlay planes with bits that are writing, comments and labels; a curve with labels."""
    ds, patient = image(p)
    bits = bytes(p.random.randrange(256) for _ in range(SIDE * SIDE // 8))
    family = patient.name.native[0]
    for tag, vr, value in (
        (0x60000010, "US", SIDE), (0x60000011, "US", SIDE), (0x60000040, "CS", "G"),
        (0x60000050, "SS", [1, 1]), (0x60000100, "US", 1), (0x60000102, "US", 0),
        (0x60000022, "LO", f"of {family}"), (0x60001500, "LO", f"label {family}"),
        (0x60003000, "OW", bits), (0x60004000, "LT", p.latin("overlay comment", "(6000,4000)")),
        (0x50000005, "US", 2), (0x50000010, "US", 2), (0x50000020, "CS", "ECG"),
        (0x50000022, "LO", p.latin("curve", "CurveDescription")),
        (0x50000030, "SH", "mm"), (0x50000040, "SH", p.latin("curve", "AxisLabels")),
        (0x50000103, "US", 0), (0x50002500, "LO", p.latin("curve", "CurveLabel")),
        (0x50003000, "OW", p.latin("curve", "CurveData").encode()),
    ):  # fmt: skip
        ds.add_new(tag, vr, value)
    p.remember("overlay bits", "(6000,3000)", data=bits)
    p.remember("overlay description and label", "(6000,0022)", family)
    return Made(ds, may_be_refused=True)


def waveform(p: Planter) -> Made:
    """An ECG whose annotations and channel labels name the patient."""
    ds, patient = image(p, sop_class=GeneralECGWaveformStorage)
    ds = without_pixels(ds)
    ds.Modality = "ECG"
    family = patient.name.native[0]
    day = p.date("waveform", "AcquisitionDateTime", "AcquisitionDateTime")
    ds.AcquisitionDateTime = f"{day:%Y%m%d}101500"
    channel = item(
        ChannelSourceSequence=[_code("Lead I")], WaveformBitsStored=16, ChannelLabel=family[:8],
        ChannelStatus="OK", ChannelSensitivity="1", WaveformChannelNumber=1,
    )  # fmt: skip
    ds.WaveformSequence = [
        item(
            MultiplexGroupLabel=f"{family[:10]}", WaveformOriginality="ORIGINAL",
            NumberOfWaveformChannels=1, NumberOfWaveformSamples=4, SamplingFrequency="500",
            ChannelDefinitionSequence=[channel], WaveformBitsAllocated=16,
            WaveformSampleInterpretation="SS", WaveformData=b"\0\1" * 4,
        )
    ]  # fmt: skip
    ds.WaveformSequence[0]["WaveformData"].VR = "OW"
    ds.WaveformAnnotationSequence = [
        item(UnformattedTextValue=f"ECG of {family}", ReferencedWaveformChannels=[1, 0],
             AnnotationGroupNumber=1)
    ]  # fmt: skip
    p.remember("waveform annotation", "UnformattedTextValue", family)
    return Made(ds)


# ---- documents in instances


# ---- radiotherapy and segmentation


def structures(p: Planter) -> Made:
    """Structure labels that name the patient, and references to the images."""
    ds, patient = image(p, sop_class=RTStructureSetStorage)
    ds = without_pixels(ds)
    family = patient.name.native[0]
    ds.Modality, ds.ApprovalStatus = "RTSTRUCT", "UNAPPROVED"
    ds.StructureSetLabel = family[:16]
    day = p.date("RT structure set", "StructureSetDate", "StructureSetDate")
    ds.StructureSetDate, ds.StructureSetTime = f"{day:%Y%m%d}", "101500"
    ds.StructureSetROISequence = [
        item(ROINumber=1, ReferencedFrameOfReferenceUID=p.uid("ROI", "frame of reference"),
             ROIName=f"Tumor {family}", ROIGenerationAlgorithm="MANUAL",
             ROIDescription=p.latin("RT structure label", "ROIDescription", "ROIDescription"))
    ]  # fmt: skip
    p.remember("RT structure label", "ROIName", family)
    contours = [
        item(ContourImageSequence=[_reference(p, "contour", n)], ContourGeometricType="POINT",
             NumberOfContourPoints=1, ContourData=[1, 1, n])
        for n in (1, 2)
    ]  # fmt: skip
    ds.ROIContourSequence = [item(ReferencedROINumber=1, ContourSequence=contours)]
    ds.RTROIObservationsSequence = [
        item(ObservationNumber=1, ReferencedROINumber=1, RTROIInterpretedType="GTV",
             ROIObservationLabel=family[:16], ROIInterpreter=p.name("RT", "ROIInterpreter").pn)
    ]  # fmt: skip
    ds.ReferencedFrameOfReferenceSequence = [
        item(FrameOfReferenceUID=p.uid("RT frame of reference", "frame of reference"))
    ]
    return Made(ds)


def plan(p: Planter) -> Made:
    """A plan that points to the structure set; its label and its setup notes name people."""
    ds, patient = image(p, sop_class=RTPlanStorage)
    ds = without_pixels(ds)
    family = patient.name.native[0]
    ds.Modality, ds.RTPlanGeometry, ds.ApprovalStatus = "RTPLAN", "PATIENT", "UNAPPROVED"
    ds.RTPlanLabel, ds.RTPlanName = family[:16], f"Plan {family}"
    ds.RTPlanDescription = f"for {patient.id}"
    day = p.date("RT plan", "RTPlanDate", "RTPlanDate")
    ds.RTPlanDate, ds.RTPlanTime = f"{day:%Y%m%d}", "101500"
    structure = p.uid("plan to structures", "instance 6")
    ds.ReferencedStructureSetSequence = [
        item(ReferencedSOPClassUID=RTStructureSetStorage, ReferencedSOPInstanceUID=structure)
    ]
    ds.PatientSetupSequence = [
        item(PatientSetupNumber=1, PatientPosition="HFS",
             SetupTechniqueDescription=f"{family} lies on her back")
    ]  # fmt: skip
    p.remember("RT plan label", "RTPlanLabel", family)
    return Made(ds)


def segmentation(p: Planter) -> Made:
    """Segments that are labelled with a name, frames that point to images."""
    ds, patient = image(p, sop_class=SegmentationStorage)
    family = patient.name.native[0]
    ds.Modality, ds.SegmentationType = "SEG", "BINARY"
    ds.ImageType = ["DERIVED", "PRIMARY"]
    ds.BitsAllocated = ds.BitsStored = 1
    ds.HighBit, ds.NumberOfFrames, ds.LossyImageCompression = 0, 1, "00"
    ds.PixelData = b"\x0f" * (SIDE * SIDE // 8)
    ds.ContentDescription = f"Seg {family}"
    put_code(ds, "ContentLabel", family.upper()[:12])
    ds.ContentCreatorName = p.name("segmentation", "ContentCreatorName").pn
    ds.SegmentSequence = [
        item(SegmentNumber=1, SegmentLabel=f"Lesion {family}", SegmentAlgorithmType="MANUAL",
             SegmentDescription=f"{family}", TrackingID=family, TrackingUID=p.uid("TrackingUID"))
    ]  # fmt: skip
    p.remember("segment label", "SegmentLabel", family)
    source = item(SourceImageSequence=[_reference(p, "SEG", 1)])
    ds.SharedFunctionalGroupsSequence = [item(DerivationImageSequence=[source])]
    ds.PerFrameFunctionalGroupsSequence = [
        item(DerivationImageSequence=[item(SourceImageSequence=[_reference(p, "SEG frame", 2)])])
    ]
    ds.ReferencedSeriesSequence = [
        item(SeriesInstanceUID=p.uid("SEG series", f"series {_CT}"),
             ReferencedInstanceSequence=[_reference(p, "SEG", n) for n in (1, 2)])
    ]  # fmt: skip
    return Made(ds)


def tables(p: Planter) -> Made:
    """Tables that are bytes and hold writing all the same: colour profile, palette, LUT."""
    ds, patient = image(p)
    profile = _profile(p.latin("ICC profile", "desc"), p.latin("ICC profile", "gap"))
    ds.OpticalPathSequence = [item(OpticalPathIdentifier="1", ICCProfile=profile)]
    ds.ModalityLUTSequence = [
        item(LUTDescriptor=[4, 0, 16], LUTExplanation=patient.name.native[0],
             ModalityLUTType="US", LUTData=(patient.id + "  ")[:8].encode())
    ]  # fmt: skip
    del ds.RescaleIntercept, ds.RescaleSlope
    ds.ModalityLUTSequence[0]["LUTDescriptor"].VR = "US"
    ds.ModalityLUTSequence[0]["LUTData"].VR = "OW"
    p.remember("lookup table", "LUTExplanation", patient.name.native[0])
    return Made(ds, may_be_refused=True)


def _profile(text: str, hidden: str) -> bytes:
    """The profile of sRGB with another description, and bytes behind its last tag."""
    made = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    at, size = len(made), 12 + len(text) + 100
    count = int.from_bytes(made[128:132], "big")
    entry = next(i for i in range(132, 132 + 12 * count, 12) if made[i : i + 4] == b"desc")
    desc = b"desc\0\0\0\0" + len(text).to_bytes(4, "big") + text.encode() + b"\0" * 100
    place = at.to_bytes(4, "big") + size.to_bytes(4, "big")
    return made[: entry + 4] + place + made[entry + 12 :] + desc + hidden.encode()


def basic_report(p: Planter) -> Made:
    """A basic text report in plain letters, whose dates and names are spelled differently."""
    ds, patient = image(p, sop_class=BasicTextSRStorage)
    ds = without_pixels(ds)
    _document(p, ds)
    family, given = patient.name.native
    born = patient.birth
    spelled = f"{family.upper()}^{given.upper()}, b. {born[:4]}-{born[4:6]}-{born[6:]}"
    ds.ContentSequence = [
        _item(p, "TEXT", spelled),
        _item(p, "TEXT", f"{given[0]}. {family}'s scan; Mr.{family}; {family}-{given}"),
    ]
    other = p.name("SR text", "unknown doctor", PLAIN)
    ds.ContentSequence.append(_item(p, "TEXT", f"Reported by Dr. {other.parts[0]}."))
    p.remember("SR text", "spelled differently", family)
    ds.CurrentRequestedProcedureEvidenceSequence = []
    return Made(ds)
