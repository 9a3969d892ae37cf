"""Images rendered: frames of one instance, and the images that a presentation state is for.

References
----------
PS3.18 section 8.3.5.1 (as if the parameters were a presentation state), PS3.4 annex N.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cached_property, partial
from itertools import islice

from archive.errors import Gone, NotFound
from archive.opened import OpenedInstance
from archive.retrieve import StoredInstance, find_instances
from archive.thumbnails import identifies_somebody
from dicomweb.errors import Refusal
from dicomweb.rendering.kinds import Renderings, renderings_of, renderings_of_frames
from dicomweb.rendering.renderable import Context, Excerpt, Part, path_of
from imaging.errors import Malformed
from imaging.pixels import FrameDescription
from imaging.rendering.display import representative_frame
from imaging.rendering.frame import Picture, Rendering, render_frame, steadied
from imaging.rendering.pictures import (
    ANIMATION_TYPES,
    encode_animation,
    encode_picture,
    frame_times_ms,
)
from imaging.rendering.presentation import (
    ImageReference,
    PresentationState,
    read_presentation_state,
)
from imaging.rendering.viewport import MAX_PIXELS, region

max_referenced_images = 1_000
"""Of a presentation state, that are looked up."""


def render(
    context: Context,
    opened: OpenedInstance,
    number: int,
    presentation: PresentationState | None = None,
) -> Picture:
    """Render one frame of an opened instance.

    Raises
    ------
    Refusal
        400: the region does not lie in the image, or a window is asked for one in colours.
    ImagingError
        The frame cannot be shown.
    """
    description = opened.description
    rendering = _fitting(context, description) if presentation is None else context.rendering
    return render_frame(
        opened.data_set,
        context.decode(description, opened.frame(number)),
        number,
        rendering,
        presentation=presentation,
        read_bulk=opened.read_bulk,
    )


def encoded(
    context: Context,
    opened: OpenedInstance,
    number: int,
    media_type: str,
    presentation: PresentationState | None = None,
) -> bytes:
    """Render one frame of an opened instance into a file; raises as `render`."""
    with context.decode.canvas(_pixels(context, opened, presentation)):
        picture = render(context, opened, number, presentation)
        return encode_picture(picture, media_type, context.rendering.quality)


def _pixels(
    context: Context, opened: OpenedInstance, presentation: PresentationState | None = None
) -> int:
    """How many pixels a picture of a frame has on its way, at most."""
    viewport = context.rendering.viewport
    stored = opened.description.pixels
    if viewport is not None:
        width, height = viewport.width or viewport.height, viewport.height or viewport.width
        return max(stored, (width or 0) * (height or 0))
    if presentation is not None and presentation.enlarges:
        return max(stored, MAX_PIXELS)
    return stored


def _fitting(context: Context, description: FrameDescription) -> Rendering:
    """What is asked for, if it can be done to an image like this."""
    rendering = context.rendering
    if rendering.window is not None and _has_colours(description):
        if not context.among_others:
            raise Refusal.bad_request("window does not apply to an image in colours")
        rendering = replace(rendering, window=None)
    if rendering.viewport is not None:
        try:
            region(rendering.viewport, description.columns, description.rows)
        except Malformed as exc:
            raise Refusal.bad_request(f"viewport: {exc}") from exc
    return rendering


def _has_colours(description: FrameDescription) -> bool:
    is_palette = description.photometric_interpretation == "PALETTE COLOR"
    return is_palette or description.samples_per_pixel > 1


class Images:
    """Frames of one instance.

    Parameters
    ----------
    numbers
        Of the frames that are asked for, from 1; None is the whole instance.
    """

    def __init__(
        self, context: Context, found: StoredInstance, numbers: Sequence[int] | None = None
    ) -> None:
        self._context = context
        self._found = found
        self._numbers = numbers
        self.versions: tuple[str, ...] = (found.version,)

    @property
    def renderings(self) -> Renderings:
        """What as."""
        if self._numbers is not None:
            return renderings_of_frames(len(self._numbers))
        return renderings_of(self._found.sop_class_uid, self._found.number_of_frames)

    @property
    def _all(self) -> Sequence[int]:
        return self._numbers or range(1, self._found.number_of_frames + 1)

    @cached_property
    def _representative(self) -> int:
        with OpenedInstance(self._context.archive, self._found) as opened:
            return representative_frame(opened.data_set, self._found.number_of_frames)

    def excerpt(self, media_type: str) -> Excerpt | None:
        """Say which frame stands for all of them, unless they move."""
        if len(self._all) == 1 or media_type in ANIMATION_TYPES:
            return None
        number, count = self._representative, len(self._all)
        notice = (
            f"Frame {number} stands for the {count} frames of this instance. All of them can be "
            f'had as multipart/related; type="{media_type}" or as {" or ".join(ANIMATION_TYPES)}'
        )
        return Excerpt(path_of(self._found, [number]), notice)

    def kept(self, media_type: str, way: str) -> Iterable[bytes]:
        """One picture: as it was made before in this way, or made now and kept."""
        renditions, key = self._context.archive.renditions, self._found.key
        known = renditions.get(key, way)
        if known is not None:
            return (known,)
        made = b"".join(self.single(media_type))
        renditions.put(key, way, made)
        return (made,)

    def single(self, media_type: str) -> Iterable[bytes]:
        """Make one picture, or an animation of all."""
        if media_type in ANIMATION_TYPES and len(self._all) > 1:
            return self._animation(media_type)
        number = self._all[0] if len(self._all) == 1 else self._representative
        with OpenedInstance(self._context.archive, self._found) as opened:
            return (self._encoded(opened, number, media_type),)

    def parts(self, media_type: str) -> Iterator[Part]:
        """Name the pictures of all frames."""
        with OpenedInstance(self._context.archive, self._found) as opened:
            for number in self._all:
                yield Part(
                    path_of(self._found, [number]),
                    partial(self._encoded, opened, number, media_type),
                )

    def _encoded(self, opened: OpenedInstance, number: int, media_type: str) -> bytes:
        return encoded(self._context, opened, number, media_type)

    def _animation(self, media_type: str) -> Iterator[bytes]:
        with OpenedInstance(self._context.archive, self._found) as opened:
            count = self._found.number_of_frames
            times = list(islice(frame_times_ms(opened.data_set), count))
            context = self._steady(opened)
            yield from encode_animation(
                self._pictures(context, opened),
                media_type,
                [times[number - 1] for number in self._all],
                self._context.rendering.quality,
            )

    def _pictures(self, context: Context, opened: OpenedInstance) -> Iterator[Picture]:
        for number in self._all:
            with context.decode.canvas(_pixels(context, opened)):
                yield render(context, opened, number)

    def _steady(self, opened: OpenedInstance) -> Context:
        """The context with one window for all frames, that of the representative one."""
        number = self._representative
        frame = self._context.decode(opened.description, opened.frame(number))
        rendering = steadied(
            self._context.rendering, opened.data_set, frame, number, opened.read_bulk
        )
        return replace(self._context, rendering=rendering)


class StateImages:
    """The images that a presentation state is for, shown as it says.

    Only those that the caller may see, in the same collection, are looked for.
    """

    def __init__(self, context: Context, found: StoredInstance) -> None:
        self._context = context
        self._found = found
        self.renderings = renderings_of(found.sop_class_uid, found.number_of_frames)

    @cached_property
    def _state(self) -> PresentationState:
        with OpenedInstance(self._context.archive, self._found) as opened:
            return read_presentation_state(opened.data_set, opened.read_bulk)

    @cached_property
    def _images(self) -> list[tuple[StoredInstance, tuple[int, ...]]]:
        """The images that are here, each with the frames that are meant."""
        references = self._state.references[:max_referenced_images]
        images = [pair for reference in references if (pair := self._image(reference))]
        if not images:
            raise Refusal.not_found("no image that this presentation state references is here")
        return images

    def _image(self, reference: ImageReference) -> tuple[StoredInstance, tuple[int, ...]] | None:
        uids = (
            reference.study_instance_uid,
            reference.series_instance_uid,
            reference.sop_instance_uid,
        )
        context = self._context
        try:
            found = next(
                find_instances(context.archive, context.principal, context.collection, *uids)
            )
        except (NotFound, Gone):
            return None
        count = found.number_of_frames
        numbers = reference.frames or tuple(range(1, count + 1))
        shown = tuple(number for number in numbers if 1 <= number <= count)
        return (found, shown) if shown else None

    @property
    def versions(self) -> tuple[str, ...]:
        """Of the state and all images that it is shown with."""
        return (self._found.version, *(image.version for image, _ in self._images))

    def excerpt(self, media_type: str) -> Excerpt | None:
        """Say that the first picture stands for all of them."""
        count = sum(len(numbers) for _, numbers in self._images)
        if count == 1:
            return None
        notice = (
            f"The first of {count} images of this presentation state is shown. All of them can be "
            f'had as multipart/related; type="{media_type}"'
        )
        return Excerpt(path_of(self._found), notice)

    def single(self, media_type: str) -> Iterable[bytes]:
        """Make the picture of the first image."""
        image, numbers = self._images[0]
        with OpenedInstance(self._context.archive, image) as opened:
            return (self._encoded(opened, numbers[0], media_type),)

    def identifies_somebody(self) -> bool:
        """Say whether the first image says of itself that it tells who the patient is."""
        with OpenedInstance(self._context.archive, self._images[0][0]) as opened:
            return identifies_somebody(opened.data_set)

    def first_picture(self) -> Picture:
        """Render the first image without what is written on it, which may be a name."""
        image, numbers = self._images[0]
        state = replace(self._state, annotations=())
        with OpenedInstance(self._context.archive, image) as opened:
            return render(self._context, opened, numbers[0], state)

    def parts(self, media_type: str) -> Iterator[Part]:
        """Name the pictures of all images."""
        for image, numbers in self._images:
            with OpenedInstance(self._context.archive, image) as opened:
                for number in numbers:
                    yield Part(
                        path_of(self._found), partial(self._encoded, opened, number, media_type)
                    )

    def _encoded(self, opened: OpenedInstance, number: int, media_type: str) -> bytes:
        return encoded(self._context, opened, number, media_type, self._state)
