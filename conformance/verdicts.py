"""How a check says what it found: it returns, or raises one of these with a sentence.

    Verdict
    ├── Failed       what is asked does not hold
    ├── Weak         it holds, but badly: nothing that a SHALL forbids
    ├── NotOffered   an optional service that the server honestly says it lacks
    └── Undecided    nothing can be said on this server as it is

What `Failed` comes to depends on the level of the check's requirements: a SHALL fails, the others
are weak.
"""

from __future__ import annotations

from conformance.model import Severity


class Verdict(Exception):  # noqa: N818 - most verdicts are no errors
    """A check ends otherwise than by passing."""


class Failed(Verdict):
    """What the requirement asks does not hold.

    Parameters
    ----------
    reason : str
        What was expected and what came, as a sentence.
    severity : Severity
        `PRIVACY` when data reached somebody who did not ask for them.
    """

    def __init__(self, reason: str, severity: Severity = Severity.NORMAL) -> None:
        super().__init__(reason)
        self.severity = severity


class Weak(Verdict):
    """Not forbidden, and not good."""


class NotOffered(Verdict):
    """The server does not have this optional thing, and says so as the standard wants."""


class Undecided(Verdict):
    """Nothing can be said: no data, no permission to write, nothing to compare with."""


def expect(holds: object, reason: str, severity: Severity = Severity.NORMAL) -> None:
    """Go on when it holds.

    Raises
    ------
    Failed
        It does not, for this reason.
    """
    if not holds:
        raise Failed(reason, severity)
