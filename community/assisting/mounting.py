"""The assistant put on an app, where there is one; without it no page knows that there could be."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Flask

from archive.archive import Archive
from community.api.document import Api
from community.assisting import pages
from community.assisting.api import create_blueprint as create_api
from community.assisting.deciding import summary_of
from community.assisting.settings import AssistantSettings
from community.assisting.terms import NOTICES
from community.cases.model import CaseView
from community.cases.readers import Reader
from community.cases.slots import ASSISTANT, register_slot
from community.guarding import ViewerOf


def mount(
    app: Flask,
    api: Api,
    archive: Archive,
    viewer_of: ViewerOf,
    settings: AssistantSettings | None,
) -> None:
    """Let authors have help with words; summaries that were accepted are shown in any case."""

    def fill(view: CaseView, _reader: Reader) -> Mapping[str, Any]:
        return {"summary": summary_of(archive, view)}

    register_slot(app, ASSISTANT, fill)
    if settings is None:
        return
    app.register_blueprint(pages.create_blueprint(archive, viewer_of, settings))
    api.register_blueprint(create_api(archive, settings))
    app.context_processor(lambda: {"assistant_notice": NOTICES[settings.tier]})
