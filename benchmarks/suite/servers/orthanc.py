"""Debian's Orthanc with its DICOMweb plugin: the peer of the promises.

May live here: its configuration, which gives it what helps it as long as it keeps what it was sent
(storage synced, whole metadata, no compression of what it stores, connections kept).
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator
from pathlib import Path

import requests

from benchmarks.suite.servers.server import DimseAddress, Server
from tests.peers.orthanc import PLUGIN, SERVER
from tests.services import free_port, running, wait_until

TITLE = "ORTHANC"


@contextlib.contextmanager
def orthanc(name: str, home: Path) -> Iterator[Server]:
    """Start one whose data lie in a folder."""
    home.mkdir(parents=True, exist_ok=True)
    http, dimse = free_port(), free_port()
    configuration = home / "orthanc.json"
    configuration.write_text(json.dumps(_configuration(home, http, dimse)), "utf-8")
    # Without it every answer by DIMSE waits some 40 ms for an acknowledgement.
    environment = {**os.environ, "TCP_NODELAY": "1"}
    command = [str(SERVER), str(configuration)]
    with running(command, home / "orthanc.log", env=environment) as process:
        wait_until(lambda: requests.get(f"http://127.0.0.1:{http}/system", timeout=5).ok, "Orthanc")
        yield Server(
            name,
            f"http://127.0.0.1:{http}/dicom-web",
            {},
            DimseAddress(TITLE, "127.0.0.1", dimse),
            lambda: {process.pid},
        )


def version(server: Server) -> str:
    """Of itself and of its plugin."""
    base = server.root.removesuffix("/dicom-web")
    paths = ("system", "plugins/dicom-web")
    own, plugin = (requests.get(f"{base}/{path}", timeout=10).json()["Version"] for path in paths)
    return f"{own}, DICOMweb plugin {plugin}"


def _configuration(home: Path, http: int, dimse: int) -> dict[str, object]:
    return {
        "Name": "benchmarks",
        "StorageDirectory": str(home / "storage"),
        "IndexDirectory": str(home / "index"),
        "Plugins": [str(PLUGIN)],
        "HttpPort": http,
        "HttpThreadsCount": 50,
        "HttpCompressionEnabled": True,
        "RemoteAccessAllowed": False,
        "AuthenticationEnabled": False,
        "KeepAlive": True,
        "TcpNoDelay": True,
        "DicomServerEnabled": True,
        "DicomPort": dimse,
        "DicomAet": TITLE,
        "DicomThreadsCount": 4,
        "DicomAlwaysAllowStore": True,
        "MaximumPduLength": 131072,
        "UnknownSopClassAccepted": True,
        "StorageCompression": False,
        "StorageAccessOnFind": "Never",
        "SyncStorageArea": True,
        "MaximumStorageCacheSize": 512,
        "OverwriteInstances": False,
        "SaveJobs": False,
        "WebDavEnabled": False,
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
