"""Where a case and what belongs to it is found: absolute addresses, from the server's own."""

from __future__ import annotations

from dataclasses import dataclass

from community.accounts.people import Person
from community.cases.model import Case, KeyImage

usual_side: int = 800
"""Pixels that a picture of a key image has at most, each way."""


@dataclass(frozen=True, slots=True)
class Addresses:
    """Spells addresses.

    Attributes
    ----------
    origin
        By which the reader reached us, with our prefix and without a slash at the end.
    """

    origin: str

    def case(self, case: Case) -> str:
        """The page of a case."""
        return f"{self.origin}/cases/{case.slug}"

    def embed(self, case: Case) -> str:
        """The page for frames of other sites."""
        return f"{self.origin}/embed/{case.slug}"

    def root(self, case: Case) -> str:
        """The DICOMweb root that hands out a case's studies."""
        return f"{self.origin}/cases/{case.id}/dicom-web"

    def picture(self, case: Case, image: KeyImage, side: int = usual_side) -> str:
        """A key image, rendered."""
        return (
            f"{self.root(case)}/studies/{image.study_instance_uid}"
            f"/series/{image.series_instance_uid}/instances/{image.sop_instance_uid}"
            f"/frames/{image.frame}/rendered?viewport={side},{side}"
        )

    def person(self, person: Person) -> str:
        """Somebody's profile."""
        return f"{self.origin}/u/{person.handle}"
