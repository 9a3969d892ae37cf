"""What one agrees to when one makes an account, by kind and version."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

CURRENT: Final[Mapping[str, str]] = {"privacy": "2026-11", "terms": "2026-11"}
"""The versions that hold now; what somebody agreed to is kept with these."""
