"""Call stacks and how often each was seen, as `caller;callee;… count` lines tell it.

May live here: reading, adding up and ranking. May not: how they are recorded or drawn.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

Stack = tuple[str, ...]


@dataclass(frozen=True)
class Share:
    """Of all samples, in percent, those of one function."""

    function: str
    own: float
    """Where it was the innermost."""
    whole: float
    """Where it was anywhere."""


def read_stacks(lines: Iterable[str]) -> Counter[Stack]:
    """Add up the lines of a recording."""
    found: Counter[Stack] = Counter()
    for line in lines:
        calls, _, count = line.strip().rpartition(" ")
        if calls:
            found[tuple(call.strip() for call in calls.split(";"))] += int(count)
    return found


def shares(stacks: Counter[Stack], most: int) -> list[Share]:
    """The functions that were innermost most often."""
    own: Counter[str] = Counter()
    whole: Counter[str] = Counter()
    for stack, count in stacks.items():
        own[stack[-1]] += count
        for function in set(stack):
            whole[function] += count
    per = 100 / max(1, stacks.total())
    return [Share(name, count * per, whole[name] * per) for name, count in own.most_common(most)]
