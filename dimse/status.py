"""What became of an instance, as a C-STORE response says it.

The status word is the Failure Reason that the archive's error carries: STOW-RS and C-STORE use
the same words, so there is no table here that could drift from the other door's.

References
----------
PS3.4 B.2.3 and GG.4 (C-STORE status words), PS3.7 C (general status words) and 9.3.1.2.
"""

from __future__ import annotations

from dataclasses import dataclass

from archive.errors import StoreFailure
from archive.ingest import Failed, Outcome

SUCCESS = 0x0000
PROCESSING_FAILURE = 0x0110
# Error Comment (0000,0902) is LO: at most 64 characters, no backslash.
max_comment = 64

# Where the archive has no words of its own, or more than the comment holds.
_SHORT = {
    0x0111: "another data set has this UID; the first is kept",
    0xB000: "kept in quarantine until it is de-identified",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """A status word, and a comment that holds nothing of the patient's."""

    status: int
    comment: str = ""
    already: bool = False

    @property
    def outcome(self) -> str:
        """The word under which metrics count it."""
        if self.status != SUCCESS:
            return f"0x{self.status:04X}"
        return "already" if self.already else "stored"


def answer_to(outcome: Outcome) -> Answer:
    """Word the answer to one instance."""
    if isinstance(outcome, Failed):
        return failed(outcome.failure)
    if outcome.warning is not None:
        return Answer(outcome.warning, _SHORT.get(outcome.warning, ""))
    return Answer(SUCCESS, already=outcome.already)


def failed(failure: StoreFailure) -> Answer:
    """Word the answer to an instance that was not stored."""
    return Answer(failure.reason, _SHORT.get(failure.reason) or comment(str(failure)))


def comment(text: str) -> str:
    """Bring a sentence of ours into the value representation LO, default repertoire."""
    plain = "".join(c if " " <= c <= "~" and c != "\\" else "?" for c in text)
    return plain if len(plain) <= max_comment else plain[: max_comment - 3].rstrip() + "..."
