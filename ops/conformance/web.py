"""The DICOMweb sections: resources, methods, media types, status codes, warnings.

References
----------
PS3.2 annex N; PS3.18 chapters 8 and 10.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

from archive.collections import ARCHIVE, COMMUNITY
from dicomweb.capabilities import STORED_TYPES, conformance
from dicomweb.encodings import PREFERRED
from dicomweb.parameters import ACCEPT, SEARCH
from dicomweb.query import warnings
from dicomweb.routes import ROOTS, ROUTES, URI_PATH
from ops.conformance.markdown import bullets, code, codes, table

# What a status means in our answers; a test holds this against every transaction.
STATUSES = MappingProxyType(
    {
        200: "Done. After a store: every instance was stored, without a warning.",
        202: "Store: some instances were stored, or some were stored with a warning. The "
        "answer has an outcome for each. Storage commitment: accepted, and not answered yet; "
        "`Retry-After` says when to check.",
        204: "Erased.",
        206: "A range of one instance as stored, of a frame, or of a bulk data value. Rendered "
        "studies and series: some instances cannot be rendered and are left out.",
        304: "Not changed since the `ETag` that the client holds.",
        400: "The request cannot be read: a UID, a search key, a message. The answer names what.",
        401: "A token is needed, or the one that was sent is unknown, revoked or expired.",
        403: "The token lacks the scope; or a page of another site tried to write.",
        404: "There is no such thing in this collection, or no such collection.",
        406: "Nothing that the client accepts can be given. The answer lists what can.",
        408: "Store only: the sender fell silent.",
        409: "Store: no instance was stored; the answer has an outcome for each. Storage "
        "commitment: the transaction UID is in use.",
        410: "It was here and was erased.",
        413: "The request is longer than the limit; a search would read too many documents; or "
        "what is to be rendered is too large.",
        415: "The body of a request is of a media type that is not taken.",
        421: "With open access: the `Host` header names another machine.",
        500: "The server failed. The answer's `request_id` leads to the line in its log.",
        501: "URI service: `anonymize` was asked for.",
        503: "Busy, or index or object store cannot be reached. `Retry-After` says when to try "
        "again.",
    }
)
# Any transaction may be answered with these.
ALWAYS = (404, 421, 500, 503)

_COLLECTIONS = {
    "dicomweb": ARCHIVE,
    "community_dicomweb": COMMUNITY,
    "case_dicomweb": f"{COMMUNITY}, the studies of one case alone",
}


def resources() -> str:
    """Every resource that is offered: its methods and media types."""
    rows = [
        (
            codes(map(_spelled, one["resources"])),
            one["name"],
            one["section"] or "not in the standard",
            codes(one["mediaTypes"]),
        )
        for one in transactions()
    ]
    head = ("Resources", "Transaction", "PS3.18", "Answered as, the default first")
    return table(head, rows)


def transactions() -> list[dict[str, Any]]:
    """The transactions that are offered, as the capability description says them."""
    offered: list[dict[str, Any]] = conformance(ROUTES)["transactions"]
    return offered


def roots() -> str:
    """Where the service of each collection has its root."""
    rows = [
        (code(prefix), _COLLECTIONS.get(name, "any further collection, by its name"))
        for name, (prefix, _) in ROOTS.items()
    ]
    rows.append((code(URI_PATH), f"{ARCHIVE}, the URI service alone"))
    return table(("Root", "Collection"), rows)


def statuses() -> str:
    """Which transaction answers with which status, and what each means."""
    by_transaction = [
        (one["name"], ", ".join(map(str, sorted({*one["statuses"], *ALWAYS}))))
        for one in transactions()
    ]
    meanings = [(str(status), text) for status, text in STATUSES.items()]
    return "\n\n".join(
        (table(("Transaction", "Statuses"), by_transaction), table(("Status", "Means"), meanings))
    )


def search_parameters() -> str:
    """What a search takes beside its keys."""
    return codes(parameter.name for parameter in (*SEARCH, ACCEPT))


def warning_texts() -> str:
    """The Warning headers of searches, word for word."""
    root = "<root>"
    said = (
        *warnings(root, remaining=5),
        *warnings(root, remaining=1000, exact=False),
        *warnings(root, ignored=["Patient"]),
    )
    return bullets(map(code, said))


def stored_types() -> str:
    """What a store takes."""
    return codes(STORED_TYPES)


def encodings() -> str:
    """How metadata is compressed on its way."""
    return codes(PREFERRED)


def _spelled(resource: str) -> str:
    method, _, path = resource.partition(" ")
    return f"{method} /{path}"
