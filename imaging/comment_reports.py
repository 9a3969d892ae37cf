"""What somebody said of a place in an image, as a Measurement Report that any viewer reads.

References
----------
PS3.16 TID 1500 (Measurement Report), TID 1410 (Planar ROI Measurements and Qualitative
Evaluations), TID 1501; PS3.3 section C.18.6 (Spatial Coordinates).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from typing import Any, Final

import numpy as np
from pydicom.dataset import Dataset
from pydicom.sr.codedict import codes
from pydicom.sr.coding import Code

from imaging.key_objects import Selected as Made
from imaging.key_objects import derived_uid, described

max_words: Final = 10_000
_SERIES_NUMBER: Final = 9001
_UNICODE: Final = "ISO_IR 192"
_OBSERVER: Final = "Reader"
"""Who said it stays with us: a file that was copied cannot be taken back."""
_IMAGING_PROCEDURE: Final = Code("363679005", "SCT", "Imaging procedure")
_FINDING: Final = Code("121071", "DCM", "Finding")
_DOT: Final = 0.01
"""Half of the box around a point, of the frame's side: a planar region has an area."""


@dataclass(frozen=True, slots=True)
class Remark:
    """What was said.

    Attributes
    ----------
    model
        Metadata of the image, an object of the DICOM JSON Model.
    frame
        From 1; None of an image with one frame.
    region
        Left, top, width and height as fractions of the frame; None is all of it.
    seed
        The same makes the same UIDs.
    """

    model: Mapping[str, Any]
    frame: int | None
    region: tuple[float, float, float, float] | None
    words: str
    at: datetime
    seed: str


def report(remark: Remark) -> Made:
    """Make the document, as a Part 10 file."""
    # Here and not above: it takes as long as everything else that a process begins with.
    from highdicom import sr

    source = described(remark.model)
    content = sr.MeasurementReport(
        observation_context=sr.ObservationContext(
            observer_person_context=sr.ObserverContext(
                observer_type=codes.DCM.Person,
                observer_identifying_attributes=sr.PersonObserverIdentifyingAttributes(
                    name=_OBSERVER
                ),
            )
        ),
        procedure_reported=_IMAGING_PROCEDURE,
        imaging_measurements=[_group(sr, remark, source)],
        title=codes.DCM.ImagingMeasurementReport,
    )
    series, instance = derived_uid(remark.seed, "series"), derived_uid(remark.seed, "instance")
    made = sr.ComprehensiveSR(
        evidence=[source],
        content=content[0],
        series_number=_SERIES_NUMBER,
        series_instance_uid=series,
        sop_instance_uid=instance,
        instance_number=1,
        manufacturer="DicomTube",
        is_complete=True,
        is_final=True,
        specific_character_set=_UNICODE,
    )
    made.SeriesDescription = "Discussion"
    made.ContentDate, made.ContentTime = f"{remark.at:%Y%m%d}", f"{remark.at:%H%M%S}"
    buffer = BytesIO()
    made.save_as(buffer, enforce_file_format=True)
    return Made(buffer.getvalue(), series, instance, made.to_json_dict())


def _group(sr: Any, remark: Remark, source: Dataset) -> Any:
    """The measurement group: where it is, and what is said of it."""
    region = sr.ImageRegion(
        graphic_type=sr.GraphicTypeValues.POLYLINE,
        graphic_data=_outline(remark.region, source),
        source_image=sr.SourceImageForRegion(
            referenced_sop_class_uid=source.SOPClassUID,
            referenced_sop_instance_uid=source.SOPInstanceUID,
            referenced_frame_numbers=None if remark.frame is None else [remark.frame],
        ),
    )
    group = sr.PlanarROIMeasurementsAndQualitativeEvaluations(
        tracking_identifier=sr.TrackingIdentifier(
            uid=derived_uid(remark.seed, "tracking"), identifier="Comment"
        ),
        referenced_region=region,
        finding_type=_FINDING,
    )
    comment = sr.TextContentItem(
        name=codes.DCM.Comment,
        value=remark.words[:max_words],
        relationship_type=sr.RelationshipTypeValues.CONTAINS,
    )
    group[0].ContentSequence.append(comment)
    return group


def _outline(region: tuple[float, float, float, float] | None, source: Dataset) -> Any:
    """A closed line around the region, in columns and rows of the image."""
    left, top, width, height = region or (0.0, 0.0, 1.0, 1.0)
    if not width or not height:
        left, top, width, height = left - _DOT, top - _DOT, 2 * _DOT, 2 * _DOT
    columns, rows = int(source.get("Columns", 1)), int(source.get("Rows", 1))
    right, bottom = min(left + width, 1.0) * columns, min(top + height, 1.0) * rows
    x, y = max(left, 0.0) * columns, max(top, 0.0) * rows
    return np.array([[x, y], [right, y], [right, bottom], [x, bottom], [x, y]])
