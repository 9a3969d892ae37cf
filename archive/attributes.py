"""The table of attributes that the index knows: one row an attribute, read by all.

Ingest (what becomes a column), search (what can be asked, and of which table), metadata of
studies and series (which attributes describe them) and the conformance statement read this
table; nothing here reads a data set or speaks SQL.

Attributes without a row belong to the instance. Attributes without a column can be searched
too: SQL narrows by the others and the stored documents decide (see `archive.search`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum, IntEnum
from functools import cache, lru_cache

from pydicom._dicom_dict import DicomDictionary
from pydicom.datadict import dictionary_VR, keyword_for_tag, tag_for_keyword

Path = tuple[int, ...]
"""Tags from the outside in: one for an attribute, more for one inside sequences."""


class Level(IntEnum):
    """Where an attribute lives; patients are attributes of the study (Study Root model)."""

    STUDY = 1
    SERIES = 2
    INSTANCE = 3


class Index(Enum):
    """How a column can be found fast."""

    NONE = "none"  # returned from the row, matched row by row
    VALUE = "value"  # b-tree: exact, range, prefix
    TEXT = "text"  # b-tree and trigrams: any wildcard


@dataclass(frozen=True, slots=True)
class Attribute:
    """One row of the table.

    Parameters
    ----------
    path
        The tag, or the tags from the sequence inwards.
    level
        The entity that the attribute describes.
    vr
        Value representation in the data dictionary.
    column
        Name of the column of the level's table; None when only the documents hold it.
    index
        How the column is indexed.
    type
        What PS3.18 Tables 10.6.3-3 to 10.6.3-5 say of it in an answer at this level: ``U``
        unique key and ``R`` required (there even when empty), ``C`` there if known, else empty.
    computed
        The archive makes the value (counts, modalities); files do not hold it.
    own
        The table has the column for its own sake (UIDs): ingest fills it, not the index values.
    """

    path: Path
    level: Level
    vr: str
    column: str | None = None
    index: Index = Index.NONE
    type: str = ""
    computed: bool = False
    own: bool = False

    @property
    def tag(self) -> int:
        """The outermost tag: what a document is keyed by."""
        return self.path[0]

    @property
    def keyword(self) -> str:
        """Keywords joined by dots, as a query spells them."""
        return ".".join(keyword_for_tag(tag) for tag in self.path)

    @property
    def many(self) -> bool:
        """Whether its column may hold a list: persons' names (groups) and short texts.

        Dates, times, numbers, code strings and UIDs of the table have one value each (PS3.6);
        a file that says otherwise is indexed by the first.
        """
        return self.vr in ("PN", "LO", "SH")

    @property
    def fuzzy_column(self) -> str | None:
        """The column of tokens and phonetic codes, for indexed names of persons."""
        if self.vr == "PN" and self.column and self.index is Index.TEXT:
            return f"{self.column}_fuzzy"
        return None


# keyword path, column, index, type in answers. The VR comes from the data dictionary.
_Row = tuple[str, str | None, Index, str]

_STUDY: tuple[_Row, ...] = (
    ("StudyDate", "study_date", Index.VALUE, "R"),
    ("StudyTime", "study_time", Index.VALUE, "R"),
    ("AccessionNumber", "accession_number", Index.TEXT, "R"),
    ("ReferringPhysicianName", "referring_physician_name", Index.TEXT, "R"),
    ("TimezoneOffsetFromUTC", "timezone_offset_from_utc", Index.NONE, "C"),
    ("PatientName", "patient_name", Index.TEXT, "R"),
    ("PatientID", "patient_id", Index.TEXT, "R"),
    ("PatientBirthDate", "patient_birth_date", Index.VALUE, "R"),
    ("PatientSex", "patient_sex", Index.VALUE, "R"),
    ("StudyInstanceUID", "study_instance_uid", Index.VALUE, "U"),
    ("StudyID", "study_id_value", Index.TEXT, "R"),
    ("StudyDescription", "study_description", Index.TEXT, ""),
    ("IssuerOfPatientID", "issuer_of_patient_id", Index.NONE, ""),
)

_SERIES: tuple[_Row, ...] = (
    ("Modality", "modality", Index.VALUE, "R"),
    ("SeriesInstanceUID", "series_instance_uid", Index.VALUE, "U"),
    ("SeriesNumber", "series_number", Index.VALUE, "R"),
    ("SeriesDescription", "series_description", Index.TEXT, "C"),
    ("SeriesDate", "series_date", Index.VALUE, ""),
    ("SeriesTime", "series_time", Index.NONE, ""),
    ("PerformedProcedureStepStartDate", "performed_procedure_step_start_date", Index.VALUE, "C"),
    ("PerformedProcedureStepStartTime", "performed_procedure_step_start_time", Index.VALUE, "C"),
    (
        "RequestAttributesSequence.ScheduledProcedureStepID",
        "scheduled_procedure_step_id",
        Index.VALUE,
        "C",
    ),
    (
        "RequestAttributesSequence.RequestedProcedureID",
        "requested_procedure_id",
        Index.VALUE,
        "C",
    ),
    ("BodyPartExamined", "body_part_examined", Index.VALUE, ""),
    ("ProtocolName", "protocol_name", Index.TEXT, ""),
    ("InstitutionName", "institution_name", Index.VALUE, ""),
    ("StationName", "station_name", Index.VALUE, ""),
    ("PerformingPhysicianName", "performing_physician_name", Index.TEXT, ""),
    ("OperatorsName", "operators_name", Index.TEXT, ""),
)

_INSTANCE: tuple[_Row, ...] = (
    ("SOPClassUID", "sop_class_uid", Index.VALUE, "R"),
    ("SOPInstanceUID", "sop_instance_uid", Index.VALUE, "U"),
    ("InstanceNumber", "instance_number", Index.VALUE, "R"),
    ("Rows", "image_rows", Index.NONE, "C"),
    ("Columns", "image_columns", Index.NONE, "C"),
    ("BitsAllocated", "bits_allocated", Index.NONE, "C"),
    ("NumberOfFrames", "number_of_frames_value", Index.NONE, "C"),
)

# Made by the archive; PS3.4 C.3.4 and PS3.18 10.6.3.3.
_COMPUTED: tuple[tuple[str, Level, str], ...] = (
    ("InstanceAvailability", Level.INSTANCE, "C"),
    ("ModalitiesInStudy", Level.STUDY, "R"),
    ("SOPClassesInStudy", Level.STUDY, ""),
    ("NumberOfStudyRelatedSeries", Level.STUDY, "R"),
    ("NumberOfStudyRelatedInstances", Level.STUDY, "R"),
    ("NumberOfSeriesRelatedInstances", Level.SERIES, "R"),
)

# In the study's document without a column: Patient, Clinical Trial Subject and Study, General
# Study and Patient Study modules (PS3.3 C.7.1.1, C.7.1.3, C.7.2.1 to C.7.2.3).
_STUDY_DOCUMENT = """
    PatientBirthTime PatientBirthName PatientMotherBirthName OtherPatientNames OtherPatientIDs
    OtherPatientIDsSequence TypeOfPatientID IssuerOfPatientIDQualifiersSequence PatientComments
    EthnicGroup EthnicGroupCodeSequence QualityControlSubject PatientSpeciesDescription
    PatientSpeciesCodeSequence PatientBreedDescription PatientBreedCodeSequence
    BreedRegistrationSequence ResponsiblePerson ResponsiblePersonRole ResponsibleOrganization
    StrainDescription StrainNomenclature PatientBirthDateInAlternativeCalendar
    PatientDeathDateInAlternativeCalendar PatientAlternativeCalendar ReferencedPatientSequence
    ReferencedPatientPhotoSequence PatientIdentityRemoved DeidentificationMethod
    DeidentificationMethodCodeSequence SourcePatientGroupIdentificationSequence
    GroupOfPatientsIdentificationSequence ClinicalTrialSponsorName ClinicalTrialProtocolID
    ClinicalTrialProtocolName ClinicalTrialSiteID ClinicalTrialSiteName ClinicalTrialSubjectID
    ClinicalTrialSubjectReadingID ClinicalTrialTimePointID ClinicalTrialTimePointDescription
    ConsentForClinicalTrialUseSequence
    IssuerOfAccessionNumberSequence ReferringPhysicianIdentificationSequence
    ConsultingPhysicianName ConsultingPhysicianIdentificationSequence PhysiciansOfRecord
    PhysiciansOfRecordIdentificationSequence NameOfPhysiciansReadingStudy
    PhysiciansReadingStudyIdentificationSequence RequestingService RequestingServiceCodeSequence
    RequestingPhysician RequestedProcedureDescription RequestedProcedureCodeSequence
    ReferencedStudySequence ProcedureCodeSequence ReasonForPerformedProcedureCodeSequence
    OtherStudyNumbers AdmittingDiagnosesDescription AdmittingDiagnosesCodeSequence PatientAge
    PatientSize PatientWeight PatientBodyMassIndex PatientSizeCodeSequence MedicalAlerts Allergies
    SmokingStatus PregnancyStatus LastMenstrualDate PatientState Occupation
    AdditionalPatientHistory AdmissionID IssuerOfAdmissionIDSequence ServiceEpisodeID
    ServiceEpisodeDescription PatientSexNeutered ReasonForVisit ReasonForVisitCodeSequence
    StudyStatusID StudyPriorityID
