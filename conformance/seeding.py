"""What lies on the server before the checks begin: looked for, written if allowed, or sampled.

References
----------
PS3.18 10.5.3 (answers to storing), 10.6 (searching), PS3.18 I.2 (Store Instances Response Module).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

from conformance.corpus.corpus import Corpus
from conformance.corpus.making import Made
from conformance.known import Known, Place, Source
from conformance.verdicts import Failed
from conformance.wire.multipart import write_multipart
from conformance.wire.server import Server

max_sampled_studies: Final = 3
max_sampled_instances: Final = 5
_POLL_S: Final = 0.5

Say = Callable[[str], None]


def prepare(
    server: Server, corpus: Corpus, *, may_write: bool, settle_s: float, edition: str, say: Say
) -> Known:
    """Find out what there is to compare with, and put it there if that is allowed.

    Parameters
    ----------
    settle_s
        How long a server may take until what it took can be retrieved.
    """
    known = Known(corpus, may_write=may_write, edition=edition)
    say("Looking for instances of this seed …")
    _look(server, known)
    if not known.stored and may_write:
        say(f"Storing {len(corpus.instances)} instances of {len(corpus.studies())} studies …")
        _write(server, known)
        _settle(server, known, settle_s, say)
    if known.has_corpus:
        _narrow(server, known)
    else:
        _sample(server, known)
    return known


def _narrow(server: Server, known: Known) -> None:
    """Find a query that keeps to the corpus: on a full server others' studies are in the way."""
    wanted = {one.study_uid for one in known.corpus.instances if one.name in known.stored}
    for query in (
        {"ReferringPhysicianName": known.corpus.physician},
        {"StudyInstanceUID": ",".join(sorted(wanted))},
    ):
        if set(_search(server, "/studies", "0020000D", 500, query)) == wanted:
            known.narrow = query
            return
    known.notes["searches"] = "none keeps to the runner's own studies, so others' are left out"


def _look(server: Server, known: Known) -> None:
    """Which instances of the corpus are there, from an earlier run or by C-STORE."""
    first = known.corpus.instances[0]
    if not _uids_of(server, first.study_uid):
        return
    there = {uid for study in known.corpus.studies() for uid in _uids_of(server, study)}
    known.stored = frozenset(m.name for m in known.corpus.instances if m.instance_uid in there)
    known.source = Source.FOUND


def _uids_of(server: Server, study_uid: str) -> set[str]:
    """The SOP Instance UIDs of a study that its metadata or a search names.

    Series by series where neither is offered: only that search is every server's (Table 10.6.1-1).
    """
    study = f"/studies/{study_uid}"
    found = _named(server, f"{study}/metadata", "00080018")
    found |= _named(server, f"{study}/instances", "00080018")
    if not found:
        for series in _named(server, f"{study}/series", "0020000E"):
            found |= _named(server, f"{study}/series/{series}/instances", "00080018")
    return found


def _named(server: Server, path: str, tag: str) -> set[str]:
    """What the data sets of an answer have in an element; nothing when there is no such answer."""
    try:
        answer = server.get(path)
        data_sets = answer.data_sets() if answer.is_success else []
        return {uid for ds in data_sets if (uid := text_of(ds, tag))}
    except Failed:
        return set()


def _write(server: Server, known: Known) -> None:
    taken: set[str] = set()
    for made in known.corpus.studies().values():
        taken |= _store(server, made, known)
    known.stored = frozenset(taken)
    if taken:
        known.source = Source.WRITTEN


def _store(server: Server, instances: Sequence[Made], known: Known) -> set[str]:
    """Store a study; which of its instances the server says it took."""
    content_type, body = store_body(instances)
    try:
        answer = server.post("/studies", body, content_type)
    except Failed as failed:
        known.notes[f"storing {instances[0].study}"] = str(failed)
        return set()
    names = {one.instance_uid: one.name for one in instances}
    if answer.status == 200:
        return set(names.values())
    if answer.status != 202:
        known.notes[f"storing {instances[0].study}"] = f"it answered {answer.status}"
        return set()
    response = answer.json()
    there = _referenced(response[0] if isinstance(response, list) and response else response)
    for uid in names.keys() - there:
        known.notes[f"storing {names[uid]}"] = "it was refused"
    return {names[uid] for uid in there & names.keys()}


def _referenced(response: Any) -> set[str]:
    """SOP Instance UIDs of the Referenced SOP Sequence (0008,1199)."""
    items = response.get("00081199", {}).get("Value", []) if isinstance(response, dict) else []
    return {uid for item in items if (uid := text_of(item, "00081155"))}


def store_body(instances: Iterable[Made]) -> tuple[str, bytes]:
    """The Content-Type and the body of a request that stores these (PS3.18 10.5.1)."""
    boundary = "conformance-part"
    parts = [((("Content-Type", "application/dicom"),), one.part10) for one in instances]
    content_type = f'multipart/related; type="application/dicom"; boundary={boundary}'
    return content_type, write_multipart(parts, boundary)


def _settle(server: Server, known: Known, settle_s: float, say: Say) -> None:
    """Wait until all that was taken can be retrieved; note how long that was."""
    began = time.monotonic()
    missing = set(known.stored)
    while missing:
        missing = _missing(server, known, missing)
        waited = time.monotonic() - began
        if not missing or waited > settle_s:
            break
        say(f"Waiting for {len(missing)} instances to become visible …")
        time.sleep(_POLL_S)
    known.notes["seconds until what was stored could be retrieved"] = f"{waited:.1f}"
    if missing:
        known.lost = frozenset(missing)
        known.stored -= missing
        if not known.stored:
            known.source = Source.NONE


def _missing(server: Server, known: Known, names: set[str]) -> set[str]:
    made = [known.corpus.instance(name) for name in names]
    there = {uid for study in {m.study_uid for m in made} for uid in _uids_of(server, study)}
    return {m.name for m in made if m.instance_uid not in there}


def _sample(server: Server, known: Known) -> None:
    """A few instances of the server's own; reports call them by numbers."""
    places = []
    for n, study in enumerate(_search(server, "/studies", "0020000D", max_sampled_studies), 1):
        server.redaction.hide(study, f"study {n}")
        for m, series in enumerate(_search(server, f"/studies/{study}/series", "0020000E", 2), 1):
            server.redaction.hide(series, f"series {n}.{m}")
            path = f"/studies/{study}/series/{series}/instances"
            for k, instance in enumerate(
                _search(server, path, "00080018", max_sampled_instances), 1
            ):
                server.redaction.hide(instance, f"instance {n}.{m}.{k}")
                places.append(Place(study, series, instance))
    known.sample = tuple(places)
    if places:
        known.source = Source.SAMPLED


def _search(
    server: Server, path: str, tag: str, limit: int, query: Mapping[str, str] = MappingProxyType({})
) -> list[str]:
    try:
        answer = server.get(path, {**query, "limit": str(limit)})
        if not answer.is_success:
            return []
        return [uid for ds in answer.data_sets()[:limit] if (uid := text_of(ds, tag))]
    except Failed:
        return []


def text_of(ds: Any, tag: str) -> str | None:
    """The first value of an element of DICOM JSON when it is a text (PS3.18 F.2.2)."""
    element = ds.get(tag) if isinstance(ds, dict) else None
    values = element.get("Value") if isinstance(element, dict) else None
    first = values[0] if isinstance(values, list) and values else None
    return first if isinstance(first, str) else None
