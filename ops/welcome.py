"""What an operator reads once the server is ready: where things are, and what to try first."""

from __future__ import annotations

from archive.settings import OPEN, Settings
from ops.ports import reachable

_TEXT = """
DicomTube is ready.

  Pages       {url}/
  Viewer      {url}/viewer/
  DICOMweb    {url}/dicom-web
  DIMSE       {dimse}, AE title DICOMTUBE
  Health      {url}/healthz
  Metrics     {url}/metrics

Push public examples (in another terminal):
  make demo
Push a file of your own by STOW-RS:
  curl {auth}-H 'Accept: application/dicom+json' \\
    -H 'Content-Type: multipart/related; type="application/dicom"' \\
    -F 'file=@image.dcm;type=application/dicom' {url}/dicom-web/studies
or by C-STORE:
  storescu -aec DICOMTUBE {host} {port} image.dcm

{access}
{sign_in}
Data are kept in {home}
Ctrl-C stops everything.
"""
_OPEN = "Access is open: whoever reaches these addresses of this machine may read and write."
_ACCOUNTS = (
    "Access needs a token (python -m ops token create --help); "
    "DIMSE callers are listed (python -m ops peer add --help)."
)
_DEVELOPMENT = (
    "Signing in ({url}/login) is for development: stand-ins of the providers let anybody in as "
    "anybody."
)
_SIGN_IN = (
    "People sign in at {url}/login with the providers that are registered (docs/providers.md); "
    "the first operator comes by: python -m ops operator invite"
)


def welcome(settings: Settings, development_sign_in: bool = False) -> str:
    """Return the text for this server."""
    dimse = reachable(settings.dimse_bind)
    is_open = settings.access == OPEN
    return _TEXT.format(
        url=settings.public_url,
        dimse=dimse,
        host=dimse.host,
        port=dimse.port,
        auth="" if is_open else '-H "Authorization: Bearer $DICOMTUBE_TOKEN" ',
        access=_OPEN if is_open else _ACCOUNTS,
        sign_in=(_DEVELOPMENT if development_sign_in else _SIGN_IN).format(url=settings.public_url),
        home=settings.home,
    )
