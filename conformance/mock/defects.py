"""What the mock can do wrong, and which checks have to notice: the runner's own examination.

A row is a defect that `conformance.mock` asks for by name. Its checks are exact ids, or patterns in
which a star means anything, such as ``wado.404[*``. No other check may notice: then one cause would
be counted under another's name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final


@dataclass(frozen=True, slots=True)
class Defect:
    """One thing that is wrong.

    Parameters
    ----------
    is_wrong
        What the mock does then, as a sentence.
    noticed
        The checks that have to fail, or to be weak, and no other may.
    turned
        Checks that may say something else than a failure: that they are skipped for want of
        anything to look at, or that a service is not offered.
    """

    is_wrong: str
    noticed: tuple[str, ...] = ()
    turned: tuple[str, ...] = ()


def _wrong(is_wrong: str, noticed: str = "", turned: str = "") -> Defect:
    return Defect(is_wrong, tuple(noticed.split()), tuple(turned.split()))


def expand(patterns: Iterable[str], checks: Iterable[str]) -> frozenset[str]:
    """The checks that these ids and patterns mean."""
    escaped = (re.escape(one).replace(r"\*", ".*") for one in patterns)
    pattern = re.compile("|".join(escaped) or r"(?!)")
    return frozenset(one for one in checks if pattern.fullmatch(one))


# ---- matching
_MATCHING: Final = {
    "universal": _wrong(
        "An empty value and a lone star match literally",
        "qido.match[universal] qido.match[star-alone]",
    ),
    "uid-list": _wrong(
        "A list of UIDs is taken for one UID",
        "qido.match[uids-backslash] qido.match[uids] qido.match[uids-one-unknown]",
    ),
    "ranges": _wrong(
        "Ranges of dates and times are taken for values",
        "qido.match[dates] qido.match[one-day] qido.match[dates-from] qido.match[dates-to] "
        "qido.match[times] qido.match[times-from] qido.match[times-short]",
    ),
    "range-ends": _wrong(
        "A range of dates excludes its two ends",
        "qido.match[dates] qido.match[one-day] qido.match[dates-from]",
    ),
    "wildcards": _wrong(
        "Stars and question marks are taken for themselves",
        "qido.match[question] qido.match[question-each] qido.match[name-prefix] "
        "qido.match[star-end] qido.match[star-start] qido.match[star-middle] "
        "qido.match[star-none] qido.match[star-twice]",
    ),
    "question": _wrong("A question mark matches any number of characters", "qido.match[questions]"),
    "case": _wrong(
        "Texts that are no names match whatever their case",
        "qido.match[whole-value] qido.match[case] qido.match[star-end]",
    ),
    "prefix": _wrong(
        "A value matches what only begins with it",
        "qido.match[whole-value] qido.match[modality-part] qido.fuzzy-false",
    ),
    "spaces": _wrong("White space around a value counts", "qido.match[space-around]"),
    "first-value": _wrong("Of several values the first alone is matched", "qido.several-values"),
    "modalities": _wrong(
        "ModalitiesInStudy is not matched by the modalities of the series",
        "qido.key[ModalitiesInStudy] qido.match[modality]",
    ),
    "tags": _wrong(
        "An attribute named by its tag is ignored",
        "qido.named[tag] qido.named[tag-lower] qido.key-uid[SeriesInstanceUID] "
        "qido.key-uid[SOPInstanceUID]",
    ),
    "no-paths": _wrong(
        "An attribute inside a sequence is ignored",
        "qido.key-below[RequestAttributesSequence.ScheduledProcedureStepID] "
        "qido.key-below[RequestAttributesSequence.RequestedProcedureID] qido.by-path",
    ),
    "bad-values": _wrong(
        "Values that can be no date or time are ignored", "qido.date-no-pattern qido.bad-value[*"
    ),
    "bad-bounds": _wrong(
        "A limit or offset that is no number is ignored",
        "qido.bad-page[*",
        turned="http.error-body",
    ),
    "no-limit": _wrong("limit is ignored", "qido.limit qido.limit-below"),
    "no-offset": _wrong("offset is ignored", "qido.offset qido.limit-below"),
    "silent-fuzzymatching": _wrong("fuzzymatching is ignored without a Warning", "qido.fuzzy"),
    "silent-emptyvaluematching": _wrong(
        "emptyvaluematching is ignored without a Warning", "qido.empty-values"
    ),
    "silent-multiplevaluematching": _wrong(
        "multiplevaluematching is ignored without a Warning", "qido.multiple-values"
    ),
}
# ---- searching
_SEARCHING: Final = {
    "twice": _wrong(
        "The first match is answered twice",
        "qido.studies qido.sampled qido.metadata-agrees qido.accept[json] qido.accept[any] "
        "qido.accept[any-application] qido.accept[absent] qido.accept[unknown-first] "
        "qido.accept[unknown-parameter] qido.accept[weights] qido.accept[weight-zero] "
        "qido.accept[upper-case] stow.searched",
    ),
    "no-hierarchy": _wrong(
        "A search below a series finds the instances of the whole study", "qido.instances-of-series"
    ),
    "204": _wrong("A search that matches nothing answers 204", "qido.none-200"),
    "includefield": _wrong("includefield is ignored", "qido.include[*"),
    "no-patient-id": _wrong(
        "PatientID is left out of matches", "qido.returns[study.PatientID] qido.returns-up[series]"
    ),
    "counts": _wrong("Numbers of related series and instances are one too high", "qido.counts[*"),
    "modalities-returned": _wrong(
        "ModalitiesInStudy names the first modality alone", "qido.modalities"
    ),
    "retrieve-url": _wrong("RetrieveURL leads to another server", "qido.retrieve-url[*"),
    "empty-text": _wrong("Empty elements come with an empty text", "qido.returns-empty"),
    "names-as-texts": _wrong("A person's name comes as a text", "qido.charset[*"),
    "no-xml": _wrong("Matches in XML come as JSON", "qido.accept[xml]"),
}
# ---- choosing a representation
_CHOOSING: Final = {
    "any": _wrong(
        "What was not accepted is sent all the same",
        "qido.accept[406] wado.406[* wado.single-study wado.made[* frames.406 "
        "frames.single-many metadata.406[* bulk.406 rendered.type[jp2] rendered.406 "
        "accept[query-unknown] accept[syntax-unknown] accept[syntax-media] capabilities[406]",
        turned="content[*",
    ),
    "weights": _wrong(
        "The weights of Accept are ignored",
        "accept[weights] accept[weights-xml] accept[specific] qido.accept[weights] "
        "qido.accept[weight-zero]",
    ),
    "no-vary": _wrong("Vary does not say that Accept decided", "http.vary"),
    "old-syntaxes": _wrong(
        "Files leave in the transfer syntaxes that are not for the web",
        "wado.syntax-default wado.syntax-forbidden[*",
    ),
    "single-study": _wrong(
        "A study comes as the single file of its first instance", "wado.single-study"
    ),
    "no-type": _wrong(
        "multipart/related comes without its type", "wado.default[* wado.related-type"
    ),
    "no-part-syntax": _wrong(
        "Parts of application/dicom do not say their transfer syntax", "wado.part-syntax"
    ),
    "gzip-always": _wrong("Answers are in gzip whether that was accepted or not", "http.gzip"),
}
# ---- retrieving
_RETRIEVING: Final = {
    "200-for-nothing": _wrong(
        "What is not there is answered with another instance",
        "wado.404[* metadata.404[* rendered.404 thumbnail.404 stow.mismatch stow.json-missing "
        "delete[study] delete[series] delete[instance]",
    ),
    "any-parent": _wrong(
        "An instance is found below any study and series",
        "wado.other-parent[series] wado.other-parent[instance]",
    ),
    "one-instance": _wrong(
        "Of a study or series one instance comes", "wado.retrieve[study] wado.retrieve[series]"
    ),
    "decoded-wrong": _wrong(
        "Frames that are decoded for a file come reversed",
        "wado.native[*-HTJ2K] wado.native[*-JPEG-2000] wado.native[*-JPEG-LOSSLESS] "
        "wado.native[*-JPEG-LS] wado.native[*-RLE]",
    ),
    "patient-changed": _wrong(
        "A file in another transfer syntax names another patient",
        "wado.native[* wado.syntax-default",
    ),
    "private-lost": _wrong("Files have lost their private elements", "stow.preserved"),
}
# ---- frames and bulk data
_FRAMES: Final = {
    "frames-from-zero": _wrong("Frames are counted from 0", "frames.one"),
    "frame-order": _wrong(
        "Frames come in ascending order, whatever was asked for", "frames.list[5,1]"
    ),
    "frame-bounds": _wrong("A frame beyond the last is the last", "frames.refused[beyond]"),
    "frame-cut": _wrong("Frames lack their last two bytes", "frames.one frames.single-frame"),
    "frame-type": _wrong(
        "The Content-Type of a frame stands in quotation marks, transfer syntax and all",
        "frames.stored[* frames.decoded[* frames.single frames.content-type",
    ),
    "no-location": _wrong(
        "Parts of frames do not say by Content-Location which they are", "frames.location"
    ),
    "bulk-no-location": _wrong(
        "Parts of bulk data do not say by Content-Location which they are", "bulk.location"
    ),
    "bulk-uri": _wrong(
        "A BulkDataURI leads nowhere",
        "json.element[OB-00291002] json.element[OF-00720067] json.element[OD-00720073] "
        "json.element[OL-00720075] json.element[OV-00720081] json.elsewhere[OW] json.deep "
        "bulk.uri[OV] bulk.uri[document] bulk.pixels",
    ),
    "bulk-bytes": _wrong(
        "Bulk data come reversed",
        "json.element[OB-00291002] json.element[OF-00720067] json.element[OD-00720073] "
        "json.element[OL-00720075] json.element[OV-00720081] json.elsewhere[OW] json.deep "
        "bulk.uri[OV] bulk.uri[document] bulk.pixels",
    ),
}
# ---- DICOM JSON
_JSON: Final = {
    "metadata-first": _wrong(
        "Metadata of a study or series are those of its first instance",
        "metadata.complete[study] metadata.complete[series] xml.complete[study] "
        "xml.complete[series]",
    ),
    "json-vr": _wrong("An element has no vr", "metadata.agree[* json.deep json.vr"),
    "json-lower": _wrong(
        "Tags are in lower case",
        "metadata.agree[* metadata.sampled json.element[FL-0018605A] json.element[UC-0072006F] "
        "json.element[NULL-0072006F] json.element[DT-0008002A] json.element[UN-0072006D] "
        "json.elsewhere[SQ] json.deep json.tags json.order",
        turned="bulk.pixels",
    ),
    "json-meta": _wrong("File Meta Information is among the metadata", "json.order json.left-out"),
    "json-private": _wrong(
        "Private elements are left out of metadata",
        "json.element[OB-00291002] json.element[PRIVATE-00291001] json.element[PRIVATE-00290010]",
    ),
    "json-items": _wrong("Empty items are left out", "json.deep"),
    "json-sv": _wrong("Signed 64-bit integers are off by one", "json.element[SV-00720082]"),
    "json-fd": _wrong("64-bit floats are rounded", "json.element[FD-00720072]"),
    "json-at": _wrong("Attribute tags are numbers", "json.element[AT-00280009]"),
    "json-tm": _wrong("Times lose their fractions", "json.element[TM-00080033]"),
    "json-null": _wrong(
        "An empty value among several is an empty text",
        "json.element[UC-0072006F] json.element[NULL-0072006F]",
    ),
    "json-pn": _wrong(
        "Names keep their alphabetic group alone",
        "json.element[PN-GROUPS-00101001] json.element[UTF8-00101001]",
    ),
    "json-lt": _wrong(
        "Line ends of long texts are changed",
        "json.element[LT-00104000] json.element[ESCAPES-00104000]",
    ),
}
# ---- pictures
_PICTURES: Final = {
    "upside-down": _wrong(
        "Pictures are upside down",
        "rendered.frame rendered.instance uri.picture[jpeg] uri.picture[png]",
    ),
    "colours": _wrong("Red and blue are exchanged", "rendered.colour"),
    "inverted": _wrong("MONOCHROME1 is shown as MONOCHROME2", "rendered.inverted"),
    "viewport": _wrong(
        "The size of the viewport is ignored", "rendered.viewport thumbnail.viewport uri.rows"
    ),
    "region": _wrong(
        "The region of the viewport is ignored",
        "rendered.region[* rendered.flip[horizontally] rendered.flip[vertically] uri.region",
    ),
    "window": _wrong(
        "window is ignored, good or bad",
        "rendered.window rendered.bad[window=abc] rendered.bad[window=10] "
        "rendered.bad[window=10,0,linear] rendered.bad[window=10,20,cubic] uri.frame uri.window",
    ),
    "quality": _wrong(
        "quality is ignored, good or bad",
        "rendered.quality rendered.bad[quality=0] rendered.bad[quality=101] "
        "rendered.bad[quality=high] uri.bad[imageQuality=0] uri.bad[imageQuality=high] "
        "uri.quality",
    ),
    "annotation": _wrong(
        "annotation is ignored",
        "rendered.annotation[patient] rendered.annotation[technique] uri.annotation",
    ),
    "silent-annotation": _wrong(
        "An unknown annotation is ignored without a Warning", "rendered.annotation-unknown"
    ),
}
# ---- the URI service
_URI: Final = {
    "no-uri": _wrong("There is no URI service", turned="uri.there"),
    "uri-syntax": _wrong("transferSyntax is ignored", "uri.transfer-syntax"),
    "anonymize": _wrong("anonymize is ignored", "uri.anonymize"),
}
# ---- HTTP
_HTTP: Final = {
    "no-head": _wrong("HEAD is not answered", "http.head"),
    "no-options": _wrong("OPTIONS on a resource is answered 404", "http.options"),
    "no-405": _wrong(
        "A method that a resource does not have is answered 404", "qido.method http.405"
    ),
    "no-304": _wrong("If-None-Match of the current tag is answered 200", "http.304"),
    "no-private": _wrong("Nothing says that an answer is private", "http.cache"),
    "no-host": _wrong("A request without Host is answered", "http.host"),
    "no-capabilities": _wrong("There are no capabilities", "capabilities"),
    "claims-nothing": _wrong("The capabilities name no resource", "capabilities[true]"),
}
# ---- storing
_STORING: Final = {
    "415": _wrong("A message of another type is answered 400", "stow.415"),
    "described": _wrong("Metadata in JSON and XML are not stored", "stow.json stow.xml"),
    "jpeg-lost": _wrong(
        "A picture that comes with metadata in JSON is stored black", "stow.json-compressed"
    ),
    "forgets": _wrong(
        "What is stored is answered 200 and thrown away", "appears stow.one", turned="*"
    ),
    "any-study": _wrong(
        "An instance of another study is stored below the study in the path", "stow.mismatch"
    ),
    "all-or-none": _wrong(
        "One bad instance keeps the others from being stored", "stow.some wire.junk-neighbour"
    ),
    "always-200": _wrong(
        "Storing is answered 200 whatever became of it",
        "stow.mismatch stow.json-missing wire.broken[junk] wire.broken[empty-part] "
        "wire.broken[cut-off] wire.junk-neighbour wire.junk-told",
    ),
    "500-on-junk": _wrong(
        "A part that is no instance is answered 500",
        "wire.broken[junk] wire.broken[empty-part] wire.broken[cut-off] wire.junk-neighbour "
        "wire.junk-told",
    ),
    "no-retrieve-url": _wrong(
        "The answer to storing has no RetrieveURL", "stow.response[retrieve-url]"
    ),
    "no-referenced": _wrong(
        "The answer to storing does not name what was stored",
        "stow.response[referenced] stow.response[class] stow.response[instance-url] stow.some",
    ),
    "wrong-class": _wrong("The answer to storing names another SOP Class", "stow.response[class]"),
    "no-instance-url": _wrong(
        "The answer to storing says of no instance where it is", "stow.response[instance-url]"
    ),
    "no-failed": _wrong("The answer to storing does not name what failed", "stow.mismatch"),
    "no-reason": _wrong("What failed has no Failure Reason", "stow.mismatch"),
    "boundary": _wrong("A boundary is cut down to letters and digits", "wire.understood[odd]"),
    "preamble": _wrong("A message with a preamble is refused", "wire.understood[preamble]"),
}
# ---- commitment and deleting
_BEYOND: Final = {
    "commits-all": _wrong(
        "Whatever is asked for is committed", "commitment[failed] commitment[class]"
    ),
    "commit-again": _wrong("A transaction UID can be used again", "commitment[409]"),
    "keeps-deleted": _wrong(
        "What was deleted is still there", "delete[study] delete[series] delete[instance]"
    ),
    "deletes-more": _wrong(
        "Deleting takes others' studies along", "delete[study] delete[series] delete[instance]"
    ),
}
# ---- worklists
_WORKLISTS: Final = {
    "no-ups": _wrong("There are no work items", turned="ups"),
    "ups-twice": _wrong("A work item is made twice", "ups[409]"),
    "ups-no-location": _wrong("Who makes a work item is not told where it is", "ups[create]"),
    "ups-shows-key": _wrong("A work item is shown with its Transaction UID", "ups[transaction]"),
    "ups-claims-again": _wrong("A work item is claimed twice", "ups[claim-again]"),
    "ups-keeps-state": _wrong("A claim is answered 200, and the state stays", "ups[claim]"),
    "ups-forgets-updates": _wrong("An update is answered 200 and thrown away", "ups[update]"),
    "ups-cancel-200": _wrong("A wish to cancel is answered 200", "ups[cancel]"),
}

DEFECTS: Final[Mapping[str, Defect]] = MappingProxyType(
    {
        **_MATCHING,
        **_SEARCHING,
        **_CHOOSING,
        **_RETRIEVING,
        **_FRAMES,
        **_JSON,
        **_PICTURES,
        **_URI,
        **_HTTP,
        **_STORING,
        **_BEYOND,
        **_WORKLISTS,
    }
)
"""Every defect by its name."""
