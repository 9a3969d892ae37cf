"""The checks, a module a subject. They are run in the order of `MODULES`: foundations first."""

from __future__ import annotations

from typing import Final

MODULES: Final = (
    "reaching",
    "searching",
    "matching",
    "paging",
    "search_formats",
    "search_options",
    "retrieving",
    "content",
    "frames",
    "metadata",
    "json_model",
    "bulk_data",
    "xml_model",
    "messages",
    "rendering",
    "other_pictures",
    "uri_service",
    "http",
    "browsers",
    "storing",
    "describing",
    "wire",
    "beyond",
    "worklists",
)
