"""The receipt of a study: what was done, counted; no value of it, old or new, but its new UIDs.

References
----------
PS3.15 section E.1.1; the options and codes are those of `profile`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from imaging.deidentify.profile import Profile
from imaging.version import VERSION

FORMAT: Final = 1
BASIC: Final = "basic"


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was done to one instance. Every UID is a new one.

    Attributes
    ----------
    sha256
        Of the finished file.
    counts
        Keyword, action of PS3.15 and how often, one row each.
    boxes, area
        Blackened, and how many pixels lie inside.
    look_at
        Why a person should look at it, where nobody did.
    """

    study_instance_uid: str
    series_instance_uid: str
    sop_class_uid: str
    sop_instance_uid: str
    transfer_syntax_uid: str
    transcoded: bool
    size: int
    sha256: str
    counts: tuple[tuple[str, str, int], ...] = ()
    texts_cleaned: int = 0
    frames_checked: int = 0
    boxes: int = 0
    area: int = 0
    look_at: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """As it is kept until the receipt is made."""
        return asdict(self)

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Evidence:
        """As it was kept."""
        counts = tuple((str(k), str(a), int(n)) for k, a, n in kept["counts"])
        return cls(**{**kept, "counts": counts, "look_at": tuple(kept["look_at"])})


class Receipt:
    """The receipt of one study, added up instance by instance."""

    def __init__(self, profile: Profile, key_id: str, collection: str) -> None:
        self._head = {
            "format": FORMAT,
            "software": f"DicomTube {VERSION}",
            "profile": BASIC,
            "options": sorted(str(option) for option in profile.options),
            "methods": [
                {"code": code, "scheme": "DCM", "meaning": meaning}
                for code, meaning in profile.methods
            ],
            "collection": collection,
            "key": key_id,
        }
        self._studies: set[str] = set()
        self._actions: Counter[tuple[str, str]] = Counter()
        self._sums: Counter[str] = Counter()
        self._files: list[dict[str, Any]] = []

    def add(self, evidence: Evidence) -> None:
        """Count one more instance in."""
        self._studies.add(evidence.study_instance_uid)
        for keyword, action, count in evidence.counts:
            self._actions[keyword, action] += count
        for name in ("texts_cleaned", "frames_checked", "boxes", "area"):
            self._sums[name] += getattr(evidence, name)
        self._files.append(
            {
                "sop_instance_uid": evidence.sop_instance_uid,
                "transfer_syntax_uid": evidence.transfer_syntax_uid,
                "transcoded": evidence.transcoded,
                "bytes": evidence.size,
                "sha256": evidence.sha256,
                **({"look_at": list(evidence.look_at)} if evidence.look_at else {}),
            }
        )

    def as_json(self) -> dict[str, Any]:
        """All of it."""
        return {
            **self._head,
            "studies": sorted(self._studies),
            "instances": len(self._files),
            "attributes": _by_attribute(self._actions),
            "actions": dict(_by_action(self._actions)),
            "texts_cleaned": self._sums["texts_cleaned"],
            "pixels": {
                "frames_checked": self._sums["frames_checked"],
                "boxes": self._sums["boxes"],
                "blackened_pixels": self._sums["area"],
            },
            "files": sorted(self._files, key=lambda file: file["sop_instance_uid"]),
        }


def receipt_of(
    profile: Profile, key_id: str, collection: str, evidence: Iterable[Evidence]
) -> dict[str, Any]:
    """The receipt of all these instances."""
    receipt = Receipt(profile, key_id, collection)
    for one in evidence:
        receipt.add(one)
    return receipt.as_json()


def merged(before: Mapping[str, Any] | None, now: Mapping[str, Any]) -> dict[str, Any]:
    """One receipt of what was published earlier and of what was published now.

    Options and software are those of the later one; what is published twice counts once.
    """
    if before is None:
        return dict(now)
    files = {file["sop_instance_uid"]: file for file in (*before["files"], *now["files"])}
    attributes = {
        name: _sum(before["attributes"].get(name, {}), now["attributes"].get(name, {}))
        for name in sorted({*before["attributes"], *now["attributes"]})
    }
    return {
        **now,
        "studies": sorted({*before["studies"], *now["studies"]}),
        "instances": len(files),
        "attributes": attributes,
        "actions": _sum(before["actions"], now["actions"]),
        "texts_cleaned": before["texts_cleaned"] + now["texts_cleaned"],
        "pixels": _sum(before["pixels"], now["pixels"]),
        "files": [files[uid] for uid in sorted(files)],
    }


def _sum(one: Mapping[str, int], other: Mapping[str, int]) -> dict[str, int]:
    return {name: one.get(name, 0) + other.get(name, 0) for name in sorted({*one, *other})}


def _by_attribute(counts: Counter[tuple[str, str]]) -> dict[str, dict[str, int]]:
    made: dict[str, dict[str, int]] = {}
    for (keyword, action), count in sorted(counts.items()):
        made.setdefault(keyword, {})[action] = count
    return made


def _by_action(counts: Counter[tuple[str, str]]) -> Counter[str]:
    made: Counter[str] = Counter()
    for (_, action), count in sorted(counts.items()):
        made[action] += count
    return made
