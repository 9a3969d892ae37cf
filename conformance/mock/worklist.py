"""The mock's work items (PS3.18 11): JSON objects in a dictionary, each with whoever claimed it."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterable
from typing import Any, Final

from pydicom.datadict import tag_for_keyword

from conformance.mock.messages import Refused, Reply, Request, json_reply

_STATE: Final = "00741000"
_TRANSACTION: Final = "00081195"
_NEXT: Final = {"SCHEDULED": {"IN PROGRESS"}, "IN PROGRESS": {"COMPLETED", "CANCELED"}}
"""The states that a state may change to (PS3.4 CC.1.1)."""

Flaws = frozenset[str]
Item = dict[str, Any]


class Worklist:
    """All work items by UID."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._items: dict[str, Item] = {}
        self._subscribers: set[tuple[str, str]] = set()

    def answer(self, request: Request, flaws: Flaws) -> Reply:
        """Answer a request for /workitems or what lies below it.

        Raises
        ------
        Refused
            There is nothing there, or it has other methods.
        """
        for pattern, answers in _ROUTES:
            match = pattern.fullmatch(request.path)
            if match is not None and request.method in answers:
                return answers[request.method](self, request, flaws, *match.groups())
            if match is not None:
                raise Refused(405, "the resource has other methods")
        raise Refused(404, "there is no such resource")

    def create(self, request: Request, flaws: Flaws) -> Reply:
        """Make one; its UID is the whole query."""
        item = _item_of(request)
        uid = request.query
        with self._lock:
            if uid in self._items and "ups-twice" not in flaws:
                raise Refused(409, "the work item is there already")
            self._items[uid] = item
        place = (
            [] if "ups-no-location" in flaws else [("Location", f"{request.root}/workitems/{uid}")]
        )
        return Reply(201, headers=place)

    def search(self, request: Request, flaws: Flaws) -> Reply:
        """Those whose attributes are as the query says."""
        wanted = [(tag, text) for name, text in request.arguments() if (tag := _tag(name))]
        with self._lock:
            items = list(self._items.values())
        found = [one for one in items if all(_said(one, tag) == text for tag, text in wanted)]
        return json_reply([_shown(one, frozenset()) for one in found])

    def retrieve(self, request: Request, flaws: Flaws, uid: str) -> Reply:
        """One of them, without the key of whoever claimed it."""
        return json_reply([_shown(self._item(uid), flaws)])

    def update(self, request: Request, flaws: Flaws, uid: str) -> Reply:
        """Change some attributes; of one that is claimed only with its key."""
        item, changes = self._item(uid), _item_of(request)
        key = _said(item, _TRANSACTION)
        if key and key not in (request.query, _said(changes, _TRANSACTION)):
            raise Refused(409, "another has claimed the work item")
        if "ups-forgets-updates" not in flaws:
            item.update(changes)
        return Reply(200)

    def change_state(self, request: Request, flaws: Flaws, uid: str) -> Reply:
        """Claim a work item, or end it."""
        item, change = self._item(uid), _item_of(request)
        state, key = _said(change, _STATE), _said(change, _TRANSACTION)
        if not state or not key:
            raise Refused(400, "a change names the state and the Transaction UID")
        with self._lock:
            is_next = state in _NEXT.get(_said(item, _STATE) or "", set())
            if not is_next and "ups-claims-again" not in flaws:
                raise Refused(409, f"it cannot become {state} now")
            if "ups-keeps-state" not in flaws:
                item[_STATE] = change[_STATE]
            item[_TRANSACTION] = change[_TRANSACTION]
        return Reply(200)

    def cancel(self, request: Request, flaws: Flaws, uid: str) -> Reply:
        """Take a wish to cancel."""
        item = self._item(uid)
        if _said(item, _STATE) in ("COMPLETED", "CANCELED"):
            raise Refused(409, "it has ended")
        return Reply(200 if "ups-cancel-200" in flaws else 202)

    def subscribe(self, request: Request, flaws: Flaws, uid: str, who: str) -> Reply:
        """Remember who wants to be told."""
        self._item(uid)
        self._subscribers.add((uid, who))
        return Reply(201)

    def unsubscribe(self, request: Request, flaws: Flaws, uid: str, who: str) -> Reply:
        """Forget them."""
        if (uid, who) not in self._subscribers:
            raise Refused(404, "nobody of that name watches it")
        self._subscribers.discard((uid, who))
        return Reply(200)

    def _item(self, uid: str) -> Item:
        with self._lock:
            item = self._items.get(uid)
        if item is None:
            raise Refused(404, "there is no such work item")
        return item


def _item_of(request: Request) -> Item:
    try:
        rows = json.loads(request.body)
    except ValueError as error:
        raise Refused(400, "the work item is no JSON") from error
    item = rows[0] if isinstance(rows, list) and len(rows) == 1 else rows
    if not isinstance(item, dict):
        raise Refused(400, "a request has one work item")
    return item


def _tag(name: str) -> str | None:
    tag = tag_for_keyword(name)
    return None if tag is None else f"{tag:08X}"


def _said(item: Item, tag: str) -> str | None:
    values: Iterable[Any] = item.get(tag, {}).get("Value", [])
    return next((str(one) for one in values), None)


def _shown(item: Item, flaws: Flaws) -> Item:
    hidden = () if "ups-shows-key" in flaws else (_TRANSACTION,)
    return {tag: row for tag, row in item.items() if tag not in hidden}


_ONE: Final = r"/workitems/([0-9.]{1,64})"
_ROUTES: Final[list[tuple[re.Pattern[str], dict[str, Callable[..., Reply]]]]] = [
    (re.compile("/workitems"), {"GET": Worklist.search, "POST": Worklist.create}),
    (re.compile(_ONE), {"GET": Worklist.retrieve, "POST": Worklist.update}),
    (re.compile(f"{_ONE}/state"), {"PUT": Worklist.change_state}),
    (re.compile(f"{_ONE}/cancelrequest"), {"POST": Worklist.cancel}),
    (
        re.compile(rf"{_ONE}/subscribers/(\w{{1,16}})"),
        {"POST": Worklist.subscribe, "DELETE": Worklist.unsubscribe},
    ),
]
