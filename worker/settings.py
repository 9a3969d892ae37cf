"""What an operator can set about the worker, read from the environment into a frozen value."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, fields

from archive.errors import SettingsError


@dataclass(frozen=True, slots=True)
class WorkerSettings:
    """Times in seconds; each is set by ``DICOMTUBE_WORKER_`` and its name in capitals.

    Attributes
    ----------
    sweep_s
        Between two sweeps.
    stuck_s
        A study that has waited this long was never announced, or its task was lost.
    quiet_s
        A study that was announced is sent to the queue once nothing came in for so long, and
        at the latest after `max_held_s`: one task for a study, not one for each of its images.
    task_s
        The longest that a task may take; past it the task is stopped and tried again.
    turn_s
        How long a process de-identifies one study before it looks whether others wait.
    help_s
        How long the rest of a study must take for another process to be called to it.
    spool_s
        Files in the spool that nobody wrote to for so long belong to a dead process.
    loose_s
        Objects that no row names for so long are deleted.
    max_tries
        After so many failures a study becomes a dead letter.
    """

    sweep_s: float = 30.0
    stuck_s: float = 120.0
    quiet_s: float = 1.0
    max_held_s: float = 30.0
    task_s: float = 1800.0
    turn_s: float = 120.0
    help_s: float = 5.0
    spool_s: float = 6 * 3600.0
    loose_s: float = 6 * 3600.0
    max_tries: float = 5

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> WorkerSettings:
        """Read the settings, or say which variable is wrong.

        Raises
        ------
        SettingsError
            A value is no positive number.
        """
        given: dict[str, float] = {}
        for field in fields(cls):
            name = f"DICOMTUBE_WORKER_{field.name.upper()}"
            if text := environ.get(name):
                given[field.name] = _positive(name, text)
        return cls(**given)


def _positive(name: str, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < 1e9:
        raise SettingsError(f"{name} must be a number above 0")
    return value
