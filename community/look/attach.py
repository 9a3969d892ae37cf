"""Giving an app its look: what templates may call, the files, and the reader's choices."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, g, request, url_for
from flask.blueprints import BlueprintSetupState
from flask.sansio.app import App

from community.guarding import comes_from_us
from community.look import keeping, languages, wording
from community.look.assets import Assets, send
from community.look.choices import choose, chosen_theme
from community.look.formats import FILTERS

_OWN = Path(__file__).resolve().parent.parent / "static"


def attach(
    blueprint: Blueprint, vendor: Path | None = None, is_development: Callable[[], bool] = bool
) -> None:
    """Add ``/static/…`` and ``POST /look`` to a blueprint, and to its app what templates need.

    Parameters
    ----------
    vendor
        Folder of the npm packages' files; pages do without what is not there.
    is_development
        Whether the languages that are made for tests may be chosen.
    """
    assets = Assets(_OWN, vendor)
    name = blueprint.name

    def offered() -> tuple[str, ...]:
        return languages.available(with_pseudo=is_development())

    @blueprint.get("/static/<path:filename>", endpoint="static")
    def static(filename: str) -> Response:
        return send(assets.find(filename))

    @blueprint.post("/look")
    def look() -> Response:
        if not comes_from_us(request.headers, request.host):
            return Response(status=HTTPStatus.FORBIDDEN)
        wanted, account = request.form.get("locale"), languages.account_of_reader()
        if wanted in offered() and account is not None:
            account.keep(str(wanted))
        return choose(offered())

    @blueprint.app_context_processor
    def told() -> dict[str, Any]:
        tag = languages.current()
        return {
            "theme": chosen_theme(),
            "locale": tag,
            "direction": languages.direction(tag),
            "locales": [(one, languages.name_of(one)) for one in languages.available()],
        }

    def asset(filename: str) -> str:
        """Address of a file with its version in it; nothing when there is no such file."""
        known: dict[str, str] = g.setdefault("look_assets", {})  # a page has an icon many times
        if filename not in known:
            found = assets.find(filename)
            known[filename] = (
                url_for(f"{name}.static", filename=filename, v=found.version) if found else ""
            )
        return known[filename]

    @blueprint.record_once
    def equip(state: BlueprintSetupState) -> None:
        state.app.extensions[languages.OFFERED] = offered
        _equip(state.app, asset)


def _equip(app: App, asset: Callable[[str], str]) -> None:
    environment = app.jinja_env
    environment.add_extension("jinja2.ext.i18n")
    wording.install(environment)
    environment.globals["asset"] = asset
    keeping.install(environment, asset)
    environment.filters.update(FILTERS)
