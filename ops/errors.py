"""The one error of the operator's commands: a sentence that says what to do, and an exit code."""

from __future__ import annotations

EXIT_FAILED = 1
EXIT_USAGE = 2


class OperatorError(Exception):
    """The command cannot do what was asked.

    Parameters
    ----------
    message : str
        What is wrong and what to do about it.
    exit_code : int
        1 where something failed, 2 where the command could not even begin.
    """

    def __init__(self, message: str, exit_code: int = EXIT_FAILED) -> None:
        super().__init__(message)
        self.exit_code = exit_code
