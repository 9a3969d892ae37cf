"""A request for a volume as pictures, and as the parameters that they were made with.

What the client left open is chosen here, once for both, so that the module says what the pictures
are. Requests and headers of the answer are `volumes`.

References
----------
PS3.18 sections 8.3.5.3 and 10.4.1.1.7 to 10.4.1.1.8, annex K; PS3.3 section C.11.29.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from struct import pack
from typing import Any, Final

from archive.archive import Archive
from archive.opened import OpenedInstance
from dicomweb.errors import Refusal
from dicomweb.rendering.renderable import Decode
from dicomweb.volumes.images import Chosen, VolumeInput
from dicomweb.volumes.loading import load_volume
from dicomweb.volumes.query import DEFAULT_RATE, DEFAULT_SWIVEL_STEP, MAX_FRAMES, VolumeQuery
from dicomweb.volumes.store import VolumeStore
from imaging.data_set import DataSet
from imaging.errors import Malformed
from imaging.rendering.annotations import annotated
from imaging.rendering.colour_spaces import in_colour_space
from imaging.rendering.display import Window
from imaging.rendering.frame import Rendering
from imaging.rendering.picture import Picture
from imaging.rendering.pictures import encode_animation, encode_picture
from imaging.rendering.viewport import region
from imaging.volumes.rendering import VOLUME_RENDERED, Look, render, usual_window
from imaging.volumes.views import (
    BadView,
    Camera,
    Raster,
    along_curve,
    camera,
    frames_along,
    raster,
    swivelled,
)
from imaging.volumes.volume import Volume

Model = dict[str, dict[str, Any]]

# Instance Number, Slice Thickness and Slice Location: not those of a picture across the images.
_OF_ONE_IMAGE: Final = (0x00200013, 0x00180050, 0x00201041)

DEFAULT_ORIENTATION: Final = {True: "a", False: "f"}
DEFAULT_METHOD: Final = {True: VOLUME_RENDERED, False: "average_ip"}


@dataclass(frozen=True)
class VolumePictures:
    """What is shown of a volume.

    Parameters
    ----------
    three_d
        The whole volume seen from outside; else a plane or slab of it.
    """

    archive: Archive
    decode: Decode
    store: VolumeStore
    asked: VolumeQuery
    rendering: Rendering
    chosen: Chosen
    three_d: bool

    @property
    def is_animation(self) -> bool:
        """Whether there is more than one picture."""
        return self.asked.moves or len(self.chosen.phases) > 1

    @property
    def method(self) -> str:
        """How values that lie behind each other become one."""
        return self.asked.method or DEFAULT_METHOD[self.three_d]

    @property
    def rate(self) -> float:
        """Pictures a second."""
        return self.asked.rate or DEFAULT_RATE

    @cached_property
    def step(self) -> float:
        """Degrees or millimetres from a picture to the next."""
        if self.asked.step is not None:
            return self.asked.step
        if self.asked.curve is None:
            return DEFAULT_SWIVEL_STEP
        # No finer than the voxels, and no more pictures than there may be.
        finest = self._first.arrangement.grid.finest
        length = finest * (frames_along(self.asked.curve, finest) + 1)
        return max(finest, length / MAX_FRAMES)

    @property
    def _first(self) -> VolumeInput:
        return self.chosen.phases[0]

    @cached_property
    def start(self) -> Camera:
        """The camera that the request means.

        Raises
        ------
        Refusal
            400: there is no view from there.
        """
        asked = self.asked
        grid = self._first.arrangement.grid
        orientation = asked.orientation or DEFAULT_ORIENTATION[self.three_d]
        try:
            return camera(grid, orientation, asked.position, asked.look_at, asked.up)
        except BadView as error:
            raise Refusal.bad_request(str(error)) from error

    @cached_property
    def cameras(self) -> list[Camera]:
        """The camera of every picture in space.

        Raises
        ------
        Refusal
            400: there is no view from there.
        """
        asked = self.asked
        if asked.swivel_range is not None:
            return swivelled(self.start, asked.swivel_range, self.step)
        if asked.curve is None:
            return [self.start]
        try:
            return along_curve(self._along_curve(), asked.curve, self.step)
        except BadView as error:
            raise Refusal.bad_request(str(error)) from error

    def _along_curve(self) -> Camera:
        """Where nothing is said of the view, it looks along the curve."""
        asked, grid = self.asked, self._first.arrangement.grid
        if asked.curve is None or any((asked.orientation, asked.position, asked.look_at)):
            return self.start
        first, second = (
            asked.curve[0],
            next((point for point in asked.curve if point != asked.curve[0]), asked.curve[0]),
        )
        before = tuple(2 * a - b for a, b in zip(first, second, strict=True))
        return camera(grid, DEFAULT_ORIENTATION[False], before, first, asked.up)

    def check(self) -> None:
        """Refuse now what would be refused once pictures are made.

        Raises
        ------
        Refusal
            400, naming the parameter.
        """
        if self.asked.rate is not None and not self.is_animation:
            raise Refusal.bad_request(
                "animationrate says nothing of a single picture; add swivelrange or "
                "volumetriccurvepoint"
            )
        seen = self._raster(self.cameras[0])
        if self.rendering.viewport is None:
            return
        try:
            region(self.rendering.viewport, seen.columns, seen.rows)
        except Malformed as error:
            raise Refusal.bad_request(f"viewport: {error}") from error

    def _raster(self, seen_by: Camera) -> Raster:
        # All pictures of an animation are as large as its first.
        grid = self._first.arrangement.grid
        first = raster(grid, self.cameras[0])
        return first if seen_by is self.cameras[0] else raster(grid, seen_by, like=first)

    def single(self, media_type: str) -> Iterable[bytes]:
        """Make the one picture; whoever takes it slowly holds no place meanwhile."""
        with self.store.place():
            picture = self._picture(self._volume(self._first), self.cameras[0])
            return (encode_picture(picture, media_type, self.rendering.quality),)

    def animation(self, media_type: str) -> Iterator[bytes]:
        """Make all pictures, one after the other, as one file."""
        with self.store.place():
            time_ms = 1000 / self.rate
            yield from encode_animation(
                self._pictures(), media_type, time_ms, self.rendering.quality
            )

    def parts(self, media_type: str) -> Iterator[bytes]:
        """Make all pictures, one after the other, as files."""
        with self.store.place():
            for picture in self._pictures():
                yield encode_picture(picture, media_type, self.rendering.quality)

    def _pictures(self) -> Iterable[Picture]:
        for phase in self.chosen.phases:
            volume = self._volume(phase)
            for seen_by in self.cameras:
                yield self._picture(volume, seen_by)

    def _picture(self, volume: Volume, seen_by: Camera) -> Picture:
        window = self._window(volume)
        look = Look(
            self.three_d,
            self.method,
            window,
            slab=self.asked.slab,
            inverse=self._first.inverse,
            viewport=self.rendering.viewport,
        )
        return self._dressed(render(volume, self._raster(seen_by), look))

    def _dressed(self, picture: Picture) -> Picture:
        """With what is burnt in and the profile that were asked for; our colours are sRGB."""
        rendering = self.rendering
        if rendering.annotations:
            annotations = rendering.annotations
            picture = Picture(annotated(picture.pixels, self._told_of, annotations))
        return in_colour_space(picture, rendering.icc_profile, DataSet(), 1)

    @cached_property
    def _told_of(self) -> DataSet:
        """The data set that annotations are of: the image in the middle of the volume."""
        images = self._first.images
        with OpenedInstance(self.archive, images[len(images) // 2].instance) as opened:
            told = opened.data_set
        for tag in _OF_ONE_IMAGE:
            told.pop(tag, None)
        return told

    def _volume(self, phase: VolumeInput) -> Volume:
        return self.store.get(
            phase.key, lambda folder: load_volume(self.archive, self.decode, phase, folder)
        )

    def _window(self, volume: Volume) -> Window | None:
        """From values to grays; None leaves volume rendering to what Hounsfield units mean."""
        if self.rendering.window is not None:
            return self.rendering.window
        if self.method == VOLUME_RENDERED:
            return None if self._first.hounsfield else usual_window(volume)
        return self._first.window or usual_window(volume)

    def window(self) -> Window | None:
        """The window of the pictures, for which the volume may have to be put together."""
        if self.rendering.window is not None or (
            self._first.window is not None and self.method != VOLUME_RENDERED
        ):
            return self.rendering.window or self._first.window
        if self.method == VOLUME_RENDERED:
            return None
        with self.store.place():
            return usual_window(self._volume(self._first))

    def module(self, *, is_video: bool) -> Model:
        """Say the parameters of the pictures, as the Rendered Volume Response Module.

        References
        ----------
        PS3.18 table K.1-1
        """
        start = self.cameras[0] if self.asked.curve is not None else self.start
        model: Model = {
            "00720510": _value("CS", "3D_RENDERING" if self.three_d else "MPR"),
            "0070120D": _value("CS", self.method.upper()),
            "00701603": _value("FD", *start.position),
            "00701604": _value("FD", *start.look_at),
            "00701605": _value("FD", *start.up),
        }
        if self.asked.slab is not None:
            model["00701503"] = _value("FD", self.asked.slab)
        if (window := self.window()) is not None:
            model["00281050"] = _value("DS", window.center)
            model["00281051"] = _value("DS", window.width)
            model["00281056"] = _value("CS", window.function)
        model.update(self._motion(is_video=is_video))
        return dict(sorted(model.items()))

    def _motion(self, *, is_video: bool) -> Model:
        model: Model = {}
        if self.asked.swivel_range is not None:
            model["00701A06"] = _value("FD", self.asked.swivel_range)
        if self.asked.curve is not None:
            numbers = [number for point in self.asked.curve for number in point]
            points = b64encode(pack(f"<{len(numbers)}d", *numbers)).decode()
            model["0070150C"] = _value("UL", len(self.asked.curve))
            model["0070150D"] = {"vr": "OD", "InlineBinary": points}
        if self.asked.moves:
            model["00701A05"] = _value("FD", self.step)
        if self.is_animation or is_video:
            model["00701A03"] = _value("FD", self.rate)
        return model


def _value(vr: str, *values: object) -> dict[str, Any]:
    return {"vr": vr, "Value": list(values)}