"""

# In the series' document without a column: General Series, Clinical Trial Series, General
# Equipment, Frame of Reference (PS3.3 C.7.3.1, C.7.3.2, C.7.4.1, C.7.5.1).
_SERIES_DOCUMENT = """
    Laterality PerformingPhysicianIdentificationSequence OperatorIdentificationSequence
    ReferencedPerformedProcedureStepSequence RelatedSeriesSequence SeriesDescriptionCodeSequence
    PatientPosition RequestAttributesSequence PerformedProcedureStepID
    PerformedProcedureStepDescription PerformedProcedureStepEndDate PerformedProcedureStepEndTime
    PerformedProtocolCodeSequence CommentsOnThePerformedProcedureStep AnatomicalOrientationType
    TreatmentSessionUID ClinicalTrialCoordinatingCenterName ClinicalTrialSeriesID
    ClinicalTrialSeriesDescription Manufacturer ManufacturerModelName InstitutionAddress
    InstitutionalDepartmentName DeviceSerialNumber SoftwareVersions GantryID
    FrameOfReferenceUID PositionReferenceIndicator
"""


def _path(keywords: str) -> Path:
    return tuple(_known(tag_for_keyword(word), word) for word in keywords.split("."))


def _known(tag: int | None, keyword: str) -> int:
    if tag is None:
        raise LookupError(f"{keyword} is not in the data dictionary")
    return int(tag)


def _columns(level: Level, rows: Iterable[_Row]) -> Iterable[Attribute]:
    for keywords, column, index, type_ in rows:
        path = _path(keywords)
        vr = dictionary_VR(path[-1])
        yield Attribute(path, level, vr, column, index, type_, own=vr == "UI")


def _documents(level: Level, keywords: str) -> Iterable[Attribute]:
    for keyword in keywords.split():
        tag = tag_for_keyword(keyword)
        if tag is not None:  # a younger attribute than the installed dictionary
            yield Attribute((int(tag),), level, dictionary_VR(tag))


def _computed() -> Iterable[Attribute]:
    for keyword, level, type_ in _COMPUTED:
        path = _path(keyword)
        yield Attribute(path, level, dictionary_VR(path[-1]), type=type_, computed=True)


ATTRIBUTES: tuple[Attribute, ...] = (
    *_columns(Level.STUDY, _STUDY),
    *_columns(Level.SERIES, _SERIES),
    *_columns(Level.INSTANCE, _INSTANCE),
    *_computed(),
    *_documents(Level.STUDY, _STUDY_DOCUMENT),
    *_documents(Level.SERIES, _SERIES_DOCUMENT),
)

BY_PATH: dict[Path, Attribute] = {attribute.path: attribute for attribute in ATTRIBUTES}
_LEVELS: dict[int, Level] = {attribute.tag: attribute.level for attribute in ATTRIBUTES}

TIMEZONE_OFFSET_FROM_UTC = 0x00080201
SPECIFIC_CHARACTER_SET = 0x00080005

# Each instance says it of its own dates and times, so the documents of all levels have it.
AT_ALL_LEVELS = (TIMEZONE_OFFSET_FROM_UTC,)

INSTANCE_AVAILABILITY = _path("InstanceAvailability")
MODALITIES_IN_STUDY = _path("ModalitiesInStudy")
SOP_CLASSES_IN_STUDY = _path("SOPClassesInStudy")
NUMBER_OF_STUDY_RELATED_SERIES = _path("NumberOfStudyRelatedSeries")
NUMBER_OF_STUDY_RELATED_INSTANCES = _path("NumberOfStudyRelatedInstances")
NUMBER_OF_SERIES_RELATED_INSTANCES = _path("NumberOfSeriesRelatedInstances")


def _dates_and_times() -> Iterable[tuple[Path, Path]]:
    for tag, row in DicomDictionary.items():
        keyword = row[4]
        time = tag_for_keyword(keyword.replace("Date", "Time")) if row[0] == "DA" else None
        if time is not None and dictionary_VR(time) == "TM":
            yield (tag,), (time,)


DATE_AND_TIME: dict[Path, Path] = dict(_dates_and_times())
"""Dates and the times that belong to them, for combined matching (PS3.4 C.2.2.2.5.4) and for
moving them from one zone to another: all pairs of the dictionary that are named alike."""

TIME_AND_DATE: dict[Path, Path] = {time: date for date, time in DATE_AND_TIME.items()}

CALENDAR_DAYS = frozenset({_path("PatientBirthDate")})
"""Dates that without a time are days of a calendar and no spans of time: no zone moves them."""


def attribute_at(path: Path) -> Attribute | None:
    """The row of the table for a path of tags, if it has one."""
    return BY_PATH.get(path)


def level_of(tag: int) -> Level:
    """The level that a tag belongs to: the table's, else the instance."""
    return _LEVELS.get(tag, Level.INSTANCE)


