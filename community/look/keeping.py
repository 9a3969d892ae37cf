"""What was made before, kept in this process for the very same values: parts of pages, mostly.

What a part of a page is kept by is everything that it shows, so nobody gets one that was drawn for
somebody who may know more: for them the values are others. Whatever is kept goes after a while,
however often it is asked for, so that nothing that was erased stays here for long. May live here:
keeping. May not: making.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Hashable
from typing import Final, Generic, TypeVar

from flask import g, request
from jinja2 import Environment
from jinja2.runtime import Macro

from community.look import languages

T = TypeVar("T")

max_chars_of_pages: Final = 8_000_000
max_age_s: Final = 600


class Kept(Generic[T]):
    """Things by what they are made of, as long as there is room and they are young.

    Parameters
    ----------
    max_size
        Of all together; the oldest go first.
    size_of
        The size of one.
    clock
        Seconds that only grow.
    """

    def __init__(
        self,
        max_size: int,
        size_of: Callable[[T], int],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._max_size, self._size_of, self._clock = max_size, size_of, clock
        self._known: dict[Hashable, T] = {}
        self._made: deque[tuple[float, Hashable]] = deque()
        self._size = 0
        self._lock = threading.Lock()

    def get(self, key: Hashable, make: Callable[[], T]) -> T:
        """What belongs to a key, made if it is not there."""
        now = self._clock()
        with self._lock:
            self._forget(now)
            known = self._known.get(key)
        if known is not None:
            return known
        made = make()
        with self._lock:
            if key not in self._known:
                self._known[key] = made
                self._made.append((now, key))
                self._size += self._size_of(made)
                self._forget(now)
        return made

    def _forget(self, now: float) -> None:
        """Let go what is too old, and of the rest what there is no room for."""
        made = self._made
        while made and (now - made[0][0] >= max_age_s or self._size > self._max_size):
            self._size -= self._size_of(self._known.pop(made.popleft()[1]))


def install(environment: Environment, asset: Callable[[str], str]) -> None:
    """Give templates `kept`, which draws a macro once for the same values.

    The macro is one of a template that is imported without context, so that it knows nothing but
    its values, the language and the addresses of files.
    """
    parts = Kept[str](max_chars_of_pages, len)

    def ground() -> Hashable:
        """What every part of a page is drawn with."""
        if "look_ground" not in g:
            files = (asset("icons.svg"), asset("art.svg"))
            g.look_ground = (languages.current(), request.script_root, *files)
        return g.look_ground  # type: ignore[no-any-return] # flask.g holds anything

    def kept(macro: Macro, *values: Hashable) -> str:
        return parts.get((macro, ground(), values), lambda: macro(*values))

    environment.globals["kept"] = kept
