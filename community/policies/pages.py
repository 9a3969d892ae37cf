"""The pages of the texts: each as it holds, each version, the sub-processors, and agreeing anew."""

from __future__ import annotations

from functools import lru_cache
from http import HTTPStatus
from typing import Final

from flask import Blueprint, redirect, render_template, request
from flask.typing import ResponseReturnValue

from archive.archive import Archive
from archive.errors import NotFound
from community.accounts.requiring import require_person, signed_in
from community.guarding import guard
from community.look.choices import local_path
from community.policies.acceptance import agree, missing_of
from community.policies.documents import KINDS, Version, kind_named, newest, version_of, versions
from community.policies.facts import Facts
from community.policies.rendering import Rendered, render

PATHS: Final = {
    **{kind.name: kind.path for kind in KINDS},
    "contact": "/contact",
    "cookies": "/cookies",
    "rights": "/settings/privacy",
    "subprocessors": "/subprocessors",
}
"""Where the texts lead."""


def create_blueprint(archive: Archive, facts: Facts) -> Blueprint:
    """Make the blueprint."""
    blueprint = Blueprint("policies", __name__, template_folder="../templates")
    guard(blueprint)
    _add_texts(blueprint, facts)
    _add_agreement(blueprint, archive)

    @blueprint.get("/subprocessors")
    def subprocessors() -> str:
        return render_template("policies/subprocessors.html", facts=facts)

    return blueprint


def _add_texts(blueprint: Blueprint, facts: Facts) -> None:
    @lru_cache(maxsize=64)
    def rendered(name: str, number: str, root: str) -> Rendered:
        return render(name, number, facts, lambda to: root + PATHS[to])

    def show(name: str, version: Version) -> str:
        updated = facts.site.updated
        return render_template(
            "policies/text.html",
            kind=kind_named(name),
            version=version,
            text=rendered(name, version.number, request.script_root),
            updated=max(version.day, updated) if updated else version.day,
            holds=newest(name),
            earlier=[one for one in reversed(versions()[name]) if one != version],
            facts=facts,
        )

    def page(name: str) -> str:
        return show(name, newest(name))

    def of_version(name: str, number: str) -> str:
        version = version_of(name, number)
        if version is None:
            raise NotFound("there was no such version")
        return show(name, version)

    for kind in KINDS:
        own, earlier = {"name": kind.name}, f"{kind.path}/v/<number>"
        blueprint.add_url_rule(kind.path, "page", page, defaults=own)
        blueprint.add_url_rule(earlier, "version", of_version, defaults=own)


def _add_agreement(blueprint: Blueprint, archive: Archive) -> None:
    @blueprint.get("/agreement")
    @signed_in
    def agreement() -> ResponseReturnValue:
        missing = missing_of(archive, require_person().id)
        back = local_path(request.args.get("next", ""))
        if not missing:
            return redirect(request.script_root + back)
        news = [(kind, newest(kind.name)) for kind in KINDS if kind.name in missing]
        return render_template("policies/agreement.html", news=news, next_path=back)

    @blueprint.post("/agreement")
    @signed_in
    def agree_now() -> ResponseReturnValue:
        shown = {kind.name: request.form.get(kind.name, "") for kind in KINDS}
        agree(archive, require_person().id, shown)
        back = local_path(request.form.get("next", ""))
        return redirect(request.script_root + back, HTTPStatus.SEE_OTHER)
