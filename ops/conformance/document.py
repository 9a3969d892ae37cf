"""The statement as a whole: its sections in order, and the sentences between the tables."""

from __future__ import annotations

from archive.access import Scope
from archive.attributes import Level
from archive.settings import ArchiveLimits
from dicomweb.storing.metadata import max_metadata_bytes
from ops.conformance import held, network, searching, storing, web
from ops.conformance.markdown import codes, size

_TEXT = """\
# DICOM conformance statement

<!-- Made by `python -m ops conformance > docs/conformance-statement.md` from the tables that the
     product runs on. Do not edit: a test compares. -->

What DicomTube promises to other systems, in the order of PS3.2. The same facts are served by \
every running server: `OPTIONS` on a DICOMweb root answers with the capability description of \
PS3.18 8.9, as WADL or JSON.

In short: DicomTube is an archive. It receives instances by **STOW-RS** and **C-STORE**, finds \
them by **QIDO-RS** and gives them out by **WADO-RS**. It answers C-ECHO. It calls nobody.

## 1. Collections

A server holds collections, apart from one another. Each has a DICOMweb root and may have an AE \
title; the called AE title chooses the collection of a C-STORE. A SOP Instance is unique inside a \
collection.

{roots}

- `archive` (AE title `DICOMTUBE`) keeps instances as they were received.
- `community` (AE title `DICOMTUBE_DEID`) keeps what arrives in quarantine, where nobody can read \
it, and answers each instance with the warning B000. It is de-identified (PS3.15 Annex E) and then \
readable under new UIDs, at the Retrieve URL (0008,1190) that the answer of STOW-RS tells.

## 2. DICOMweb (origin server)

### 2.1 Resources, methods and media types

Paths are below a root. `HEAD` is answered wherever `GET` is, and `OPTIONS` on a resource names \
its methods.

{resources}

- **Choosing an answer.** The `accept` parameter goes before the `Accept` header; quality values \
count; no `Accept` means `*/*` (PS3.18 8.7). Metadata is compressed on its way for clients that \
take {encodings}.
- **Transfer syntaxes.** No `transfer-syntax` parameter means Explicit VR Little Endian; pixels \
that cannot be decoded are then given as stored, and the part says so. `transfer-syntax=*` means \
as stored: a whole instance comes back byte for byte, whatever its syntax. Implicit VR Little \
Endian and Explicit VR Big Endian are never sent otherwise. Nothing is compressed anew.
- **Single part** is given for one instance, one frame or one bulk data value; for more it is 406.
- **Frames** are numbered from 1; several are separated by commas.
- **Thumbnails** are made when a study has been quiet for a moment. A series without images has \
none: 404.

### 2.2 Storing (STOW-RS)

Taken are {stored_types}. Parts of other types are refused one by one. Each part has its own \
outcome in the Store Instances Response (Annex I): Referenced SOP Sequence, Failed SOP Sequence, \
or Other Failures Sequence when not even its UIDs could be read. The words of a failure stand in \
Error Comment (0000,0902) of its item.

- **Storing the same bytes again** is a success and changes nothing.
- **Other bytes under a known SOP Instance UID** follow the collection's rule: the first is kept \
and the second refused with 0111 (default), or the second takes its place.
- **An answer is a promise.** An instance that was acknowledged is on disk, and so is its index.
- **Metadata with bulk data** are the first part, or body: one array in JSON, or a document of the \
Native DICOM Model a part. Every other part is for the BulkDataURI that its Content-Location \
repeats; frames are parts with the same location, in their order. They are stored when the message \
is at its end. Metadata of one message are {max_metadata} at most. A part that nobody refers to is \
an item of Other Failures.
- **Image Pixel Description attributes that are left out** are derived from the bit stream where \
the table says so. A contradiction in size, number or length is a failure (A900). A Photometric \
Interpretation that the bit stream disproves is corrected: Original Attributes Sequence \
(0400,0561) keeps what was sent, and the Warning Reason is B000.

Pixel Data are sent as:

{bulk_types}

Encapsulated documents are sent in the media type that they have, all other bulk data as \
`application/octet-stream` in little endian order.

### 2.3 Searching (QIDO-RS)

Parameters: {search_parameters}. Keys are keywords or eight-digit tags. `limit` is at most \
{max_results}, which is also the default.

{matching}

Keys of a higher level are taken at every level; a key of a lower level holds when one series, or \
one instance, of the row fulfils all such keys. `includefield` names attributes, or `all`.

Dates and times are matched as the instances state them, until a request has \
`TimezoneOffsetFromUTC` (8.3.4.1.1): then keys of DA, TM and DT are meant in that zone and held \
against the moment of the instance, by the offset that it states itself, else by the zone that the \
server is set to. A date without a time is all of its day; a date that has no time in the data \
dictionary, and a date of birth without a time, are not moved. An offset outside of -1200 to +1400 \
is refused with 400. Answers give dates and times as they were stored, with the instance's own \
Timezone Offset From UTC (0008,0201) where it states one, at every level.

**Study keys**

{study_keys}

Also, without an index of their own: {more_study_keys}.

**Series keys**

{series_keys}

Also, without an index of their own: {more_series_keys}.

**Instance keys**

{instance_keys}

Also any other attribute of the instance, private ones by their tag. Keys without an index are \
decided by reading the metadata of what the other keys leave over. When that is too much, the \
search is refused with 413 and the answer says what would narrow it.

**Warnings** of an answer (the root stands for `<root>`):

{warnings}

### 2.4 Status codes

{statuses}

An error's body is JSON: `error`, `message`, `request_id`, and `available` where something else \
can be had. It never repeats what the client sent.

## 3. DIMSE

### 3.1 Roles

{roles}

There is no SCU: DicomTube opens no association. A storage context is accepted with the **first** \
transfer syntax that is proposed, whichever it is; so a peer that can send its files as they are \
should propose one transfer syntax a context. Extended negotiation is ignored. Data sets are \
stored as they come, under a file meta information of ours.

### 3.2 Association

{association}

An association is rejected so:

{rejections}

A listed caller that may not write is let in for C-ECHO, and each of its C-STOREs is answered 0124.

### 3.3 C-STORE status

0000 means stored, durably, or stored before with the same bytes. All other words are those of \
section 4; Error Comment (0000,0902) says in at most 64 characters what is wrong.

## 4. Failure and warning words

STOW-RS (Failure Reason, Warning Reason) and C-STORE (Status) use the same words.

{failures}

## 5. Transfer syntaxes

Every transfer syntax is stored, unknown and private ones too. Known ones:

{transfer_syntaxes}

Instances of an unknown encapsulated syntax are given as stored.

## 6. Character sets

Read, with code extensions (ISO 2022 escape sequences) and in the misspellings that real files \
hold:

{character_sets}

All answers are UTF-8. What no table explains becomes U+FFFD in answers; the stored file is \
untouched.

## 7. Limits

Those of an archive can be set (see the [operator's guide](operators.md)). An instance beyond one \
is refused, its neighbours in the same request are not.

{limits}

## 8. Security

- **HTTP.** Access is open on loopback only. Elsewhere every request carries `Authorization: \
Bearer <token>` (RFC 6750); a token has scopes ({scopes}) per collection. TLS is the business of \
a proxy in front.
- **DIMSE.** Callers are listed by AE title and network address. TLS 1.2 or newer with the \
server's certificate, and with the peer's when an authority is configured (PS3.15 B.9 and B.12).
- **Other sites' pages** may read only if their origin is listed, and may write only then.
- **Logs** hold UIDs, AE titles and addresses, and nothing else of an instance.

## 9. Not offered yet

- Worklist (UPS-RS, PS3.18 chapter 11) and Non-Patient Instances (chapter 12).
- `anonymize` of the URI service (PS3.18 9.4.1.2.1): answered 501.
- C-FIND, C-GET, C-MOVE, Storage Commitment over DIMSE, Modality Worklist, MPPS.

## 10. Tested against

`make conformance` puts this server before the conformance runner (`python -m conformance`), which \
holds it to these requirements of the standard. `python -m conformance matrix` lists each with its \
part, section, editions and checks.

{requirements}

Known deviations, forgiven in that run and nowhere else:

{deviations}
"""


def statement() -> str:
    """Return the statement as Markdown."""
    return _TEXT.format(
        roots=web.roots(),
        resources=web.resources(),
        encodings=web.encodings(),
        stored_types=web.stored_types(),
        search_parameters=web.search_parameters(),
        max_results=f"{ArchiveLimits().max_results:,}",
        matching=searching.matching(),
        study_keys=searching.keys(Level.STUDY),
        more_study_keys=searching.further_keys(Level.STUDY),
        series_keys=searching.keys(Level.SERIES),
        more_series_keys=searching.further_keys(Level.SERIES),
        instance_keys=searching.keys(Level.INSTANCE),
        warnings=web.warning_texts(),
        statuses=web.statuses(),
        roles=network.roles(),
        association=network.association(),
        rejections=network.rejections(),
        failures=storing.failures(),
        bulk_types=storing.bulk_types(),
        max_metadata=size(max_metadata_bytes),
        transfer_syntaxes=storing.transfer_syntaxes(),
        character_sets=storing.character_sets(),
        limits=storing.limits(),
        requirements=held.requirements_table(),
        deviations=held.deviations_table(),
        scopes=codes(scope.value for scope in Scope),
    )
