"""What the mock can do wrong when it searches, or chooses a representation."""

from __future__ import annotations

from typing import Final

from conformance.mock.defect import Defect, wrong

_MATCHING: Final = {
    "conditions": wrong(
        "Attributes of a query are ignored",
        "qido.charset[* qido.key[AccessionNumber] qido.key[ModalitiesInStudy] "
        "qido.key[PatientID] qido.key[PatientName] qido.key[StudyDate] qido.key[StudyID] "
        "qido.key[StudyTime] qido.key-below[InstanceNumber] qido.key-below[Modality-none] "
        "qido.key-below[PerformedProcedureStepStartDate] "
        "qido.key-below[PerformedProcedureStepStartTime] qido.key-below[SOPClassUID] "
        "qido.key-below[SeriesNumber] qido.match[and] qido.match[case] qido.match[comma] "
        "qido.match[date-and-time] qido.match[dates-from] qido.match[dates-to] "
        "qido.match[dates] qido.match[modality-part] qido.match[modality] "
        "qido.match[name-parts] qido.match[name-prefix] qido.match[one-day] qido.match[percent] "
        "qido.match[plus] qido.match[question-each] qido.match[question] qido.match[questions] "
        "qido.match[quote] qido.match[reserved] qido.match[space-around] "
        "qido.match[space-inside] qido.match[star-end] qido.match[star-middle] "
        "qido.match[star-none] qido.match[star-start] qido.match[star-twice] "
        "qido.match[times-from] qido.match[times-short] qido.match[times-to] qido.match[times] "
        "qido.match[underscore] qido.match[whole-name] qido.match[whole-value] "
        "qido.named[keyword] qido.named[tag] qido.fuzzy-false qido.none qido.range-backwards "
        "qido.returns-asked qido.stays-among-ours",
        turned="qido.several-values",
    ),
    "uid-patterns": wrong("A star in a UID stands for any characters", "qido.uid-no-pattern"),
    "backwards": wrong("A range that goes backwards is turned round", "qido.range-backwards"),
    "universal": wrong(
        "An empty value and a lone star match literally",
        "qido.match[universal] qido.match[star-alone]",
    ),
    "uid-list": wrong(
        "A list of UIDs is taken for one UID",
        "qido.match[uids-backslash] qido.match[uids] qido.match[uids-one-unknown]",
    ),
    "ranges": wrong(
        "Ranges of dates and times are taken for values",
        "qido.match[dates] qido.match[one-day] qido.match[dates-from] qido.match[dates-to] "
        "qido.match[times] qido.match[times-from] qido.match[times-short]",
    ),
    "range-ends": wrong(
        "A range of dates excludes its two ends",
        "qido.match[dates] qido.match[one-day] qido.match[dates-from]",
    ),
    "wildcards": wrong(
        "Stars and question marks are taken for themselves",
        "qido.match[question] qido.match[question-each] qido.match[name-prefix] "
        "qido.match[star-end] qido.match[star-start] qido.match[star-middle] "
        "qido.match[star-none] qido.match[star-twice]",
    ),
    "question": wrong("A question mark matches any number of characters", "qido.match[questions]"),
    "case": wrong(
        "Texts that are no names match whatever their case",
        "qido.match[whole-value] qido.match[case] qido.match[star-end]",
    ),
    "prefix": wrong(
        "A value matches what only begins with it",
        "qido.match[whole-value] qido.match[modality-part] qido.fuzzy-false",
    ),
    "spaces": wrong("White space around a value counts", "qido.match[space-around]"),
    "first-value": wrong("Of several values the first alone is matched", "qido.several-values"),
    "modalities": wrong(
        "ModalitiesInStudy is not matched by the modalities of the series",
        "qido.key[ModalitiesInStudy] qido.match[modality]",
    ),
    "tags": wrong(
        "An attribute named by its tag is ignored",
        "qido.named[tag] qido.named[tag-lower] qido.key-uid[SeriesInstanceUID] "
        "qido.key-uid[SOPInstanceUID]",
    ),
    "no-paths": wrong(
        "An attribute inside a sequence is ignored",
        "qido.key-below[RequestAttributesSequence.ScheduledProcedureStepID] "
        "qido.key-below[RequestAttributesSequence.RequestedProcedureID] qido.by-path",
    ),
    "bad-values": wrong(
        "Values that can be no date or time are ignored", "qido.date-no-pattern qido.bad-value[*"
    ),
    "bad-bounds": wrong(
        "A limit or offset that is no number is ignored",
        "qido.bad-page[*",
        turned="http.error-body",
    ),
    "no-limit": wrong("limit is ignored", "qido.limit qido.limit-below"),
    "no-offset": wrong("offset is ignored", "qido.offset qido.limit-below"),
    "silent-fuzzymatching": wrong("fuzzymatching is ignored without a Warning", "qido.fuzzy"),
    "silent-emptyvaluematching": wrong(
        "emptyvaluematching is ignored without a Warning", "qido.empty-values"
    ),
    "silent-multiplevaluematching": wrong(
        "multiplevaluematching is ignored without a Warning", "qido.multiple-values"
    ),
}
_SEARCHING: Final = {
    "404-for-none": wrong(
        "A search that matches nothing answers 404",
        "qido.none qido.uid-no-pattern qido.range-backwards qido.fuzzy qido.empty-values "
        "qido.multiple-values",
    ),
    "500-on-quotes": wrong(
        "A quote in a value is an error of the server", "qido.no-error[quote] qido.match[quote]"
    ),
    "unstable": wrong(
        "Every other search answers in the opposite order",
        "qido.stable qido.pages qido.limit-below",
    ),
    "returns-little": wrong(
        "Matches have UIDs and what was asked for, and nothing else",
        "qido.returns[study.StudyDate] qido.returns[study.StudyTime] "
        "qido.returns[study.AccessionNumber] qido.returns[study.ReferringPhysicianName] "
        "qido.returns[study.PatientName] qido.returns[study.PatientID] "
        "qido.returns[study.PatientBirthDate] qido.returns[study.PatientSex] "
        "qido.returns[study.StudyID] qido.returns[series.Modality] "
        "qido.returns[series.SeriesNumber] qido.returns[series.SeriesDescription] "
        "qido.returns[instance.SOPClassUID] qido.returns[instance.InstanceNumber] "
        "qido.returns[instance.Rows] qido.returns[instance.Columns] "
        "qido.returns[instance.BitsAllocated] qido.returns-done[* qido.returns-request "
        "qido.returns-up[series] qido.number-of-frames qido.include[all]",
    ),
    "include-all-levels": wrong(
        "A study is returned with attributes of an instance",
        "qido.include-level",
        turned="qido.include-private",
    ),
    "twice": wrong(
        "The first match is answered twice",
        "qido.studies qido.sampled qido.metadata-agrees qido.accept[json] qido.accept[any] "
        "qido.accept[any-application] qido.accept[absent] qido.accept[unknown-first] "
        "qido.accept[unknown-parameter] qido.accept[weights] qido.accept[weight-zero] "
        "qido.accept[upper-case] stow.searched",
    ),
    "no-hierarchy": wrong(
        "A search below a series finds the instances of the whole study", "qido.instances-of-series"
    ),
    "204": wrong("A search that matches nothing answers 204", "qido.none-200"),
    "includefield": wrong("includefield is ignored", "qido.include[*"),
    "no-patient-id": wrong(
        "PatientID is left out of matches", "qido.returns[study.PatientID] qido.returns-up[series]"
    ),
    "counts": wrong("Numbers of related series and instances are one too high", "qido.counts[*"),
    "modalities-returned": wrong(
        "ModalitiesInStudy names the first modality alone", "qido.modalities"
    ),
    "retrieve-url": wrong("RetrieveURL leads to another server", "qido.retrieve-url[*"),
    "empty-text": wrong("Empty elements come with an empty text", "qido.returns-empty"),
    "names-as-texts": wrong("A person's name comes as a text", "qido.charset[*"),
    "no-xml": wrong("Matches in XML come as JSON", "qido.accept[xml]"),
}
_CHOOSING: Final = {
    "any": wrong(
        "What was not accepted is sent all the same",
        "qido.accept[406] wado.406[* wado.single-study wado.made[* frames.406 "
        "frames.single-many metadata.406[* bulk.406 rendered.type[jp2] rendered.406 "
        "accept[query-unknown] accept[syntax-unknown] accept[syntax-media] capabilities[406]",
        turned="content[*",
    ),
    "weights": wrong(
        "The weights of Accept are ignored",
        "accept[weights] accept[weights-xml] accept[specific] qido.accept[weights] "
        "qido.accept[weight-zero]",
    ),
    "no-vary": wrong("Vary does not say that Accept decided", "http.vary"),
    "old-syntaxes": wrong(
        "Files leave in the transfer syntaxes that are not for the web",
        "wado.syntax-default wado.syntax-forbidden[*",
    ),
    "single-study": wrong(
        "A study comes as the single file of its first instance", "wado.single-study"
    ),
    "no-type": wrong(
        "multipart/related comes without its type", "wado.default[* wado.related-type"
    ),
    "no-part-syntax": wrong(
        "Parts of application/dicom do not say their transfer syntax", "wado.part-syntax"
    ),
    "gzip-always": wrong("Answers are in gzip whether that was accepted or not", "http.gzip"),
}

SEARCHING: Final[dict[str, Defect]] = {**_MATCHING, **_SEARCHING, **_CHOOSING}