@cache
def keys_of(level: Level) -> tuple[str, ...]:
    """Keys in DICOM JSON, in order, of what the table puts at a level by name."""
    tags = {tag for tag in _LEVELS if _LEVELS[tag] is level}.union(AT_ALL_LEVELS)
    return tuple(f"{tag:08X}" for tag in sorted(tags))


@lru_cache(maxsize=1024)
def vr_of(path: Path) -> str:
    """Value representation of the innermost attribute; UN when nobody knows it."""
    try:
        return dictionary_VR(path[-1])
    except KeyError:
        return "UN"


@cache
def columns_of(level: Level) -> tuple[Attribute, ...]:
    """Attributes with a column in the level's table, in the order of the table."""
    return tuple(a for a in ATTRIBUTES if a.level is level and a.column)


@cache
def search_columns(level: Level) -> tuple[str, ...]:
    """Names of the text columns that the level's table has because of this table."""
    names: list[str] = []
    for attribute in columns_of(level):
        if attribute.column and not attribute.own:
            names.append(attribute.column)
        if attribute.fuzzy_column:
            names.append(attribute.fuzzy_column)
    return tuple(names)


@cache
def returned_at(level: Level) -> tuple[Attribute, ...]:
    """Attributes that every answer about this level has (PS3.18 10.6.3.3)."""
    return tuple(a for a in ATTRIBUTES if a.level is level and a.type)


def find_path(name: str) -> Path | None:
    """Tags that a dotted name of keywords or eight-digit tags means.

    Parameters
    ----------
    name
        For example ``PatientID``, ``00100020`` or ``00400275.ScheduledProcedureStepID``.

    Returns
    -------
    Path or None
        None when a part is neither a keyword of the dictionary nor eight hexadecimal digits.

    References
    ----------
    PS3.18 Section 8.3.4.1
    """
    tags = [_tag_of(part) for part in name.split(".")]
    return None if None in tags else tuple(tag for tag in tags if tag is not None)


def _tag_of(part: str) -> int | None:
    if len(part) == 8 and all(c in "0123456789abcdefABCDEF" for c in part):
        return int(part, 16)
    # The dictionary has retired entries whose keyword is empty.
    tag = tag_for_keyword(part) if part and part.isascii() else None
    return None if tag is None else int(tag)
