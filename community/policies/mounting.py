"""The texts put on an app: their pages, the links at the foot of all, and the question anew."""

from __future__ import annotations

from typing import Any, Final

from flask import Flask, request

from archive.archive import Archive
from community.accounts.signed_in import person_of
from community.look.words import N_
from community.policies.acceptance import Agreed
from community.policies.facts import Facts
from community.policies.pages import PATHS, create_blueprint

_SHORT: Final = {
    "privacy": N_("Privacy"),
    "cookies": N_("Cookies"),
    "terms": N_("Terms"),
    "rules": N_("Community rules"),
    "subprocessors": N_("Sub-processors"),
    "accessibility": N_("Accessibility"),
    "contact": N_("Contact"),
}


def mount(app: Flask, archive: Archive, facts: Facts) -> None:
    """Let everybody read what holds here, and ask who has an account when it changes."""
    app.register_blueprint(create_blueprint(archive, facts))
    agreed = Agreed()

    def is_outdated() -> bool:
        """Whether the reader is to be asked to agree anew."""
        person = person_of(request)
        if person is None or request.blueprint == "policies":
            return False
        return bool(agreed.missing(archive, person.id))

    def legal_links() -> list[tuple[str, str]]:
        known = {rule.rule for rule in app.url_map.iter_rules()}
        return [
            (words, request.script_root + PATHS[name])
            for name, words in _SHORT.items()
            if PATHS[name] in known
        ]

    @app.context_processor
    def told() -> dict[str, Any]:
        return {"legal_links": legal_links(), "must_agree_anew": is_outdated}
