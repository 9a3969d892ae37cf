"""`python -m ops demo`: public studies pushed through both doors, and links that open them."""

from __future__ import annotations

import argparse
import os
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator

import requests

from archive.settings import Settings
from ops import push_by_c_store, push_by_stow
from ops.demo_files import DemoFile, find_files, find_folders
from ops.errors import OperatorError
from ops.outcomes import Outcomes
from ops.ports import reachable

max_links = 8
_CALLING = "DICOMTUBE_DEMO"
_CALLED = "DICOMTUBE"
# JPEG processes that were retired from the standard: the viewer has no decoder for them.
_NOT_SHOWN = frozenset({"1.2.840.10008.1.2.4.53", "1.2.840.10008.1.2.4.55"})
# What opens in the viewer as a stack of images, best first.
_SHOWN_FIRST = ("CT", "MR", "PT", "US", "CR", "DX", "MG", "XA", "NM")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what `demo` takes."""
    parser.add_argument(
        "--limit", type=int, default=None, metavar="N", help="push the first N studies only"
    )
    parser.epilog = (
        "DICOMTUBE_TOKEN is sent where access needs it; DICOMTUBE_DEMO_DATA names a folder of "
        "more files."
    )


def run(arguments: argparse.Namespace) -> int:
    """Push, count, and print links; fail if nothing was stored."""
    settings = Settings.from_environment()
    base = f"http://{reachable(settings.http_bind)}"
    _require_server(base)
    files = _first_studies(list(find_files(find_folders())), arguments.limit)
    by_stow, by_c_store = share_out(files)
    outcomes = Outcomes()
    token = os.environ.get("DICOMTUBE_TOKEN") or None
    root = f"{base}/dicom-web"
    print(f"Pushing {len(by_stow)} files by STOW-RS to {root} …", flush=True)
    _follow(push_by_stow.push(root, token, by_stow, outcomes), len(by_stow))
    address = reachable(settings.dimse_bind)
    print(f"Pushing {len(by_c_store)} files by C-STORE to {_CALLED} at {address} …", flush=True)
    sent = push_by_c_store.push(address, _CALLED, _CALLING, by_c_store, outcomes)
    _follow(sent, len(by_c_store))
    print(outcomes.summary(len(files)))
    print("\n".join(links(settings.public_url, outcomes.stored)))
    return 0 if outcomes.stored else 1


def _is_shown(file: DemoFile) -> bool:
    return file.has_pixels and file.transfer_syntax not in _NOT_SHOWN


def _require_server(base: str) -> None:
    try:
        requests.get(f"{base}/healthz/live", timeout=10)
    except requests.RequestException as exc:
        raise OperatorError(
            f"Nothing answers at {base}. Start the server in another terminal: make run"
        ) from exc


def _first_studies(files: list[DemoFile], limit: int | None) -> list[DemoFile]:
    if limit is None:
        return files
    wanted = set(list(dict.fromkeys(file.study for file in files if file.study))[:limit])
    return [file for file in files if file.study in wanted]


def share_out(files: Iterable[DemoFile]) -> tuple[list[DemoFile], list[DemoFile]]:
    """Give every second study to C-STORE, and all that only STOW-RS can send to STOW-RS."""
    order: dict[str, int] = {}
    by_stow: list[DemoFile] = []
    by_c_store: list[DemoFile] = []
    for file in files:
        place = order.setdefault(file.study, len(order))
        target = by_c_store if file.can_be_c_stored and place % 2 else by_stow
        target.append(file)
    return by_stow, by_c_store


def _follow(sent: Iterator[int], total: int) -> None:
    """Show progress on one line where a person watches."""
    done = 0
    for count in sent:
        done += count
        if sys.stdout.isatty():
            print(f"\r  {done} of {total}", end="", flush=True)
    print(f"\r  {done} of {total}" if sys.stdout.isatty() else f"  {done} of {total}")


def links(public_url: str, stored: Iterable[DemoFile]) -> list[str]:
    """Return lines with links that open studies in the viewer, the longest CT series first."""
    series = Counter((file.modality, file.study, file.series) for file in stored if _is_shown(file))
    ranks: dict[str, int] = defaultdict(lambda: len(_SHOWN_FIRST))
    ranks |= {modality: rank for rank, modality in enumerate(_SHOWN_FIRST)}
    ordered = sorted(series.items(), key=lambda item: (ranks[item[0][0]], -item[1]))
    lines = ["", f"All studies: {public_url}/viewer/"]
    shown: set[str] = set()
    for (modality, study, _), count in ordered:
        if study not in shown and len(shown) < max_links and modality in _SHOWN_FIRST:
            shown.add(study)
            address = f"{public_url}/viewer/viewer?StudyInstanceUIDs={study}"
            lines.append(f"{modality}, {count} image{'s' if count > 1 else ''}: {address}")
    return lines
