"""Orthanc with its DICOMweb plugin, from Debian's packages, on free ports of loopback."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import requests

from tests.services import free_port, running, wait_until

SERVER = Path("/usr/sbin/Orthanc")
PLUGIN = Path("/usr/share/orthanc/plugins/libOrthancDicomWeb.so")
START_TIMEOUT_S = 30.0


@dataclass(frozen=True)
class Orthanc:
    """One that is running."""

    url: str

    @property
    def root(self) -> str:
        """Where its DICOMweb services lie."""
        return f"{self.url}/dicom-web"

    @property
    def wado_uri(self) -> str:
        """Where its URI service lies."""
        return f"{self.url}/wado"

    def version(self) -> str:
        """Of itself and of its plugin."""
        own, plugin = (
            requests.get(f"{self.url}/{path}", timeout=10).json()["Version"]
            for path in ("system", "plugins/dicom-web")
        )
        return f"{own}, DICOMweb plugin {plugin}"


@contextmanager
def started(folder: Path) -> Iterator[Orthanc]:
    """Start one whose data lie in a folder, and end it."""
    port = free_port()
    configuration = folder / "orthanc.json"
    configuration.write_text(json.dumps(_configuration(folder, port)), "utf-8")
    # Without it every answer waits some 40 ms for an acknowledgement.
    environment = {**os.environ, "TCP_NODELAY": "1"}
    with running([str(SERVER), str(configuration)], folder / "orthanc.log", env=environment):
        one = Orthanc(f"http://127.0.0.1:{port}")
        wait_until(lambda: bool(one.version()), "Orthanc to answer", START_TIMEOUT_S)
        yield one


def _configuration(folder: Path, port: int) -> dict[str, object]:
    return {
        "Name": "conformance",
        "StorageDirectory": str(folder / "storage"),
        "IndexDirectory": str(folder / "index"),
        "Plugins": [str(PLUGIN)],
        "HttpPort": port,
        "RemoteAccessAllowed": False,
        "AuthenticationEnabled": False,
        "KeepAlive": True,
        "TcpNoDelay": True,
        "DicomServerEnabled": False,
        "DefaultEncoding": "Utf8",
        "LimitFindResults": 0,
        "LimitFindInstances": 0,
        "DicomWeb": {
            "Enable": True,
            "Root": "/dicom-web/",
            "EnableWado": True,
            "StudiesMetadata": "Full",
            "SeriesMetadata": "Full",
        },
    }
