"""The secure transport connection of the DIMSE door.

References
----------
PS3.15 B.9, B.12 (BCP 195 profiles): TLS 1.2 or newer.
"""

from __future__ import annotations

import ssl

from archive.errors import SettingsError
from dimse.settings import TlsFiles


def server_context(files: TlsFiles) -> ssl.SSLContext:
    """Make the context that accepts connections.

    Raises
    ------
    SettingsError
        The files cannot be used together.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(files.certificate, files.key)
        if files.authorities is not None:
            context.load_verify_locations(files.authorities)
            context.verify_mode = ssl.CERT_REQUIRED
    except (ssl.SSLError, OSError) as exc:
        raise SettingsError(
            "DICOMTUBE_DIMSE_TLS_CERT, _KEY and _CA must be PEM files that fit together"
        ) from exc
    return context
