"""Which object store an archive has: the one place that knows them all.

How a store keeps bytes is its own module's business.
"""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote, urlsplit

from archive.file_objects import FileObjects
from archive.objects import ObjectStore
from archive.settings import Settings


def open_store(url: str, settings: Settings) -> ObjectStore:
    """The store that an objects URL names.

    Parameters
    ----------
    url : str
        ``file:///folder`` or ``s3://bucket/prefix``.
    settings : Settings
        Where the home and the S3 endpoint are.
    """
    parts = urlsplit(url)
    if parts.scheme == "file":
        return FileObjects(Path(unquote(parts.path)))
    from archive.s3_objects import S3Objects  # its client is loaded where there is a bucket

    return S3Objects(
        bucket=parts.netloc,
        prefix=parts.path.strip("/"),
        spool_directory=settings.home / "spool",
        endpoint=settings.s3_endpoint,
        allow_http=settings.s3_endpoint is not None and settings.s3_endpoint.startswith("http:"),
    )
