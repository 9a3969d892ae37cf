"""A tiny package that is spelled like OHIF's, so that these tests need no network."""

from __future__ import annotations

import base64
import hashlib
import io
import tarfile
from collections.abc import Mapping
from pathlib import Path

INDEX = (
    b"<html><head><link href=\"/app.bundle.css\"><script>window.PUBLIC_URL = '/';</script>"
    b'<script src="/app.bundle.0f6159c501addfe9.js"></script></head></html>'
)
BUNDLE = (
    b'__webpack_require__.p = "/";\n'
    b"window.browserImportFunction('/dicom-microscopy-viewer/dicomMicroscopyViewer.min.js');\n"
    + b"for (let i = 0; i < ModalitiesInStudy.Value.length; i++) {}\n"
    + b"if (instance.PatientID !== PatientID) { isMixedPatients = true; }\n"
    + b"const filler = 'so that compressing it is worth the while';\n" * 100
)
FILES: Mapping[str, bytes] = {
    "package/LICENSE": b"MIT",
    "package/package.json": b"{}",
    "package/dist/index.html": INDEX,
    "package/dist/app.bundle.0f6159c501addfe9.js": BUNDLE,
    "package/dist/app.bundle.0f6159c501addfe9.js.map": b"a source map",
    "package/dist/app.bundle.css": b"@font-face{src:url(/a34f9d1faa5f3315.woff2)}",
    "package/dist/a34f9d1faa5f3315.woff2": b"a font",
    "package/dist/manifest.json": b'{"icons":[{"src":"/assets/icon.png"}]}',
    "package/dist/assets/icon.png": b"an icon",
    "package/dist/sw.js": b"importScripts('https://elsewhere.example/workbox.js')",
    "package/dist/ort/ort-wasm.wasm": b"a large runtime",
}


def pack(files: Mapping[str, bytes], target: Path) -> Path:
    with tarfile.open(target, "w:gz") as archive:
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return target


def integrity(tarball: Path) -> str:
    return "sha512-" + base64.b64encode(hashlib.sha512(tarball.read_bytes()).digest()).decode()
