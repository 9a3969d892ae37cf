"""The ratios as a picture: bars on a logarithmic scale, with promise and aim marked."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape

from benchmarks.suite.results import Outcome, Verdict
from benchmarks.suite.works.table import OURS

_WIDTH, _ROW, _LEFT, _RIGHT, _TOP = 960, 22, 330, 90, 46
_COLOURS = {
    Verdict.REACHED: "#1a7f5a",
    Verdict.HELD: "#4c8bb8",
    Verdict.MISSED: "#c0563c",
    Verdict.UNKNOWN: "#999999",
}
_STYLE = "text{font:12px system-ui,sans-serif;fill:#222}.n{fill:#555}.g{stroke:#ddd}.a{stroke:#222}"


def svg(outcomes: Sequence[Outcome], names: Mapping[str, str]) -> str:
    """A row for each promise that was measured."""
    rows = [one for one in outcomes if one.ratio is not None]
    height = _TOP + _ROW * len(rows) + 30
    scale = _Scale(rows)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="img">',
        "<title>How many times as fast, by promise</title>",
        f"<style>{_STYLE}</style>",
        f'<rect width="{_WIDTH}" height="{height}" fill="#fff"/>',
        f'<text x="{_LEFT}" y="18">how many times as fast; | the promise, ¦ the aim</text>',
        *scale.lines(height - 30),
    ]
    for at, one in enumerate(rows):
        parts += _row(one, scale, _TOP + at * _ROW, names)
    return "\n".join([*parts, "</svg>", ""])


class _Scale:
    """Where a ratio lies."""

    def __init__(self, rows: Sequence[Outcome]) -> None:
        values = [v for one in rows for v in (one.promise.at_least, one.promise.aim)]
        values += [one.ratio.median for one in rows if one.ratio]
        self._low = math.floor(math.log10(min([0.5, *values])))
        self._high = math.ceil(math.log10(max([10, *values])))

    def x(self, ratio: float) -> float:
        part = (math.log10(max(ratio, 1e-9)) - self._low) / (self._high - self._low)
        return _LEFT + max(0.0, part) * (_WIDTH - _LEFT - _RIGHT)

    def lines(self, bottom: int) -> list[str]:
        found = []
        for power in range(self._low, self._high + 1):
            x = self.x(10.0**power)
            found.append(
                f'<line class="g" x1="{x:.1f}" x2="{x:.1f}" y1="{_TOP - 8}" y2="{bottom}"/>'
            )
            found.append(
                f'<text class="n" x="{x:.1f}" y="{_TOP - 12}" text-anchor="middle">'
                f"{10.0**power:g}×</text>"
            )
        return found


def _row(one: Outcome, scale: _Scale, y: int, names: Mapping[str, str]) -> list[str]:
    assert one.ratio is not None
    promise, value = one.promise, one.ratio.median
    start, end = sorted((scale.x(1.0), scale.x(value)))
    of = f", {names.get(promise.of, promise.of)}" if promise.of != OURS else ""
    than = names.get(promise.than, promise.than).split()[0].rstrip(",")
    marks = [(promise.at_least, ""), (promise.aim, ' stroke-dasharray="3 2"')]
    return [
        f'<text x="{_LEFT - 10}" y="{y + 14}" text-anchor="end">'
        f'{escape(promise.work + of)} <tspan class="n">: {escape(than)}</tspan></text>',
        f'<rect x="{start:.1f}" y="{y + 4}" width="{max(1.5, end - start):.1f}" height="13" '
        f'fill="{_COLOURS[one.verdict]}"/>',
        *(
            f'<line class="a" x1="{scale.x(at):.1f}" x2="{scale.x(at):.1f}" '
            f'y1="{y + 1}" y2="{y + 20}"{dashes}/>'
            for at, dashes in marks
        ),
        f'<text x="{max(end, scale.x(promise.aim)) + 6:.1f}" y="{y + 15}">{value:.3g}×</text>',
    ]
