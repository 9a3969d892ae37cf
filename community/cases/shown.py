"""A case as templates show it: with addresses, words and HTML. Made of a `CaseView` only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from flask import request
from markupsafe import Markup

from community.cases import vocabulary
from community.cases.model import DIAGNOSIS, CaseView, KeyImage, Region
from community.cases.reading import UNKNOWN, UNTITLED
from community.cases.safe_markdown import to_safe_html
from community.look.languages import gettext

large_side: Final = 1024
small_side: Final = 320


@dataclass(frozen=True, slots=True)
class ShownImage:
    """A key image, where its pictures are, and where the viewer shows it."""

    image: KeyImage
    large: str
    small: str
    viewer: str
    region: Region | None


@dataclass(frozen=True, slots=True)
class ShownSection:
    """A section as HTML that is safe."""

    kind: str
    name: str
    html: Markup


@dataclass(frozen=True, slots=True)
class ShownCase:
    """What the page of a case shows beside the view itself.

    Attributes
    ----------
    facts
        Names and values, translated.
    licence
        Its words, and its address if it has one.
    """

    title: str
    sections: Sequence[ShownSection]
    images: Sequence[ShownImage]
    viewer: str
    facts: Sequence[tuple[str, str]]
    licence: tuple[str, str]


def shown_case(view: CaseView) -> ShownCase:
    """A case for the page that tells all of it."""
    licence = view.case.licence
    return ShownCase(
        title=title_of(view),
        sections=[
            ShownSection(
                one.kind,
                gettext(vocabulary.SECTIONS[one.kind].name),
                to_safe_html(one.markdown),
            )
            for one in view.sections
        ],
        images=shown_images(view),
        viewer=viewer_address(view),
        facts=facts_of(view),
        licence=(
            gettext(vocabulary.LICENCES.get(licence, "")) if licence else "",
            vocabulary.LICENCE_ADDRESSES.get(licence, ""),
        ),
    )


def title_of(view: CaseView) -> str:
    """What the reader calls a case."""
    title = view.shown_title
    return gettext(title) if title in (UNTITLED, UNKNOWN) else title


def shown_images(view: CaseView) -> list[ShownImage]:
    """The key images of a case."""
    return [
        ShownImage(
            one,
            f"{picture_address(view, one)}/rendered?viewport={large_side},{large_side}",
            f"{picture_address(view, one)}/thumbnail?viewport={small_side},{small_side}",
            viewer_address(view, one),
            one.region,
        )
        for one in view.key_images
    ]


def root_of(case_id: str) -> str:
    """Path of the DICOMweb root of a case."""
    return f"{request.script_root}/cases/{case_id}/dicom-web"


def picture_address(view: CaseView, image: KeyImage) -> str:
    """Path of a frame in the root of its case."""
    return (
        f"{root_of(view.case.id)}/studies/{image.study_instance_uid}"
        f"/series/{image.series_instance_uid}/instances/{image.sop_instance_uid}"
        f"/frames/{image.frame}"
    )


def viewer_address(view: CaseView, image: KeyImage | None = None) -> str:
    """Where the viewer shows the studies of a case, or one frame of them; empty without any."""
    if not view.studies:
        return ""
    query = {
        "StudyInstanceUIDs": ",".join(one.study_instance_uid for one in view.studies),
        "datasources": f"case-{view.case.id}",
    }
    if image is not None:
        uids = image.series_instance_uid, image.sop_instance_uid
        query |= viewer_place(*uids, image.frame, region=image.region)
    return f"{request.script_root}/viewer/viewer?{urlencode(query, safe=',')}"


def viewer_place(
    series: str, instance: str, frame: int, **drawn: tuple[float, ...] | None
) -> dict[str, str]:
    """How the viewer is told of a place; see ``viewer/place.js``.

    Parameters
    ----------
    drawn
        The `region` and the `window`, if there are any.
    """
    query = {"initialSeriesInstanceUID": series, "initialSOPInstanceUID": instance}
    if frame > 1:
        query["frame"] = str(frame)
    for name, values in drawn.items():
        if values is not None:
            query[name] = ",".join(f"{one:.6g}" for one in values)
    return query


_FACTS: Final = (
    "specialty", "body_part", "modalities", "age_band", "sex", "certainty", "proof", "difficulty",
)  # fmt: skip


def facts_of(view: CaseView) -> list[tuple[str, str]]:
    """Names and values of what is said of a case in a word, translated."""
    found = []
    for name in _FACTS:
        value = getattr(view.case, name)
        if name == "modalities":
            words = ", ".join(gettext(vocabulary.MODALITIES.get(one, one)) for one in value)
        else:
            words = gettext(vocabulary.WORDS[name].get(value, "")) if value else ""
        if words:
            found.append((gettext(vocabulary.FIELDS[name]), words))
    return found


def description_of(view: CaseView, sections: Sequence[ShownSection]) -> str:
    """A line for lists of other sites: words of the first section that is no diagnosis."""
    first = next((one for one in sections if one.kind != DIAGNOSIS), None)
    return " ".join(first.html.striptags().split())[:160] if first else title_of(view)
