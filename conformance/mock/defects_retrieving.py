"""What the mock can do wrong with what it gives away: files, frames, metadata, pictures."""

from __future__ import annotations

from typing import Final

from conformance.mock.defect import Defect, wrong

_RETRIEVING: Final = {
    "stored-changed": wrong(
        "Encoded instances come with their frames in another order", "wado.stored[*"
    ),
    "zip-short": wrong("A zip archive lacks its first instance", "wado.zip[*"),
    "200-for-nothing": wrong(
        "What is not there is answered with another instance",
        "wado.404[* metadata.404[* rendered.404 thumbnail.404 stow.mismatch stow.json-missing "
        "wire.short delete[study] delete[series] delete[instance]",
    ),
    "any-parent": wrong(
        "An instance is found below any study and series",
        "wado.other-parent[series] wado.other-parent[instance]",
    ),
    "one-instance": wrong(
        "Of a study or series one instance comes", "wado.retrieve[study] wado.retrieve[series]"
    ),
    "decoded-wrong": wrong(
        "Frames that are decoded for a file come reversed",
        "wado.native[*-HTJ2K] wado.native[*-JPEG-2000] wado.native[*-JPEG-LOSSLESS] "
        "wado.native[*-JPEG-LS] wado.native[*-RLE] stow.json-compressed",
    ),
    "patient-changed": wrong(
        "A file in another transfer syntax names another patient",
        "wado.native[* wado.syntax-default",
    ),
    "private-lost": wrong("Files have lost their private elements", "stow.preserved"),
}
_FRAMES: Final = {
    "bulk-short": wrong("All bulk data of a resource lack the last", "bulk.all[* pixeldata[*"),
    "frames-from-zero": wrong("Frames are counted from 0", "frames.one"),
    "frame-order": wrong(
        "Frames come in ascending order, whatever was asked for", "frames.list[5,1]"
    ),
    "frame-bounds": wrong("A frame beyond the last is the last", "frames.refused[beyond]"),
    "frame-cut": wrong("Frames lack their last two bytes", "frames.one frames.single-frame"),
    "frame-type": wrong(
        "The Content-Type of a frame stands in quotation marks, transfer syntax and all",
        "frames.stored[* frames.decoded[* frames.single frames.content-type",
    ),
    "no-location": wrong(
        "Parts of frames do not say by Content-Location which they are", "frames.location"
    ),
    "bulk-no-location": wrong(
        "Parts of bulk data do not say by Content-Location which they are", "bulk.location"
    ),
    "bulk-uri": wrong(
        "A BulkDataURI leads nowhere",
        "json.element[OB-00291002] json.element[OF-00720067] json.element[OD-00720073] "
        "json.element[OL-00720075] json.element[OV-00720081] json.elsewhere[OW] json.deep "
        "bulk.uri[OV] bulk.uri[document] bulk.pixels",
    ),
    "bulk-bytes": wrong(
        "Bulk data come reversed",
        "json.element[OB-00291002] json.element[OF-00720067] json.element[OD-00720073] "
        "json.element[OL-00720075] json.element[OV-00720081] json.elsewhere[OW] json.deep "
        "bulk.uri[OV] bulk.uri[document] bulk.pixels",
    ),
}
_JSON: Final = {
    "json-uppercase": wrong(
        "Texts are in upper case",
        "metadata.agree[* json.deep json.element[NULL-0072006F] json.element[PRIVATE-00291001] "
        "json.element[UC-0072006F] json.element[UR-00720071] json.element[UT-00720070] "
        "json.elsewhere[OW] json.elsewhere[SQ] xml.same",
    ),
    "json-integers": wrong(
        "Integers are off by one",
        "metadata.agree[* metadata.sampled qido.metadata-agrees json.element[SL-00186020] "
        "json.element[SS-00189219] json.element[US-00081196] json.elsewhere[OW]",
    ),
    "xml-short": wrong("XML lacks the first instance", "xml.complete[*"),
    "xml-no-keyword": wrong("XML names no keywords", "xml.shape"),
    "metadata-first": wrong(
        "Metadata of a study or series are those of its first instance",
        "metadata.complete[study] metadata.complete[series] xml.complete[study] "
        "xml.complete[series]",
    ),
    "json-vr": wrong("An element has no vr", "metadata.agree[* json.deep json.vr"),
    "json-lower": wrong(
        "Tags are in lower case",
        "metadata.agree[* metadata.sampled json.element[FL-0018605A] json.element[UC-0072006F] "
        "json.element[NULL-0072006F] json.element[DT-0008002A] json.element[UN-0072006D] "
        "json.elsewhere[SQ] json.deep json.tags json.order",
        turned="bulk.pixels",
    ),
    "json-meta": wrong("File Meta Information is among the metadata", "json.order json.left-out"),
    "json-private": wrong(
        "Private elements are left out of metadata",
        "json.element[OB-00291002] json.element[PRIVATE-00291001] json.element[PRIVATE-00290010]",
    ),
    "json-items": wrong("Empty items are left out", "json.deep"),
    "json-sv": wrong("Signed 64-bit integers are off by one", "json.element[SV-00720082]"),
    "json-fd": wrong("64-bit floats are rounded", "json.element[FD-00720072]"),
    "json-at": wrong("Attribute tags are numbers", "json.element[AT-00280009]"),
    "json-tm": wrong("Times lose their fractions", "json.element[TM-00080033]"),
    "json-null": wrong(
        "An empty value among several is an empty text",
        "json.element[UC-0072006F] json.element[NULL-0072006F]",
    ),
    "json-pn": wrong(
        "Names keep their alphabetic group alone",
        "json.element[PN-GROUPS-00101001] json.element[UTF8-00101001]",
    ),
    "json-lt": wrong(
        "Line ends of long texts are changed",
        "json.element[LT-00104000] json.element[ESCAPES-00104000]",
    ),
}
_PICTURES: Final = {
    "encoded-black": wrong("Pictures of encoded images are black", "rendered.encoded[*"),
    "icc-never": wrong("iccprofile is ignored", "rendered.icc"),
    "window-functions": wrong(
        "Windows of other functions than linear are refused", "rendered.window-function[*"
    ),
    "report-empty": wrong("A report is shown without what it says", "rendered.report uri.text"),
    "upside-down": wrong(
        "Pictures are upside down",
        "rendered.frame rendered.instance uri.picture[jpeg] uri.picture[png]",
    ),
    "colours": wrong("Red and blue are exchanged", "rendered.colour"),
    "inverted": wrong("MONOCHROME1 is shown as MONOCHROME2", "rendered.inverted"),
    "viewport": wrong(
        "The size of the viewport is ignored", "rendered.viewport thumbnail.viewport uri.rows"
    ),
    "region": wrong(
        "The region of the viewport is ignored",
        "rendered.region[* rendered.flip[horizontally] rendered.flip[vertically] uri.region",
    ),
    "window": wrong(
        "window is ignored, good or bad",
        "rendered.window rendered.bad[window=abc] rendered.bad[window=10] "
        "rendered.bad[window=10,0,linear] rendered.bad[window=10,20,cubic] uri.frame uri.window",
    ),
    "quality": wrong(
        "quality is ignored, good or bad",
        "rendered.quality rendered.bad[quality=0] rendered.bad[quality=101] "
        "rendered.bad[quality=high] uri.bad[imageQuality=0] uri.bad[imageQuality=high] "
        "uri.quality",
    ),
    "annotation": wrong(
        "annotation is ignored",
        "rendered.annotation[patient] rendered.annotation[technique] uri.annotation",
    ),
    "silent-annotation": wrong(
        "An unknown annotation is ignored without a Warning", "rendered.annotation-unknown"
    ),
}
_URI: Final = {
    "uri-any-type": wrong("A contentType that there is not is answered with a picture", "uri.406"),
    "uri-frame-bad": wrong("A frameNumber that there is not is the first", "uri.frame-refused[*"),
    "no-uri": wrong("There is no URI service", turned="uri.there"),
    "uri-syntax": wrong("transferSyntax is ignored", "uri.transfer-syntax"),
    "anonymize": wrong("anonymize is ignored", "uri.anonymize"),
}

RETRIEVING: Final[dict[str, Defect]] = {**_RETRIEVING, **_FRAMES, **_JSON, **_PICTURES, **_URI}
