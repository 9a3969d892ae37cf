"""Validators of DICOM files that may be installed beside the runner, and what they say of a file.

dciodvfy (dicom3tools) needs nothing else; validate_iods (dicom-validator) needs the standard, which
it fetches by itself. Each runs as a program of its own, for a time that has an end, on a file that
is gone afterwards.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

max_seconds: Final = 60

_UID: Final = re.compile(r"\d+(?:\.\d+){2,}")
_VALUES: Final = (
    (re.compile(r"(Value invalid for this VR - \S+ ).*"), r"\1"),
    (re.compile(r"(values? are| =|invalid value|enum value) .*"), r"\1"),
    (re.compile(r"( value) <[^>]*>"), r"\1"),
    (re.compile(r"(but have .*InstanceUID) .*"), r"\1"),
)
"""What an error says of a value, which is none of its kind."""


@dataclass(frozen=True, slots=True)
class Validator:
    """A program that judges a file.

    Parameters
    ----------
    command
        What is started; the file's path comes after it.
    errors
        The errors in the lines of its output; None when it did not come to the end.
    """

    name: str
    command: tuple[str, ...]
    errors: Callable[[list[str]], list[str] | None]


def _of_dciodvfy(lines: list[str]) -> list[str] | None:
    found = [line.removeprefix("Error - ") for line in lines if line.startswith("Error")]
    is_unknown = any(line.startswith("Information Object Not found") for line in found)
    return None if is_unknown else found


def _of_validate_iods(lines: list[str]) -> list[str] | None:
    """Its errors stand below the module and the sequences that they are in."""
    if not any(line.startswith("SOP class is ") for line in lines):
        return None
    found, within = [], ""
    for line in lines:
        words = line.strip()
        if words.endswith(":") and not words.startswith("Tag "):
            within = words
        elif words.startswith("Tag "):
            found.append(f"{within} {words}")
    return found


VALIDATORS: Final = (
    Validator("dciodvfy", ("dciodvfy",), _of_dciodvfy),
    Validator("validate_iods", ("validate_iods", "-svr"), _of_validate_iods),
)
"""The first that is installed is asked."""


def installed(validators: Iterable[Validator] = VALIDATORS) -> Validator | None:
    """The validator that is used here; None when there is none."""
    return next((one for one in validators if shutil.which(one.command[0])), None)


def errors_in(part10: bytes, validator: Validator) -> frozenset[str] | None:
    """What is wrong with a file, without the values that it is about.

    Returns
    -------
    frozenset or None
        None when the validator did not come to the end, or does not know the kind of object.
    """
    with tempfile.TemporaryDirectory(prefix="conformance-") as folder:
        path = Path(folder) / "instance.dcm"
        path.write_bytes(part10)
        try:
            # A fixed command from the table above; the path is the runner's own.
            done = subprocess.run(  # noqa: S603
                [*validator.command, str(path)],
                capture_output=True,
                check=False,
                timeout=max_seconds,
            )
        except (OSError, subprocess.TimeoutExpired):
            return None
    if done.returncode < 0:
        return None
    text = (done.stderr + b"\n" + done.stdout).decode("utf-8", "replace")
    found = validator.errors(text.splitlines())
    return None if found is None else frozenset(_kind(line) for line in found)


def _kind(line: str) -> str:
    for pattern, instead in _VALUES:
        line = pattern.sub(instead, line)
    return _UID.sub("UID", line).strip()
