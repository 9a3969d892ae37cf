"""All works, a row each, in the order of the tables."""

from __future__ import annotations

from benchmarks.suite.works import (
    frames,
    metadata,
    opening,
    pictures,
    retrieving,
    searching,
    sending,
    storing,
)
from benchmarks.suite.works.work import Unit, Work

OURS, PEER, POSTGRES, S3 = "ours", "peer", "postgres", "s3"
EDGE, LIMIT = "edge", "limit"
# Those whose index is not asked hold the images alone.
IMAGES_ALONE = frozenset({S3, EDGE})
_PAIR = frozenset({OURS, PEER})
_DATABASES = _PAIR | {POSTGRES}
_STORES = _DATABASES | {S3}

WORKS = (
    Work("CT frame, 1 connection", Unit.REQUESTS, frames.ct_frames(1), _STORES),
    Work("CT frame, 8 connections", Unit.REQUESTS, frames.ct_frames(8), _STORES | {EDGE}),
    Work("file of a frame, 8 connections", Unit.REQUESTS, frames.files(8), frozenset({LIMIT})),
    Work("compressed frame, 8 connections", Unit.REQUESTS, frames.multi_frames(8), _PAIR | {S3}),
    Work("series metadata, 1 connection", Unit.MILLISECONDS, metadata.series_waits, _STORES),
    Work("series metadata, 8 connections", Unit.REQUESTS, metadata.series_rate(8), _STORES),
    Work("study metadata", Unit.MILLISECONDS, metadata.study_waits, _DATABASES),
    *(
        Work(f"search: {name}", Unit.MILLISECONDS, searching.search(name), _DATABASES)
        for name in searching.SEARCHES
    ),
    Work("STOW, 1 connection", Unit.INSTANCES, storing.store_slices(1, 50), _STORES, True),
    Work("STOW, 4 connections", Unit.INSTANCES, storing.store_slices(4, 50), _STORES, True),
    Work("STOW, one a request", Unit.INSTANCES, storing.store_slices(4, 1), _PAIR, True),
    Work("STOW, tiny, 4 connections", Unit.INSTANCES, storing.store_tiny(4), _DATABASES, True),
    Work("C-STORE, 1 association", Unit.INSTANCES, sending.send_slices(1), _PAIR, True),
    Work("C-STORE, 4 associations", Unit.INSTANCES, sending.send_slices(4), _DATABASES, True),
    Work("series retrieve", Unit.MEGABYTES, retrieving.series, _PAIR | {S3}),
    Work("rendered JPEG", Unit.MILLISECONDS, pictures.jpeg("rendered"), _PAIR),
    Work("thumbnail", Unit.MILLISECONDS, pictures.jpeg("thumbnail"), frozenset({OURS})),
    Work("raw to JPEG-LS", Unit.MILLISECONDS, retrieving.to_jpeg_ls, _PAIR),
    Work("decoded frame", Unit.MILLISECONDS, retrieving.decoded_frames, _PAIR),
    Work("OHIF opens a study", Unit.MILLISECONDS, opening.mr_study, _PAIR),
)
BY_NAME = {work.name: work for work in WORKS}
