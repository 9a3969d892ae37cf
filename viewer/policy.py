"""The security headers of everything under the viewer's prefix, and the reasons for them.

They stay under the prefix: `Cross-Origin-Opener-Policy` would break sign-in windows elsewhere.
"""

from __future__ import annotations

import base64
import hashlib
import re

_INLINE_SCRIPT = re.compile(rb"<script>(.*?)</script>", re.DOTALL)

# `crossOriginIsolated`: OHIF's volumes share memory with their workers.
ISOLATION = {
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cross-Origin-Resource-Policy": "same-origin",
}
HARDENING = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}


def content_security_policy(index_html: bytes) -> str:
    """Return the policy under which this release runs, and nothing beyond its origin.

    The inline scripts of the page are allowed by their digests. ``unsafe-eval`` is needed: the
    codecs and array libraries inside OHIF make functions at run time. Styles are set inline by
    its components. ``blob:`` is how it starts workers and shows PDF and video.
    """
    digests = [hashlib.sha256(script).digest() for script in _INLINE_SCRIPT.findall(index_html)]
    inline = " ".join(f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests)
    directives = {
        "default-src": "'self'",
        "script-src": f"'self' 'unsafe-eval' blob: {inline}".strip(),
        "style-src": "'self' 'unsafe-inline'",
        "img-src": "'self' data: blob:",
        "font-src": "'self' data:",
        "media-src": "'self' blob:",
        "connect-src": "'self' data: blob:",
        "worker-src": "'self' blob:",
        "frame-src": "'self' blob:",
        "object-src": "'self' blob:",
        "base-uri": "'self'",
        "form-action": "'self'",
        "frame-ancestors": "'self'",
    }
    return "; ".join(f"{name} {value}" for name, value in directives.items())
