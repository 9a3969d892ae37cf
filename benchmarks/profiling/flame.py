"""Stacks as a flame graph: a box a call, as wide as the share of samples that it was in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.sax.saxutils import escape, quoteattr

from benchmarks.profiling.stacks import Stack

_WIDTH, _ROW, _TOP = 1200, 17, 34
_THINNEST = 1.0
_LETTER = 6.7
# Ours are warm, and others' grey: what can be changed here is seen at once.
_OURS = ("dicomweb/", "archive/", "imaging/", "dimse/", "telemetry/", "community/", "wsgi")
_COLOURS = {True: ("#e9a15b", "#efb27a"), False: ("#cfd4da", "#dde1e6")}


@dataclass
class _Call:
    name: str
    samples: int = 0
    inner: dict[str, _Call] = field(default_factory=dict)


def svg(title: str, stacks: Counter[Stack]) -> str:
    """The whole picture; a box's full name is told where the mouse rests."""
    root = _grown(stacks)
    boxes = list(_boxes(root, 0.0, 0, _WIDTH / max(1, root.samples)))
    height = _TOP + _ROW * (1 + max((depth for *_, depth in boxes), default=0)) + 8
    drawn = [_drawn(call, x, width, depth, root.samples) for call, x, width, depth in boxes]
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="img">',
            "<style>text{font:11px ui-monospace,monospace;fill:#222}</style>",
            f'<rect width="{_WIDTH}" height="{height}" fill="#fff"/>',
            f'<text x="6" y="20">{escape(title)}: {root.samples:,} samples</text>',
            *drawn,
            "</svg>",
            "",
        ]
    )


def _grown(stacks: Counter[Stack]) -> _Call:
    root = _Call("all")
    for stack, count in sorted(stacks.items()):
        call = root
        call.samples += count
        for name in stack:
            call = call.inner.setdefault(name, _Call(name))
            call.samples += count
    return root


def _boxes(
    call: _Call, x: float, depth: int, scale: float
) -> Iterator[tuple[_Call, float, float, int]]:
    """Every call that is wide enough to be seen."""
    todo = [(call, x, depth)]
    while todo:
        one, left, level = todo.pop()
        yield one, left, one.samples * scale, level
        for inner in one.inner.values():
            if inner.samples * scale >= _THINNEST:
                todo.append((inner, left, level + 1))
            left += inner.samples * scale


def _drawn(call: _Call, x: float, width: float, depth: int, samples: int) -> str:
    y = _TOP + depth * _ROW
    place = call.name.rpartition("(")[2]
    colour = _COLOURS[place.startswith(_OURS)][depth % 2]
    told = quoteattr(f"{call.name}: {100 * call.samples / max(1, samples):.1f} %")[1:-1]
    box = f'<rect x="{x:.1f}" y="{y}" width="{width:.1f}" height="{_ROW - 1}" fill="{colour}"/>'
    fits = int((width - 6) / _LETTER)
    text = (
        f'<text x="{x + 3:.1f}" y="{y + 12}">{escape(call.name[:fits])}</text>' if fits > 2 else ""
    )
    return f"<g><title>{told}</title>{box}{text}</g>"
