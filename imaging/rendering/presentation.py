"""What a softcopy presentation state says about the images it references: reading it whole.

What its parts are and do is in modules of their own; `rendering` applies it.

References
----------
PS3.3 sections A.33, C.10 and C.11, PS3.4 annex N.
"""

from dataclasses import dataclass, field, replace
from typing import Final

from imaging.data_set import DataSet
from imaging.errors import LimitExceeded, Unsupported
from imaging.references import (
    ImageReference,
    covered_by,
    read_referenced_series,
    read_references,
)
from imaging.rendering.display import Display, Window, number_of, window_of
from imaging.rendering.displayed_area import Area, Turn, read_area, read_turn
from imaging.rendering.graphic_annotations import Annotation, Layer, read_annotations, read_layers
from imaging.rendering.lookup_tables import (
    LookupTable,
    Palette,
    ReadBulk,
    read_item_lut,
    read_palette,
)
from imaging.rendering.overlays import GROUPS, Overlay, read_overlays
from imaging.rendering.shutters import Shutter, read_shutter

__all__ = ["ImageReference", "PresentationState", "read_presentation_state"]

_STORAGE: Final = "1.2.840.10008.5.1.4.1.1.11."
_GRAYSCALE, _COLOUR, _PSEUDO_COLOUR, _XA_XRF = (_STORAGE + last for last in "1235")
_CLASSES: Final = frozenset({_GRAYSCALE, _COLOUR, _PSEUDO_COLOUR, _XA_XRF})
MAX_ITEMS: Final = 2_000
_MASKS, _MODALITY_LUT, _VOI_LUTS, _VOI_LUT = 0x00286100, 0x00283000, 0x00283110, 0x00283010
_PRESENTATION_LUT, _SHAPE, _AREAS = 0x20500010, 0x20500020, 0x0070005A
_ACTIVATION_LAYER = 0x1001


@dataclass(frozen=True, slots=True)
class Voi:
    """A window or a table for some of the images."""

    references: tuple[ImageReference, ...]
    window: Window | None
    table: LookupTable | None


@dataclass(frozen=True, slots=True)
class ShownArea:
    """A displayed area for some of the images."""

    references: tuple[ImageReference, ...]
    area: Area


@dataclass(frozen=True, slots=True)
class PresentationState:
    """A presentation state, read.

    Parameters
    ----------
    references
        The images that it can be applied to, in its order.
    grays
        What it says of gray values, but for the VOI stage; None of a state for colour images.
    activated
        Overlay groups that are drawn, its own or the image's, and on which layer.
    """

    references: tuple[ImageReference, ...] = ()
    grays: Display | None = None
    vois: tuple[Voi, ...] = ()
    areas: tuple[ShownArea, ...] = ()
    turn: Turn = field(default_factory=Turn)
    shutter: Shutter | None = None
    annotations: tuple[Annotation, ...] = ()
    overlays: tuple[Overlay, ...] = ()
    activated: tuple[tuple[int, Layer], ...] = ()

    def covers(self, sop_instance_uid: str, number: int) -> bool:
        """Whether it can be applied to a frame, numbered from 1."""
        return covered_by(self.references, sop_instance_uid, number)

    @property
    def enlarges(self) -> bool:
        """Whether pictures may have more pixels than their images."""
        return bool(self.areas)

    def display(self, stored: Display, sop_instance_uid: str, number: int) -> Display:
        """How a frame is shown; padding and palette are the image's own."""
        if self.grays is None:
            return stored
        voi = next(
            (one for one in self.vois if covered_by(one.references, sop_instance_uid, number)),
            Voi((), None, None),
        )
        return replace(
            self.grays,
            window=voi.window,
            voi_lut=voi.table,
            padding=stored.padding,
            palette=stored.palette,
        )

    def area(self, sop_instance_uid: str, number: int, rows: int, columns: int) -> Area:
        """The part of a frame that is shown; all of it where the state says nothing."""
        for shown in self.areas:
            if covered_by(shown.references, sop_instance_uid, number):
                return shown.area
        return Area(0, 0, columns, rows)


def read_presentation_state(
    data_set: DataSet, read_bulk: ReadBulk | None = None
) -> PresentationState:
    """Read a presentation state.

    Parameters
    ----------
    read_bulk
        Gives the bytes of a long value of `data_set`.

    Raises
    ------
    Unsupported
        When the instance is none that we can apply, or subtracts masks.
    LimitExceeded
        When it has more of something than we are willing to draw.
    """
    sop_class = data_set.text(0x00080016)
    if sop_class not in _CLASSES:
        raise Unsupported("there is no rendering through this kind of presentation state")
    if data_set.sequence(_MASKS):
        raise Unsupported("there is no rendering through a presentation state with masks")
    return PresentationState(
        references=read_referenced_series(data_set),
        grays=None if sop_class == _COLOUR else _grays(data_set, sop_class, read_bulk),
        vois=_vois(data_set, read_bulk),
        areas=_areas(data_set),
        turn=read_turn(data_set),
        shutter=read_shutter(data_set),
        annotations=read_annotations(data_set, read_bulk),
        overlays=tuple(read_overlays(data_set, read_bulk=read_bulk, groups=GROUPS)),
        activated=_activated(data_set),
    )


def _grays(data_set: DataSet, sop_class: str, read_bulk: ReadBulk | None) -> Display:
    slope = number_of(data_set, 0x00281053)
    pseudo = sop_class == _PSEUDO_COLOUR
    return Display(
        slope=slope if slope else 1.0,
        intercept=number_of(data_set, 0x00281052) or 0.0,
        modality_lut=read_item_lut(data_set, _MODALITY_LUT, read_bulk),
        inverse=data_set.text(_SHAPE) == "INVERSE",
        # Without a VOI stage the output of the modality stage is shown over its whole range.
        stretched=False,
        presentation_lut=read_item_lut(data_set, _PRESENTATION_LUT, read_bulk),
        pseudo_palette=_pseudo_palette(data_set, read_bulk) if pseudo else None,
    )


def _pseudo_palette(data_set: DataSet, read_bulk: ReadBulk | None) -> Palette:
    palette = read_palette(data_set, read_bulk)
    if palette is None:
        raise Unsupported("the presentation state names a palette instead of having one")
    return palette


def _vois(data_set: DataSet, read_bulk: ReadBulk | None) -> tuple[Voi, ...]:
    return tuple(
        Voi(read_references(item), window_of(item), read_item_lut(item, _VOI_LUT, read_bulk))
        for item in _bounded(data_set.sequence(_VOI_LUTS))
    )


def _areas(data_set: DataSet) -> tuple[ShownArea, ...]:
    items = [(item, read_area(item)) for item in _bounded(data_set.sequence(_AREAS))]
    return tuple(ShownArea(read_references(item), area) for item, area in items if area)


def _bounded(items: list[DataSet]) -> list[DataSet]:
    if len(items) > MAX_ITEMS:
        raise LimitExceeded(f"a presentation state has more than {MAX_ITEMS} items of one kind")
    return items


def _activated(data_set: DataSet) -> tuple[tuple[int, Layer], ...]:
    layers = read_layers(data_set)
    named = ((group, data_set.text(group << 16 | _ACTIVATION_LAYER)) for group in GROUPS)
    return tuple((group, layers.get(layer, Layer())) for group, layer in named if layer)
