"""What an operator can set about the DIMSE door, read from the environment into a frozen value.

The address to listen on, the access rule and the size of an instance belong to
`archive.settings`: they bind every door.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from archive.errors import SettingsError


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """PEM files of a secure transport connection (PS3.15 Annex B)."""

    certificate: Path
    key: Path
    authorities: Path | None  # given: every peer must show a certificate that these signed


# Python runs one thread at a time: a process serves one core. Past a few, the index is the limit.
_MOST_BY_DEFAULT = 4


def _as_many_as_cores() -> int:
    return min(len(os.sched_getaffinity(0)), _MOST_BY_DEFAULT)


@dataclass(frozen=True, slots=True)
class DimseSettings:
    """Limits of the door, all per process except `processes`."""

    processes: int = field(default_factory=_as_many_as_cores)
    max_associations: int = 64
    max_pdu_bytes: int = 256 * 1024
    network_timeout_s: float = 60.0
    acse_timeout_s: float = 20.0
    shutdown_s: float = 20.0
    tls: TlsFiles | None = None

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> DimseSettings:
        """Read the settings, or say which variable is wrong.

        Raises
        ------
        SettingsError
            A value cannot be used.
        """
        given = {
            field: row.read(row.name, text)
            for field, row in _ROWS.items()
            if (text := environ.get(row.name))
        }
        return cls(tls=_tls(environ), **given)  # type: ignore[arg-type]  # each row reads its field's type


@dataclass(frozen=True, slots=True)
class _Row:
    name: str
    read: Callable[[str, str], float]


def _between(least: float, most: float, kind: type[int] | type[float]) -> Callable[..., float]:
    def read(name: str, text: str) -> float:
        try:
            value = kind(text)
        except ValueError:
            value = kind(-1)
        if not least <= value <= most:
            raise SettingsError(f"{name} must be a number from {least:g} to {most:g}")
        return value

    return read


# 4 KiB is the least that PS3.8 Annex D.1 lets a sensible peer work with; past 1 MiB a PDU is a
# way to make us hold memory. PS3.8 puts no limits on the times.
_ROWS: Mapping[str, _Row] = {
    "processes": _Row("DICOMTUBE_DIMSE_PROCESSES", _between(1, 64, int)),
    "max_associations": _Row("DICOMTUBE_DIMSE_MAX_ASSOCIATIONS", _between(1, 1000, int)),
    "max_pdu_bytes": _Row("DICOMTUBE_DIMSE_MAX_PDU_BYTES", _between(4096, 1 << 20, int)),
    "network_timeout_s": _Row("DICOMTUBE_DIMSE_NETWORK_TIMEOUT_S", _between(1, 3600, float)),
    "acse_timeout_s": _Row("DICOMTUBE_DIMSE_ACSE_TIMEOUT_S", _between(1, 3600, float)),
    "shutdown_s": _Row("DICOMTUBE_DIMSE_SHUTDOWN_S", _between(0, 600, float)),
}


def _tls(environ: Mapping[str, str]) -> TlsFiles | None:
    named = {
        part: environ.get(f"DICOMTUBE_DIMSE_TLS_{part}") or None for part in ("CERT", "KEY", "CA")
    }
    for part, file in named.items():
        if file is not None and not Path(file).is_file():
            raise SettingsError(f"DICOMTUBE_DIMSE_TLS_{part} names no file")
    certificate, key, authorities = named.values()
    if certificate is None and key is None and authorities is None:
        return None
    if certificate is None or key is None:
        raise SettingsError("DICOMTUBE_DIMSE_TLS_CERT and DICOMTUBE_DIMSE_TLS_KEY go together")
    return TlsFiles(Path(certificate), Path(key), Path(authorities) if authorities else None)
