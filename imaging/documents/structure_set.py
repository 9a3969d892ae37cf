"""An RT Structure Set as a document: which structures it has, and of what kind.

References
----------
PS3.3 sections C.8.8.5 (Structure Set), C.8.8.6 (ROI Contour), C.8.8.8 (RT ROI Observations).
"""

from typing import Final

from imaging.documents.model import Block, Document, checked
from imaging.documents.values import Model, items, text, values

_FACTS: Final = (
    ("Patient", "00100010"),
    ("Patient ID", "00100020"),
    ("Study", "00081030"),
    ("Study date", "00080020"),
    ("Series", "0008103E"),
    ("Name", "30060004"),
    ("Description", "30060006"),
    ("Date", "30060008"),
    ("Time", "30060009"),
    ("Manufacturer", "00080070"),
)
_LABEL, _STRUCTURES, _CONTOURS, _OBSERVATIONS = "30060002", "30060020", "30060039", "30060080"
_NUMBER, _NAME, _DESCRIPTION = "30060022", "30060026", "30060028"
_REFERENCED_NUMBER, _CONTOUR, _TYPE = "30060084", "30060040", "300600A4"
_GEOMETRY, _POINTS = "30060042", "30060046"
_HEAD: Final = ("Number", "Name", "Kind", "Description", "Contours", "Points")


def read_structure_set(model: Model) -> Document:
    """Read a structure set.

    Parameters
    ----------
    model
        The data set in the DICOM JSON Model.

    Raises
    ------
    LimitExceeded
        It is longer than a document may be.
    """
    kinds = {text(one, _REFERENCED_NUMBER): text(one, _TYPE) for one in items(model, _OBSERVATIONS)}
    contours = {
        text(one, _REFERENCED_NUMBER): items(one, _CONTOUR) for one in items(model, _CONTOURS)
    }
    rows = tuple(
        _row(structure, kinds, contours.get(text(structure, _NUMBER), []))
        for structure in items(model, _STRUCTURES)
    )
    return checked(
        Document(
            title=text(model, _LABEL) or "RT structure set",
            facts=tuple((name, said) for name, tag in _FACTS if (said := text(model, tag))),
            blocks=(Block(label="Structures", rows=(_HEAD, *rows)),),
        )
    )


def _row(structure: Model, kinds: dict[str, str], contours: list[Model]) -> tuple[str, ...]:
    number = text(structure, _NUMBER)
    shapes = sorted({text(contour, _GEOMETRY).lower().replace("_", " ") for contour in contours})
    points = sum(
        count[0] for contour in contours if (count := values(contour, _POINTS)) and _counts(count)
    )
    return (
        number,
        text(structure, _NAME),
        kinds.get(number, ""),
        text(structure, _DESCRIPTION),
        f"{len(contours)} ({', '.join(shapes)})" if contours else "none",
        str(points),
    )


def _counts(found: list[object]) -> bool:
    return isinstance(found[0], int)
