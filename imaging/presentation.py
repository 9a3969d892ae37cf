"""What a softcopy presentation state says about the images it references: values only.

References
----------
PS3.3 sections A.33 and C.10 and C.11, PS3.4 annex N.
"""

from dataclasses import dataclass

from imaging.data_set import DataSet
from imaging.display import ReadBulk


@dataclass(frozen=True, slots=True)
class ImageReference:
    """An image that a presentation state is for; no `frames` means all of them."""

    study_instance_uid: str
    series_instance_uid: str
    sop_class_uid: str
    sop_instance_uid: str
    frames: tuple[int, ...] = ()

    def covers(self, sop_instance_uid: str, number: int) -> bool:
        """Whether a frame, numbered from 1, is meant."""
        same = self.sop_instance_uid == sop_instance_uid
        return same and (not self.frames or number in self.frames)


@dataclass(frozen=True, slots=True)
class PresentationState:
    """A presentation state, read.

    Parameters
    ----------
    references
        The images that it can be applied to, in its order.
    """

    references: tuple[ImageReference, ...] = ()

    def covers(self, sop_instance_uid: str, number: int) -> bool:
        """Whether it can be applied to a frame, numbered from 1."""
        return any(reference.covers(sop_instance_uid, number) for reference in self.references)


def read_presentation_state(
    data_set: DataSet, read_bulk: ReadBulk | None = None
) -> PresentationState:
    """Read a presentation state.

    Raises
    ------
    Unsupported
        When the instance is none that we can apply, or subtracts masks.
    LimitExceeded
        When it has more of something than we are willing to draw.
    """
    raise NotImplementedError
