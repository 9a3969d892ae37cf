"""How often one address may write on the pages of a room."""

from __future__ import annotations

from typing import Final

max_writes_per_minute: Final = 30
"""Of one address, in one room."""
