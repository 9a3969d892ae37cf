"""Sending files by C-STORE, as any DIMSE peer would.

References
----------
PS3.4 Annex B; PS3.8 9.3.2 (at most 128 presentation contexts an association).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pynetdicom import AE, _config
from pynetdicom.association import Association

from archive.settings import Bind
from ops.demo_files import DemoFile
from ops.errors import OperatorError
from ops.outcomes import Outcomes

max_contexts = 128
max_answer_s = 120

# A file is sent as its bytes are, not read and written anew.
_config.STORE_SEND_CHUNKED_DATASET = True

_SUCCESS = 0x0000
_WARNINGS = range(0xB000, 0xC000)


def push(
    address: Bind, called: str, calling: str, files: Sequence[DemoFile], outcomes: Outcomes
) -> Iterator[int]:
    """Send the files over as few associations as their kinds allow; yield 1 for each.

    Raises
    ------
    OperatorError
        No association; the message says what to do.
    """
    for group in _by_contexts(files):
        association = _associate(address, called, calling, group)
        try:
            for file in group:
                _store(association, file, outcomes)
                yield 1
        finally:
            association.release()


def _by_contexts(files: Sequence[DemoFile]) -> Iterator[list[DemoFile]]:
    """Cut the files into runs of at most 128 kinds (SOP class and transfer syntax)."""
    kinds: set[tuple[str, str]] = set()
    group: list[DemoFile] = []
    for file in sorted(files, key=lambda file: (file.sop_class, file.transfer_syntax)):
        kinds.add((file.sop_class, file.transfer_syntax))
        if len(kinds) > max_contexts:
            yield group
            kinds, group = {(file.sop_class, file.transfer_syntax)}, []
        group.append(file)
    if group:
        yield group


def _associate(address: Bind, called: str, calling: str, files: Sequence[DemoFile]) -> Association:
    ae = AE(ae_title=calling)
    ae.acse_timeout = ae.network_timeout = ae.dimse_timeout = max_answer_s
    for sop_class, syntax in sorted({(file.sop_class, file.transfer_syntax) for file in files}):
        ae.add_requested_context(sop_class, syntax)
    association = ae.associate(address.host, address.port, ae_title=called)
    if not association.is_established:
        raise OperatorError(
            f"{called} at {address} did not accept {calling}. Does the server run? Where access "
            f"is not open, list the caller: python -m ops peer add --help"
        )
    return association


def _store(association: Association, file: DemoFile, outcomes: Outcomes) -> None:
    try:
        answer = association.send_c_store(file.path)
    except (ValueError, AttributeError, RuntimeError, KeyError) as exc:
        outcomes.refused[f"not sent by C-STORE: {exc}"[:100]].append(file)
        return
    status = int(answer.Status) if "Status" in answer else 0x0110
    if status == _SUCCESS or status in _WARNINGS:
        outcomes.stored.append(file)
    else:
        outcomes.refuse(file, status, str(answer.get("ErrorComment", "")))
