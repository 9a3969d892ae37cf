"""The addresses that search engines may know: those of public cases, and when each changed.

References
----------
sitemaps.org protocol 0.9 (at most 50,000 addresses a file).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final
from xml.etree.ElementTree import Element, SubElement, tostring

from sqlalchemy import and_, func, select

from archive.archive import Archive
from archive.database import reading
from community.case_models import medical_case
from community.cases.model import PUBLIC
from community.rights.purposes import SEARCH_ENGINES, is_closed

addresses_a_file: Final = 10_000
max_files: Final = 50_000
_NAMESPACE: Final = "http://www.sitemaps.org/schemas/sitemap/0.9"

_IS_PUBLIC = and_(medical_case.c.state == PUBLIC, ~is_closed(medical_case.c.owner, SEARCH_ENGINES))


def count_files(archive: Archive) -> int:
    """How many files hold all addresses."""
    with reading(archive.engine) as connection:
        cases = connection.scalar(select(func.count()).select_from(medical_case).where(_IS_PUBLIC))
    return min(-(-(cases or 0) // addresses_a_file), max_files)


def slugs_of(archive: Archive, number: int) -> list[tuple[str, datetime]]:
    """Slugs of the public cases in a file, counted from 1, and when each changed last."""
    query = (
        select(medical_case.c.slug, medical_case.c.changed_at)
        .where(_IS_PUBLIC)
        .order_by(medical_case.c.id)
        .limit(addresses_a_file)
        .offset((number - 1) * addresses_a_file)
    )
    with reading(archive.engine) as connection:
        return [(row.slug, row.changed_at) for row in connection.execute(query)]


def to_urlset(rows: Iterable[tuple[str, datetime | None]]) -> bytes:
    """A file of addresses, each with the moment of its last change where that is known."""
    return _listed("urlset", "url", rows)


def to_index(addresses: Iterable[str]) -> bytes:
    """A file of files."""
    return _listed("sitemapindex", "sitemap", ((address, None) for address in addresses))


def to_robots(origin: str) -> str:
    """What programs that walk through the pages are told."""
    closed = ("/api/", "/auth/", "/settings/", "/viewer/", "/cases/*/dicom-web/", "/cases/*/export")
    lines = ["User-agent: *", *(f"Disallow: {path}" for path in closed)]
    return "\n".join([*lines, "", f"Sitemap: {origin}/sitemap.xml", ""])


def _listed(outer: str, inner: str, rows: Iterable[tuple[str, datetime | None]]) -> bytes:
    root = Element(outer, {"xmlns": _NAMESPACE})
    for address, changed in rows:
        one = SubElement(root, inner)
        SubElement(one, "loc").text = address
        if changed is not None:
            SubElement(one, "lastmod").text = changed.isoformat(timespec="seconds")
    return bytes(tostring(root, encoding="utf-8", xml_declaration=True))
