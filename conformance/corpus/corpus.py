"""The whole corpus of a seed, found by name."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from conformance.corpus.kinds import retrieved
from conformance.corpus.making import PHYSICIAN, Made
from conformance.corpus.studies import searched


@dataclass(frozen=True, slots=True)
class Corpus:
    """All instances of a seed."""

    seed: str
    instances: tuple[Made, ...]

    def instance(self, name: str) -> Made:
        """The instance of a name.

        Raises
        ------
        KeyError
            There is none.
        """
        for one in self.instances:
            if one.name == name:
                return one
        raise KeyError(name)

    def study(self, name: str) -> tuple[Made, ...]:
        """All instances of a study."""
        return tuple(one for one in self.instances if one.study == name)

    def study_uid(self, name: str) -> str:
        """The UID of a study."""
        return self.study(name)[0].study_uid

    def studies(self) -> dict[str, tuple[Made, ...]]:
        """The instances of each study, by its UID."""
        found: dict[str, list[Made]] = {}
        for one in self.instances:
            found.setdefault(one.study_uid, []).append(one)
        return {uid: tuple(made) for uid, made in found.items()}

    @property
    def physician(self) -> str:
        """The Referring Physician's Name that all studies share, and no other study on earth."""
        return PHYSICIAN.format(seed=self.seed)

    def dump(self, folder: Path) -> Iterator[Path]:
        """Write every instance as a file, for those who seed a server by C-STORE."""
        for uid, made in self.studies().items():
            place = folder / uid
            place.mkdir(parents=True, exist_ok=True)
            for one in made:
                path = place / f"{one.name}.dcm"
                path.write_bytes(one.part10)
                yield path


@lru_cache(maxsize=2)
def corpus_of(seed: str) -> Corpus:
    """Make the corpus of a seed; some 80 files of a few kilobytes."""
    with warnings.catch_warnings():
        # pydicom warns of character sets that it does not know; those names come spelled already.
        warnings.simplefilter("ignore")
        return Corpus(seed, (*retrieved(seed), *searched(seed)))
