"""Work that comes round by the clock and is another door's: given to the worker at the top."""

from __future__ import annotations

from collections.abc import Callable

from celery import Celery

from telemetry.logs import bound_request_id, get_logger

log = get_logger(__name__)


def add_periodic(app: Celery, name: str, every_s: float, act: Callable[[], object]) -> None:
    """Have workers do something every so many seconds, one of them at a time.

    A round that waited as long as the next one would be a second one: it expires instead.

    Parameters
    ----------
    act
        What it raises is logged; the next round tries again.
    """

    def run(self: object) -> None:
        with bound_request_id(str(getattr(getattr(self, "request", None), "id", name))):
            try:
                act()
            except Exception:
                log.exception("periodic work failed", task=name)

    # A shared task would also be that of every other app of the process, under the same name.
    app.task(name=name, bind=True, shared=False)(run)
    row = {"task": name, "schedule": every_s, "options": {"expires": every_s}}
    app.conf.beat_schedule = {**app.conf.beat_schedule, name: row}
