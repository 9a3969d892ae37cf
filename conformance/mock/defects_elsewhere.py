"""What the mock can do wrong as an HTTP server, when it stores, and in further services."""

from __future__ import annotations

from typing import Final

from conformance.mock.defect import Defect, wrong

_HTTP: Final = {
    "no-head": wrong("HEAD is not answered", "http.head"),
    "no-options": wrong("OPTIONS on a resource is answered 404", "http.options"),
    "no-405": wrong(
        "A method that a resource does not have is answered 404", "qido.method http.405"
    ),
    "no-304": wrong("If-None-Match of the current tag is answered 200", "http.304"),
    "no-private": wrong("Nothing says that an answer is private", "http.cache"),
    "no-host": wrong("A request without Host is answered", "http.host"),
    "no-capabilities": wrong("There are no capabilities", "capabilities"),
    "claims-nothing": wrong("The capabilities name no resource", "capabilities[true]"),
}
_STORING: Final = {
    "only-explicit": wrong("One transfer syntax alone is stored", "", turned="*"),
    "small-only": wrong("An instance of more than a megabyte is refused", "wire.large"),
    "inline-lost": wrong("Bytes inline in metadata are stored as zeros", "stow.json-inline"),
    "415": wrong("A message of another type is answered 400", "stow.415"),
    "described": wrong("Metadata in JSON and XML are not stored", "stow.json stow.xml"),
    "jpeg-lost": wrong(
        "A picture that comes with metadata in JSON is stored black", "stow.json-compressed"
    ),
    "forgets": wrong(
        "What is stored is answered 200 and thrown away", "appears stow.one", turned="*"
    ),
    "any-study": wrong(
        "An instance of another study is stored below the study in the path", "stow.mismatch"
    ),
    "all-or-none": wrong(
        "One bad instance keeps the others from being stored", "stow.some wire.junk-neighbour"
    ),
    "always-200": wrong(
        "Storing is answered 200 whatever became of it",
        "stow.mismatch stow.json-missing wire.broken[junk] wire.broken[empty-part] "
        "wire.broken[cut-off] wire.junk-neighbour wire.junk-told",
    ),
    "500-on-junk": wrong(
        "A part that is no instance is answered 500",
        "wire.broken[junk] wire.broken[empty-part] wire.broken[cut-off] wire.junk-neighbour "
        "wire.junk-told",
    ),
    "no-retrieve-url": wrong(
        "The answer to storing has no RetrieveURL", "stow.response[retrieve-url]"
    ),
    "no-referenced": wrong(
        "The answer to storing does not name what was stored",
        "stow.response[referenced] stow.response[class] stow.response[instance-url] stow.some",
    ),
    "wrong-class": wrong("The answer to storing names another SOP Class", "stow.response[class]"),
    "no-instance-url": wrong(
        "The answer to storing says of no instance where it is", "stow.response[instance-url]"
    ),
    "no-failed": wrong("The answer to storing does not name what failed", "stow.mismatch"),
    "no-reason": wrong("What failed has no Failure Reason", "stow.mismatch"),
    "boundary": wrong("A boundary is cut down to letters and digits", "wire.understood[odd]"),
    "preamble": wrong("A message with a preamble is refused", "wire.understood[preamble]"),
}
_BEYOND: Final = {
    "commits-all": wrong(
        "Whatever is asked for is committed", "commitment[failed] commitment[class]"
    ),
    "commit-again": wrong("A transaction UID can be used again", "commitment[409]"),
    "keeps-deleted": wrong(
        "What was deleted is still there", "delete[study] delete[series] delete[instance]"
    ),
    "deletes-more": wrong(
        "Deleting takes others' studies along", "delete[study] delete[series] delete[instance]"
    ),
}
_WORKLISTS: Final = {
    "no-ups": wrong("There are no work items", turned="ups"),
    "ups-twice": wrong("A work item is made twice", "ups[409]"),
    "ups-no-location": wrong("Who makes a work item is not told where it is", "ups[create]"),
    "ups-shows-key": wrong("A work item is shown with its Transaction UID", "ups[transaction]"),
    "ups-claims-again": wrong("A work item is claimed twice", "ups[claim-again]"),
    "ups-keeps-state": wrong("A claim is answered 200, and the state stays", "ups[claim]"),
    "ups-forgets-updates": wrong("An update is answered 200 and thrown away", "ups[update]"),
    "ups-cancel-200": wrong("A wish to cancel is answered 200", "ups[cancel]"),
}

ELSEWHERE: Final[dict[str, Defect]] = {**_HTTP, **_STORING, **_BEYOND, **_WORKLISTS}
