"""Where the server is and how one gets in: values of the command line, nothing of the wire."""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

default_timeout_s: Final = 30.0
max_body_bytes: Final = 512 * 1024 * 1024


class TargetError(ValueError):
    """The address or the credentials cannot be used as they are."""


@dataclass(frozen=True, slots=True)
class Target:
    """A DICOMweb server.

    Parameters
    ----------
    base
        The root below which ``/studies`` lies, without a slash at its end.
    wado_uri
        Address of the URI service, when it is not ``base``/wado.
    headers
        Sent with every request, credentials among them.
    secrets
        Texts that no report shows.
    rate
        Requests a second at most; 0 is as fast as it goes.
    """

    base: str
    wado_uri: str | None = None
    headers: tuple[tuple[str, str], ...] = ()
    secrets: tuple[str, ...] = field(default=(), repr=False)
    timeout_s: float = default_timeout_s
    rate: float = 0.0
    ca_file: Path | None = None
    client_certificate: tuple[Path, Path | None] | None = None
    insecure: bool = False

    def __post_init__(self) -> None:
        parts = urlsplit(self.base)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise TargetError(
                f"{self.base!r} is no http(s) address, such as https://pacs.example/dicom-web"
            )
        if parts.query or parts.fragment:
            raise TargetError("the base address has no query and no fragment")
        if parts.username or parts.password:
            raise TargetError("give credentials by --basic or --bearer, not inside the address")
        object.__setattr__(self, "base", self.base.rstrip("/"))

    def context(self) -> ssl.SSLContext:
        """What TLS connections are made with.

        Raises
        ------
        TargetError
            A certificate's file cannot be read.
        """
        try:
            context = ssl.create_default_context(cafile=self.ca_file)
            if self.client_certificate is not None:
                context.load_cert_chain(*self.client_certificate)
        except (OSError, ssl.SSLError) as error:
            raise TargetError(f"the certificates cannot be read: {error}") from error
        if self.insecure:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context
