"""What is counted and timed: every metric of the product, and how a scrape is answered.

Here live the metrics and one small function for each thing that happens; callers never touch
the library's objects. Labels are bounded by tables: no UID, name or path may become one.

Several processes share one scrape when ``PROMETHEUS_MULTIPROC_DIR`` names a directory *before*
this module is imported (`telemetry.processes`); else a process answers for itself.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress

from prometheus_client import (
    REGISTRY,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

# A frame takes a millisecond and a 2 GiB study takes minutes: about 3 buckets a decade.
SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300)
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"})

_requests = Histogram(
    "dicomtube_request_seconds",
    "Time until the response was ready to be sent",
    ("resource", "method", "status_class"),
    buckets=SECONDS,
)
_refused = Counter(
    "dicomtube_refused_requests_total", "Requests refused because too many were being served"
)
_ingest = Counter(
    "dicomtube_ingest_instances_total",
    "Instances that a door was given, by what became of them",
    ("door", "collection", "outcome"),
)
_ingest_bytes = Counter(
    "dicomtube_ingest_bytes_total", "Bytes of instances that a door was given", ("door",)
)
_store = Histogram(
    "dicomtube_dimse_store_seconds", "Time of one C-STORE, its data set included", buckets=SECONDS
)
_associations = Gauge(
    "dicomtube_dimse_associations", "Associations open now", multiprocess_mode="livesum"
)
_rejections = Counter(
    "dicomtube_dimse_rejections_total", "Associations that were rejected", ("reason",)
)
_tasks = Histogram(
    "dicomtube_task_seconds", "Time of one task of the queue", ("task", "outcome"), buckets=SECONDS
)
_failures = Counter(
    "dicomtube_worker_failures_total", "Failures that a task recorded and went past", ("step",)
)
_dead_letters = Counter(
    "dicomtube_dead_letters_total", "Studies given up after the last try; someone must look"
)
_announcements = Counter(
    "dicomtube_announcements_total", "Studies announced to the queue", ("outcome",)
)


def observe_request(resource: str, method: str, status: int, seconds: float) -> None:
    """Time one HTTP request; `resource` is the name of its route, never its path."""
    known = method if method in METHODS else "OTHER"
    _requests.labels(resource, known, f"{status // 100}xx").observe(seconds)


def count_refused() -> None:
    """Count a request for which there was no room."""
    _refused.inc()


def count_ingest(door: str, collection: str, outcome: str, instances: int = 1) -> None:
    """Count instances by outcome: ``stored``, ``already``, ``0xB000``, ``0xA900`` …"""
    _ingest.labels(door, collection, outcome).inc(instances)


def count_ingest_bytes(door: str, size: int) -> None:
    """Count bytes that a door took in."""
    _ingest_bytes.labels(door).inc(size)


def observe_store(seconds: float) -> None:
    """Time one C-STORE."""
    _store.observe(seconds)


def association_opened() -> None:
    """Count an association in."""
    _associations.inc()


def association_closed() -> None:
    """Count an association out."""
    _associations.dec()


def count_rejection(reason: str) -> None:
    """Count an association that was rejected; `reason` is a word from the door's own table."""
    _rejections.labels(reason).inc()


def observe_task(task: str, outcome: str, seconds: float) -> None:
    """Time a task: ``done``, ``retried``, ``dead``."""
    _tasks.labels(task, outcome).observe(seconds)


def count_worker_failure(step: str) -> None:
    """Count a step that failed and was gone past: ``metadata``, ``thumbnail``, ``decode`` …"""
    _failures.labels(step).inc()


def count_dead_letter() -> None:
    """Count a study that was given up."""
    _dead_letters.inc()


def count_announcement(outcome: str) -> None:
    """Count what became of an announcement: ``sent``, ``failed``, ``held``."""
    _announcements.labels(outcome).inc()


class _Readings(Collector):
    """Values that are read from the archive at the moment of the scrape."""

    def __init__(self, readings: Mapping[str, Callable[[], float]]) -> None:
        self._readings = readings

    def collect(self) -> Iterator[GaugeMetricFamily]:
        for name, read in self._readings.items():
            # A scrape must answer while the database is down; the value is then absent.
            with suppress(Exception):
                yield GaugeMetricFamily(f"dicomtube_{name}", READINGS.get(name, name), value=read())


READINGS = {
    "unprocessed_studies": "Studies stored and not yet processed",
    "unprocessed_oldest_seconds": "Age of the oldest study that is not yet processed",
    "dead_letters": "Studies given up and not yet looked at",
    "uploads_received": "Studies that wait to be de-identified",
    "uploads_working": "Studies that are being de-identified",
    "uploads_needing_review": "Studies that wait for a person",
    "uploads_rejected": "Studies that were rejected",
    "uploads_published": "Studies that were de-identified and published",
    "uploads_oldest_seconds": "Age of the study that has waited longest to be de-identified",
    "uploads_review_oldest_seconds": "Age of the study that has waited longest for a person",
    "requests_open": "Requests of people that are not closed",
    "requests_overdue": "Requests of people that were not answered within a month",
}


def exposition(readings: Mapping[str, Callable[[], float]] | None = None) -> bytes:
    """Answer a scrape in the text format.

    Parameters
    ----------
    readings
        Gauges read now, by name without the product's prefix; see `READINGS`.
    """
    answer = generate_latest(_registry())
    if readings:
        fresh = CollectorRegistry(auto_describe=False)
        fresh.register(_Readings(readings))
        answer += generate_latest(fresh)
    return answer


def _registry() -> CollectorRegistry:
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return REGISTRY
    shared = CollectorRegistry()
    MultiProcessCollector(shared)  # type: ignore[no-untyped-call]  # the library has no types here
    return shared
