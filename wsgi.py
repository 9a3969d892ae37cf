"""The web process put together: settings → archive → app and blueprints. ``granian wsgi:app``."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable
from functools import cache, partial
from typing import TYPE_CHECKING

from flask import Flask, Response, request

from archive import uploads
from archive.access import Principal
from archive.archive import Archive, check_database, migrate, open_archive
from archive.collections import ARCHIVE, COMMUNITY, DEIDENTIFY, Collection, list_collections
from archive.deid_keys import keys_at
from archive.outbox import count_unprocessed, list_dead_letters, oldest_unprocessed_s
from archive.settings import OPEN, Settings
from community import pages, upload_pages
from community.accounts import api as accounts_api
from community.accounts.mounting import mount as mount_accounts
from community.accounts.settings import AccountSettings
from community.accounts.viewing import viewer
from community.api.mounting import mount as mount_api
from community.assisting.mounting import mount as mount_assisting
from community.assisting.settings import AssistantSettings
from community.audit.mounting import mount as mount_audit
from community.cases import api as cases_api
from community.cases.doors import may_open_case, owns_case
from community.cases.mounting import mount as mount_cases
from community.consent.mounting import mount as mount_consent
from community.consent.settings import Analytics
from community.discussion.mounting import mount as mount_discussion
from community.exchange.mounting import mount as mount_exchange
from community.finding import api as finding_api
from community.finding.mounting import mount as mount_finding
from community.look.settings import LookSettings
from community.moderation.mounting import mount as mount_moderation
from community.moderation.queue import readings as moderation_readings
from community.policies.facts import facts_of
from community.policies.mounting import mount as mount_policies
from community.quizzes.mounting import mount as mount_quizzes
from community.quizzes.silence import keeps_words
from community.requests.mounting import mount as mount_requests
from community.requests.mounting import readings as request_readings
from community.review import pages as review_pages
from community.rights.mounting import mount as mount_rights
from community.rights.rounds import readings as rights_readings
from community.sharing.mounting import create_guests, viewer_with_links
from community.sharing.mounting import mount as mount_sharing
from community.site.settings import site_from_environment
from community.uploading import api as uploading_api
from community.uploading import pages as uploading
from community.uploads import Asked
from community.uploads import create_blueprint as create_uploads
from dicomweb import guard, routes
from dicomweb.admission import Admission
from dicomweb.asking import asked_once
from dicomweb.errors import Refusal, answer_error
from dicomweb.hardening import Hardened
from dicomweb.proxies import BehindProxies, origin_of
from dicomweb.settings import DoorSettings
from telemetry import web as telemetry
from telemetry.logs import configure
from viewer.routes import create_blueprint as create_viewer
from viewer.settings import ViewerSettings
from worker.announcer import create_announcer
from worker.settings import WorkerSettings

if TYPE_CHECKING:
    from worker.broker import BrokerMemory


def create_app() -> Flask:
    """Put the web process together as the environment says."""
    configure("web", os.environ.get("DICOMTUBE_LOG_LEVEL") or "info")
    settings = Settings.from_environment()
    migrate(settings)
    keys_at(settings.deid_key_file)
    announcer = create_announcer(settings.broker_url, WorkerSettings.from_environment())
    return assemble(open_archive(settings, announcer))


def assemble(archive: Archive) -> Flask:
    """Mount every door on one app."""
    settings = archive.settings
    app = Flask(__name__, static_folder=None)
    # No view of ours is a coroutine; Flask would look each of them over for every request.
    app.ensure_sync = lambda func: func  # type: ignore[method-assign] # Flask's own hook

    @app.before_request
    def check_host() -> Response | None:
        try:
            guard.check_host(settings, request.host)
        except Refusal as refusal:
            return routes.refuse(refusal)
        return None

    guests = create_guests(archive, owns_case(archive))

    def viewer_of() -> Principal | None:
        """Who sends the request at hand; every door asks here."""
        return asked_once(
            request,
            lambda: viewer_with_links(
                guests,
                lambda: guard.principal_of(archive, request.headers, guests.person_now),
                partial(viewer, is_open=settings.access == OPEN),
            ),
        )

    accounts = AccountSettings.from_environment(settings)
    entrance = mount_accounts(app, archive, accounts, lambda: origin_of(settings, request))
    api = mount_api(app, archive, viewer_of, lambda: origin_of(settings, request))
    api.register_blueprint(accounts_api.create_blueprint(archive))
    api.register_blueprint(cases_api.create_blueprint(archive))
    api.register_blueprint(finding_api.create_blueprint(archive))
    api.register_blueprint(uploading_api.create_blueprint(archive))
    analytics = Analytics.from_environment()
    mount_consent(app, archive, analytics)
    assistant = AssistantSettings.from_environment()
    tier = assistant.tier if assistant else ""
    mount_policies(app, archive, facts_of(accounts, analytics, tier))
    mount_requests(app, api, site_from_environment(), entrance)
    mount_rights(app, api, archive)
    mount_sharing(app, api, guests, lambda: origin_of(settings, request))
    mount_cases(app, archive, viewer_of)
    mount_quizzes(app, api, archive, viewer_of)
    mount_assisting(app, api, archive, viewer_of, assistant)
    routes.register(
        app,
        archive,
        viewer_of=viewer_of,
        may_open_case=may_open_case(archive),
        keeps_words=keeps_words(archive),
    )
    app.register_blueprint(
        create_viewer(ViewerSettings.from_environment().dist, lambda: _roots(archive))
    )
    app.register_blueprint(
        telemetry.create_blueprint(_checks(archive), readings=_readings(archive))
    )
    api.register_blueprint(create_uploads(archive, _asked(archive, viewer_of)))
    app.register_blueprint(
        pages.create_blueprint(
            lambda: _site(settings),
            lambda: _doors(archive),
            _statement,
            LookSettings.from_environment().vendor,
        )
    )
    mount_discussion(app, api, archive, viewer_of)
    mount_finding(app, archive, viewer_of)
    mount_moderation(app, api, archive, viewer_of, lambda: origin_of(settings, request))
    mount_audit(app, archive, viewer_of)
    for make in (
        upload_pages.create_blueprint,
        review_pages.create_blueprint,
        uploading.create_blueprint,
    ):
        app.register_blueprint(make(archive, viewer_of))
    mount_exchange(app, api, archive, viewer_of, lambda: origin_of(settings, request))
    # Outermost: whatever looks at a request sees it as its client sent it.
    door = DoorSettings.from_environment()
    hardened = Hardened(app.wsgi_app, settings, door.hsts_s)
    behind = BehindProxies(hardened, settings)
    app.wsgi_app = Admission(behind, door.max_working)  # type: ignore[method-assign] # as Flask says
    return app


def _checks(archive: Archive) -> dict[str, Callable[[], object]]:
    checks: dict[str, Callable[[], object]] = {
        "database": lambda: check_database(archive),
        "objects": archive.objects.check,
    }
    if archive.settings.broker_url is not None:
        checks["broker"] = partial(_queue_length, archive.settings.broker_url)
    return checks


@cache
def _memory(broker_url: str) -> BrokerMemory:
    from worker.broker import open_memory  # its client is loaded when somebody asks

    return open_memory(broker_url)


def _queue_length(broker_url: str) -> int:
    return _memory(broker_url).queue_length()


def _readings(archive: Archive) -> dict[str, Callable[[], float]]:
    return {
        "unprocessed_studies": lambda: count_unprocessed(archive),
        "unprocessed_oldest_seconds": lambda: oldest_unprocessed_s(archive),
        "dead_letters": lambda: len(list_dead_letters(archive)),
        **_upload_readings(archive),
        **moderation_readings(archive),
        **request_readings(archive),
        **rights_readings(archive),
    }


def _upload_readings(archive: Archive) -> dict[str, Callable[[], float]]:
    names = {
        uploads.RECEIVED: "received",
        uploads.WORKING: "working",
        uploads.REVIEW: "needing_review",
        uploads.REJECTED: "rejected",
        uploads.PUBLISHED: "published",
    }

    def count(state: str) -> Callable[[], float]:
        return lambda: uploads.count_states(archive)[state]

    counts = {f"uploads_{name}": count(state) for state, name in names.items()}
    return counts | {
        "uploads_oldest_seconds": lambda: uploads.oldest_s(archive, *uploads.WAITING),
        "uploads_review_oldest_seconds": lambda: uploads.oldest_s(archive, uploads.REVIEW),
    }


def _asked(archive: Archive, viewer_of: Callable[[], Principal | None]) -> Asked:
    door = DoorSettings.from_environment()

    def check_writer() -> None:
        guard.check_writer(request.headers, request.host, door.cors_origins)

    return Asked(
        viewer_of,
        check_writer,
        lambda: origin_of(archive.settings, request),
        answer_error,
    )


def _named(archive: Archive) -> list[Collection]:
    """The collections that anybody is told of: with accounts, none that an operator made."""
    every = list_collections(archive)
    if archive.settings.access == OPEN:
        return every
    return [one for one in every if one.name in (ARCHIVE, COMMUNITY)]


def _statement() -> str:
    from ops.conformance.document import statement  # it reads every door, and one reader a day

    return statement()


def _roots(archive: Archive) -> list[tuple[str, str]]:
    return [(c.name, c.root_path) for c in _named(archive)]


def _site(settings: Settings) -> pages.Site:
    dimse = settings.dimse_bind
    return pages.Site(origin_of(settings, request), dimse.host, dimse.port, settings.access == OPEN)


def _doors(archive: Archive) -> list[pages.Door]:
    ours = origin_of(archive.settings, request)
    return [
        pages.Door(c.name, c.ae_title, ours + c.root_path, c.ingest == DEIDENTIFY)
        for c in _named(archive)
    ]


app = create_app()
# What was made by now lives as long as the process: no collection has to look at it again.
gc.collect()
gc.freeze()
