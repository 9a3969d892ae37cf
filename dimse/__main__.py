"""The DIMSE process put together: settings → archive → server. ``python -m dimse``."""

from __future__ import annotations

import os
import sys
import threading

from archive.archive import migrate, open_archive
from archive.errors import SettingsError
from archive.ingest import Outcome, store_instances
from archive.objects import SpoolFile
from archive.settings import Settings
from dimse import processes
from dimse.handlers import Handlers
from dimse.scp import Scp, listen
from dimse.settings import DimseSettings
from dimse.tls import server_context
from telemetry.logs import configure, get_logger
from worker.announcer import create_announcer
from worker.settings import WorkerSettings

log = get_logger("dimse")


def main() -> int:
    """Serve until SIGTERM or SIGINT."""
    configure("dimse", os.environ.get("DICOMTUBE_LOG_LEVEL") or "info")
    try:
        settings = Settings.from_environment()
        door = DimseSettings.from_environment()
        tls = server_context(door.tls) if door.tls else None
        worker = WorkerSettings.from_environment()
    except SettingsError as error:
        log.exception("a setting cannot be used", detail=str(error))
        return 2
    migrate(settings)
    listener = listen(settings.dimse_bind.host, settings.dimse_bind.port)

    def serve(stop: threading.Event) -> None:
        announcer = create_announcer(settings.broker_url, worker)
        archive = open_archive(settings, announcer)

        def store(collection: str, file: SpoolFile, sender: str) -> Outcome:
            # The file meta information of what comes in here repeats the command.
            [outcome] = store_instances(
                archive, collection, [file], sender=sender, meta_agrees=True
            )
            return outcome

        scp = Scp(door, Handlers(archive, store).service(), listener, tls)
        scp.start()
        log.info("ready", port=scp.port, count=door.processes)
        stop.wait()
        scp.stop()
        announcer.close()
        archive.close()

    processes.run(door.processes, serve)
    return 0


if __name__ == "__main__":
    sys.exit(main())
