"""The Celery application: how messages are spelled, acknowledged and timed.

Only configuration may live here; tasks are in `worker.tasks`, the object itself is made in
``celery_app.py`` (worker processes) and by `worker.announcer` (processes that only send).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from worker.settings import WorkerSettings

if TYPE_CHECKING:
    from celery import Celery

PROCESS_STUDY = "dicomtube.process_study"
HELP_STUDY = "dicomtube.help_study"
SWEEP = "dicomtube.sweep"
QUEUE = "dicomtube"
# How long a connection, or an answer, of the broker is waited for.
CONNECT_S = 1.0
ANSWER_S = 5.0

# What `celery worker` is started with: nothing that talks to the other workers all the time.
WORKER_ARGUMENTS = ("worker", "--without-gossip", "--without-mingle", "--without-heartbeat")


def create_app(broker_url: str | None, settings: WorkerSettings) -> Celery:
    """Make the application.

    Parameters
    ----------
    broker_url
        Redis protocol; None for a process that has no broker (tests, tools).
    """
    from celery import Celery

    app = Celery("dicomtube", broker=broker_url or "memory://", set_as_current=False)
    app.conf.update(_messages() | _delivery(settings) | _quiet() | _schedule(settings))
    app.conf.broker_transport_options = _transport(settings)
    return app


def _messages() -> dict[str, Any]:
    return {
        "task_serializer": "json",
        "accept_content": ["json"],
        "result_backend": None,
        "task_ignore_result": True,
        "task_store_errors_even_if_ignored": False,
        "task_default_queue": QUEUE,
        "enable_utc": True,
        "timezone": "UTC",
    }


def _delivery(settings: WorkerSettings) -> dict[str, Any]:
    """At least once: a message is acknowledged when its task is over, not when it begins."""
    return {
        "task_acks_late": True,
        "task_acks_on_failure_or_timeout": True,
        "task_reject_on_worker_lost": True,
        "worker_prefetch_multiplier": 1,
        "task_soft_time_limit": settings.task_s,
        "task_time_limit": settings.task_s + 30,
        "worker_cancel_long_running_tasks_on_connection_loss": False,
        "broker_connection_retry": True,
        "broker_connection_retry_on_startup": True,
        "broker_connection_max_retries": None,
        "broker_connection_timeout": CONNECT_S,
        "worker_max_memory_per_child": 512 * 1024,  # KiB; a child past it is replaced when idle
    }


def _quiet() -> dict[str, Any]:
    return {
        "worker_hijack_root_logger": False,
        "worker_redirect_stdouts": False,
        "worker_send_task_events": False,
        "task_send_sent_event": False,
        "worker_enable_remote_control": False,
    }


def _schedule(settings: WorkerSettings) -> dict[str, Any]:
    # A sweep that waited as long as the next one would be a second one: it expires instead.
    every = {
        "task": SWEEP,
        "schedule": settings.sweep_s,
        "options": {"expires": settings.sweep_s},
    }
    return {"beat_schedule": {"sweep": every}, "beat_max_loop_interval": settings.sweep_s}


def _transport(settings: WorkerSettings) -> dict[str, Any]:
    """A message that nobody acknowledged comes back only after its task must have ended."""
    return {
        "visibility_timeout": settings.task_s + 300,
        "socket_connect_timeout": CONNECT_S,
        "socket_timeout": ANSWER_S,
        "socket_keepalive": True,
        "retry_on_timeout": False,
        "health_check_interval": 30,
    }
