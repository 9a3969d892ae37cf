"""What clients need of a server, as named subsets: go when all of it holds, no-go otherwise.

A row names the beginnings of the checks that stand for the requests which a client sends. They were
read off the clients' sources and their network logs; the guide tells them in words.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

from conformance.model import Outcome, Run

_LISTING: Final = (
    "qido.studies",
    "qido.narrow",
    "qido.match[star",
    "qido.match[dates",
    "qido.pages",
)

CLIENTS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "ohif": (
            *_LISTING,
            "qido.series-of-study",
            "qido.key[ModalitiesInStudy]",
            "metadata.complete[series]",
            "metadata.agree[series]",
            "frames.one",
            "frames.stored",
            "bulk.uri",
            "rendered.instance",
            "thumbnail[instance]",
            "stow.one",
        ),
        "weasis": (
            "qido.studies",
            "qido.series-of-study",
            "qido.instances-of-series",
            "wado.retrieve[instance]",
            "wado.syntax-any",
            "thumbnail[series]",
        ),
        "dicomweb-client": (
            *_LISTING,
            "qido.include[",
            "metadata.",
            "wado.retrieve",
            "frames.one",
            "frames.list",
            "bulk.uri",
            "rendered.frame",
            "stow.one",
            "stow.response",
        ),
        "3d-slicer": (
            "qido.studies",
            "qido.series-of-study",
            "qido.instances-of-series",
            "wado.retrieve[series]",
            "wado.retrieve[instance]",
            "wado.syntax-default",
        ),
        "ihe-wia": (
            *_LISTING,
            "qido.key[",
            "qido.series-of-study",
            "qido.returns[",
            "metadata.complete",
            "rendered.instance",
            "rendered.frame",
            "wado.retrieve[instance]",
        ),
    }
)


def checks_for(client: str) -> Sequence[str]:
    """The beginnings of the checks that a client needs.

    Raises
    ------
    ValueError
        Nobody described this client.
    """
    if client not in CLIENTS:
        raise ValueError(f"--client is one of {', '.join(CLIENTS)}")
    return CLIENTS[client]


def verdicts(run: Run) -> dict[str, bool | None]:
    """Whether each client can work with the server; None when too little was decided."""
    return {client: _verdict(run, prefixes) for client, prefixes in CLIENTS.items()}


def _verdict(run: Run, prefixes: Sequence[str]) -> bool | None:
    mine = [r for r in run.results if r.check.startswith(tuple(prefixes))]
    if any(r.outcome in (Outcome.FAIL, Outcome.BLOCKED) for r in mine):
        return False
    decided = [r for r in mine if r.outcome in (Outcome.PASS, Outcome.WEAK)]
    return True if mine and len(decided) * 2 > len(mine) else None
