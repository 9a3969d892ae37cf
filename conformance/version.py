"""Which runner this is. Reports carry it, so that two reports can be told apart."""

from __future__ import annotations

from typing import Final

VERSION: Final = "0.1.0"
REPORT_SCHEMA: Final = 1
"""Raised when a reader of JSON reports would have to change."""
