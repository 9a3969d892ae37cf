"""What was measured of a growing archive, as a page, as JSON, and as a plot.

Pure of measuring: it is given values, and writes three files.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Final

from benchmarks.filling import Filled
from benchmarks.growth_site import Cost

COLOURS: Final = ("#0b6e99", "#c2410c", "#4d7c0f", "#7e22ce", "#b91c1c", "#0f766e", "#a16207",
                  "#1d4ed8")  # fmt: skip
PLOTTED: Final = {
    "Ingest": ("STOW", "erasing"),
    "Frames, metadata, one study": ("frame", "metadata", "series of", "instances of"),
    "Searches by what is rare": ("patient ID", "accession", "study UID", "modality, one"),
    "Searches by what is frequent": ("date", "name", "study description", "page"),
}
_WIDTH, _HEIGHT, _LEFT, _TOP, _LEGEND = 430, 250, 52, 34, 190


@dataclass(frozen=True)
class Size:
    """What was found when there were so many studies.

    Attributes
    ----------
    tables
        Bytes of each table with its indexes; of these alone under ``indexes``.
    backup_s
        Of a dump of the index without compression, thrown away.
    """

    studies: int
    instances: int
    filled: Filled
    costs: dict[str, Cost]
    tables: dict[str, int] = field(default_factory=dict)
    backup_s: float | None = None


def write(found: Sequence[Size], docs: Path) -> None:
    """Write docs/scaling-measured.md and its images."""
    (docs / "images").mkdir(parents=True, exist_ok=True)
    (docs / "scaling-measured.md").write_text("\n".join(_page(found)) + "\n", "utf-8")
    (docs / "images" / "growth.svg").write_text(plot(found), "utf-8")
    told = json.dumps([asdict(one) for one in found], indent=1)
    (docs / "images" / "growth.json").write_text(told + "\n", "utf-8")


def _page(found: Sequence[Size]) -> Iterator[str]:
    yield "# What was measured of a growing archive"
    yield ""
    yield (
        "Made by `python -m benchmarks.growth`; do not edit. PostgreSQL as it comes, through the "
        "whole web process with access control and full durability. Milliseconds on the "
        "processor, of the web process and of PostgreSQL's for its connections, in the median; in "
        "brackets those on the wall, which tell of the machine and its other work, too. What this "
        "means stands in [scaling](scaling.md)."
    )
    yield ""
    yield "![Milliseconds by the number of studies](images/growth.svg)"
    yield ""
    heads = [f"{one.studies:,} studies, {_short(one.instances)} instances" for one in found]
    yield f"| milliseconds of | {' | '.join(heads)} | last : first |"
    yield "|---|" + "---:|" * (len(found) + 1)
    for name in found[-1].costs:
        cells = [_cell(one, name) for one in found]
        yield f"| {name} | {' | '.join(cells)} | {_ratio(found, name)} |"
    yield ""
    yield f"| on disk, GB, and time | {' | '.join(heads)} |"
    yield "|---|" + "---:|" * len(found)
    for table in found[-1].tables:
        sizes = [f"{one.tables.get(table, 0) / 1e9:.2f}" for one in found]
        label = table if table == "indexes" else f"`{table}`"
        yield f"| {label} | {' | '.join(sizes)} |"
    for label, values in _times(found).items():
        yield f"| {label} | {' | '.join(values)} |"


def _times(found: Sequence[Size]) -> Mapping[str, list[str]]:
    rows = {
        "copying the new rows, s": [f"{one.filled.rows_s:.0f}" for one in found],
        "making every index again, s": [f"{one.filled.indexes_s:.0f}" for one in found],
        "`VACUUM ANALYZE` after it, s": [f"{one.filled.vacuum_s:.0f}" for one in found],
    }
    if any(one.backup_s for one in found):
        rows["`pg_dump`, uncompressed, s"] = [f"{one.backup_s or 0:.0f}" for one in found]
    return rows


def _cell(size: Size, name: str) -> str:
    cost = size.costs.get(name)
    return f"{cost.processor:.2f} ({cost.wall:.1f})" if cost else "–"


def _ratio(found: Sequence[Size], name: str) -> str:
    first, last = found[0].costs.get(name), found[-1].costs.get(name)
    return f"{last.processor / first.processor:.2f}" if first and last else "–"


def _short(number: int) -> str:
    return f"{number / 1e6:g} M" if number >= 1_000_000 else f"{number / 1e3:g} k"


# ---- the plot


def plot(found: Sequence[Size]) -> str:
    """Four panels, both axes logarithmic."""
    panels = []
    for index, (title, words) in enumerate(PLOTTED.items()):
        names = [name for name in found[-1].costs if name.startswith(words)]
        x, y = index % 2 * (_WIDTH + _LEGEND), index // 2 * (_HEIGHT + 50)
        panels.append(f'<g transform="translate({x} {y})">{_panel(found, title, names)}</g>')
    width, height = 2 * (_WIDTH + _LEGEND), 2 * (_HEIGHT + 50)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" '
        'font-family="sans-serif" font-size="11"><title>Milliseconds on the processor by the '
        'number of studies</title><rect width="100%" height="100%" fill="#fff"/>'
        f"{''.join(panels)}</svg>\n"
    )


def _panel(found: Sequence[Size], title: str, names: Sequence[str]) -> str:
    low, high = _decades(found, names)
    lines = [f'<text x="{_LEFT}" y="20" font-size="13" font-weight="bold">{title}</text>']
    for decade in range(low, high + 1):
        y = _y(10.0**decade, low, high)
        lines.append(f'<path d="M{_LEFT} {y:.1f}H{_WIDTH}" stroke="#ddd"/>')
        lines.append(f'<text x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">'
                     f"{10.0**decade:g} ms</text>")  # fmt: skip
    for one in found:
        x = _x(one.studies, found)
        lines.append(f'<text x="{x:.1f}" y="{_HEIGHT + 18}" text-anchor="middle">'
                     f"{_short(one.studies)}</text>")  # fmt: skip
    for index, name in enumerate(names):
        colour = COLOURS[index % len(COLOURS)]
        places = [
            (_x(one.studies, found), _y(one.costs[name].processor, low, high))
            for one in found
            if name in one.costs
        ]
        path = "L".join(f"{x:.1f} {y:.1f}" for x, y in places)
        lines.append(f'<path d="M{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        lines += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in places]
        y = _TOP + 10 + index * 16
        lines.append(f'<path d="M{_WIDTH + 8} {y - 4}h14" stroke="{colour}" stroke-width="2"/>')
        lines.append(f'<text x="{_WIDTH + 26}" y="{y}">{name}</text>')
    return "".join(lines)


def _decades(found: Sequence[Size], names: Sequence[str]) -> tuple[int, int]:
    values = [one.costs[name].processor for one in found for name in names if name in one.costs]
    low = math.floor(math.log10(max(min(values), 1e-3)))
    return low, max(low + 1, math.ceil(math.log10(max(*values, 1e-3))))


def _x(studies: int, found: Sequence[Size]) -> float:
    least, most = math.log(found[0].studies), math.log(found[-1].studies)
    share = (math.log(studies) - least) / (most - least) if most > least else 0.5
    return _LEFT + 24 + share * (_WIDTH - _LEFT - 48)


def _y(value: float, low: int, high: int) -> float:
    share = (math.log10(max(value, 1e-3)) - low) / (high - low)
    return _HEIGHT - share * (_HEIGHT - _TOP)
