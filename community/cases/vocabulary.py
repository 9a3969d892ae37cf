"""The words that a case may be described with: closed lists, each value with its name.

Only what a list holds is ever stored, so a column of them never holds what somebody typed. An
empty value says nothing. Names are translated where they are shown.

References
----------
PS3.3 section C.7.3.1.1.1 (Modality), CC licences by their SPDX names,
45 CFR 164.514(b)(2)(i)(C): ages over 89 are one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from community.cases.model import (
    AFTER_ANSWER,
    ALWAYS,
    DIAGNOSIS,
    DIFFERENTIAL,
    DISCUSSION,
    FINDINGS,
    HISTORY,
    REFERENCES,
    TEACHING,
)
from community.look.words import N_

Words = Mapping[str, str]

SPECIALTIES: Final[Words] = {
    "breast": N_("Breast"),
    "cardiac": N_("Cardiac"),
    "chest": N_("Chest"),
    "dental": N_("Dental and maxillofacial"),
    "emergency": N_("Emergency and trauma"),
    "forensic": N_("Forensic"),
    "gastrointestinal": N_("Gastrointestinal"),
    "gynaecology": N_("Gynaecology and obstetrics"),
    "head-neck": N_("Head and neck"),
    "hepatobiliary": N_("Hepatobiliary and pancreatic"),
    "interventional": N_("Interventional"),
    "musculoskeletal": N_("Musculoskeletal"),
    "neuro": N_("Neuroradiology"),
    "nuclear": N_("Nuclear medicine"),
    "oncology": N_("Oncology"),
    "paediatric": N_("Paediatric"),
    "physics": N_("Physics and artefacts"),
    "spine": N_("Spine"),
    "urogenital": N_("Urogenital"),
    "vascular": N_("Vascular"),
    "other": N_("Other"),
}

BODY_PARTS: Final[Words] = {
    "head": N_("Head"),
    "brain": N_("Brain"),
    "face": N_("Face and sinuses"),
    "neck": N_("Neck"),
    "chest": N_("Chest"),
    "heart": N_("Heart"),
    "breast": N_("Breast"),
    "abdomen": N_("Abdomen"),
    "pelvis": N_("Pelvis"),
    "cervical-spine": N_("Cervical spine"),
    "thoracic-spine": N_("Thoracic spine"),
    "lumbar-spine": N_("Lumbar spine"),
    "shoulder": N_("Shoulder"),
    "arm": N_("Arm and elbow"),
    "hand": N_("Hand and wrist"),
    "hip": N_("Hip"),
    "leg": N_("Leg"),
    "knee": N_("Knee"),
    "foot": N_("Foot and ankle"),
    "vessels": N_("Vessels"),
    "whole-body": N_("Whole body"),
}

MODALITIES: Final[Words] = {
    "CR": N_("Computed radiography"),
    "DX": N_("Digital radiography"),
    "CT": N_("Computed tomography"),
    "MR": N_("Magnetic resonance"),
    "US": N_("Ultrasound"),
    "MG": N_("Mammography"),
    "PT": N_("Positron emission tomography"),
    "NM": N_("Nuclear medicine"),
    "XA": N_("X-ray angiography"),
    "RF": N_("Fluoroscopy"),
    "IO": N_("Intra-oral radiography"),
    "PX": N_("Panoramic X-ray"),
    "BMD": N_("Bone densitometry"),
    "ES": N_("Endoscopy"),
    "ECG": N_("Electrocardiography"),
    "IVUS": N_("Intravascular ultrasound"),
    "OCT": N_("Optical coherence tomography"),
    "OP": N_("Ophthalmic photography"),
    "OPT": N_("Ophthalmic tomography"),
    "SM": N_("Slide microscopy"),
    "XC": N_("Photography"),
}

CERTAINTIES: Final[Words] = {
    "certain": N_("Diagnosis certain"),
    "almost-certain": N_("Diagnosis almost certain"),
    "probable": N_("Diagnosis probable"),
    "possible": N_("Diagnosis possible"),
}

PROOFS: Final[Words] = {
    "histology": N_("Histology"),
    "cytology": N_("Cytology"),
    "surgery": N_("Surgery"),
    "autopsy": N_("Autopsy"),
    "microbiology": N_("Microbiology"),
    "laboratory": N_("Laboratory"),
    "genetics": N_("Genetics"),
    "clinical": N_("Clinical course"),
    "follow-up": N_("Imaging follow-up"),
    "imaging": N_("Typical imaging"),
    "none": N_("No proof"),
}

DIFFICULTIES: Final[Words] = {
    "introductory": N_("Introductory"),
    "intermediate": N_("Intermediate"),
    "advanced": N_("Advanced"),
}

AGE_BANDS: Final[Words] = {
    "0-1": N_("0 to 1 year"),
    "2-5": N_("2 to 5 years"),
    "6-12": N_("6 to 12 years"),
    "13-17": N_("13 to 17 years"),
    "18-29": N_("18 to 29 years"),
    "30-39": N_("30 to 39 years"),
    "40-49": N_("40 to 49 years"),
    "50-59": N_("50 to 59 years"),
    "60-69": N_("60 to 69 years"),
    "70-79": N_("70 to 79 years"),
    "80-89": N_("80 to 89 years"),
    "90+": N_("90 years or older"),
}

SEXES: Final[Words] = {"female": N_("Female"), "male": N_("Male"), "other": N_("Other")}

LICENCES: Final[Words] = {
    "CC-BY-4.0": N_("Attribution (CC BY 4.0)"),
    "CC-BY-SA-4.0": N_("Attribution, share alike (CC BY-SA 4.0)"),
    "CC-BY-NC-4.0": N_("Attribution, not commercial (CC BY-NC 4.0)"),
    "CC-BY-NC-SA-4.0": N_("Attribution, not commercial, share alike (CC BY-NC-SA 4.0)"),
    "CC0-1.0": N_("No rights reserved (CC0 1.0)"),
    "none": N_("All rights reserved"),
}
LICENCE_ADDRESSES: Final[Words] = {
    "CC-BY-4.0": "https://creativecommons.org/licenses/by/4.0/",
    "CC-BY-SA-4.0": "https://creativecommons.org/licenses/by-sa/4.0/",
    "CC-BY-NC-4.0": "https://creativecommons.org/licenses/by-nc/4.0/",
    "CC-BY-NC-SA-4.0": "https://creativecommons.org/licenses/by-nc-sa/4.0/",
    "CC0-1.0": "https://creativecommons.org/publicdomain/zero/1.0/",
}
USUAL_LICENCE: Final = "CC-BY-4.0"

LANGUAGES: Final[Words] = {
    "ar": "العربية", "cs": "Čeština", "da": "Dansk", "de": "Deutsch", "el": "Ελληνικά",
    "en": "English", "es": "Español", "fa": "فارسی", "fi": "Suomi", "fr": "Français",
    "he": "עברית", "hi": "हिन्दी", "hu": "Magyar", "id": "Bahasa Indonesia", "it": "Italiano",
    "ja": "日本語", "ko": "한국어", "nb": "Norsk bokmål", "nl": "Nederlands", "pl": "Polski",
    "pt": "Português", "ro": "Română", "ru": "Русский", "sv": "Svenska", "th": "ไทย",
    "tr": "Türkçe", "uk": "Українська", "vi": "Tiếng Việt", "zh": "中文",
}  # fmt: skip
"""In their own words, which nobody translates."""
USUAL_LANGUAGE: Final = "en"

STATE_WORDS: Final[Words] = {
    "draft": N_("Draft"),
    "unlisted": N_("Unlisted"),
    "public": N_("Public"),
    "tombstone": N_("Removed"),
    "held": N_("Hidden"),
    "restricted": N_("Restricted"),
}

WORDS: Final[Mapping[str, Words]] = {
    "specialty": SPECIALTIES,
    "body_part": BODY_PARTS,
    "certainty": CERTAINTIES,
    "proof": PROOFS,
    "difficulty": DIFFICULTIES,
    "age_band": AGE_BANDS,
    "sex": SEXES,
    "licence": LICENCES,
    "language": LANGUAGES,
}
"""The list of each field of a case that holds one word."""

FIELDS: Final[Words] = {
    "title": N_("Title"),
    "unknown_title": N_("Title before the answer"),
    "is_unknown": N_("Unknown case"),
    "specialty": N_("Specialty"),
    "body_part": N_("Region"),
    "modalities": N_("Modality"),
    "certainty": N_("Certainty"),
    "proof": N_("Proof"),
    "difficulty": N_("Difficulty"),
    "age_band": N_("Age"),
    "sex": N_("Sex"),
    "licence": N_("Licence"),
    "language": N_("Language"),
}
"""What the fields are called."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of section.

    Attributes
    ----------
    reveal
        When it is shown, unless its author says otherwise.
    """

    name: str
    hint: str
    reveal: str


SECTIONS: Final[Mapping[str, Kind]] = {
    HISTORY: Kind(
        N_("History"),
        N_("What the patient came with, without names, dates and places."),
        ALWAYS,
    ),
    FINDINGS: Kind(N_("Findings"), N_("What the images show."), ALWAYS),
    DIAGNOSIS: Kind(
        N_("Diagnosis"), N_("An unknown case never shows it before the answer."), AFTER_ANSWER
    ),
    DIFFERENTIAL: Kind(
        N_("Differential diagnosis"), N_("What else it could be, and why not."), AFTER_ANSWER
    ),
    DISCUSSION: Kind(N_("Discussion"), N_("What is known about it."), AFTER_ANSWER),
    TEACHING: Kind(N_("Teaching points"), N_("What to remember."), AFTER_ANSWER),
    REFERENCES: Kind(N_("References"), N_("Articles and books, one in a line."), AFTER_ANSWER),
}

NAMES: Final[Words] = {**FIELDS, **{kind: known.name for kind, known in SECTIONS.items()}}
"""What is called how of all that is written in a case."""
