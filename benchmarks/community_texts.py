"""Made-up cases in words: what a radiologist could have written, of no patient. Pure.

May live here: vocabularies and sentences. May not: rows. Words are as uneven as in real texts: a
few are in every second case, most in few, and each case has one that no other has.
"""

from __future__ import annotations

from random import Random
from typing import Final

ORGANS: Final = {
    "brain": ("neuro", "MR"), "chest": ("chest", "CT"), "abdomen": ("gastrointestinal", "CT"),
    "knee": ("musculoskeletal", "MR"), "lumbar-spine": ("spine", "MR"), "heart": ("cardiac", "MR"),
    "breast": ("breast", "MG"), "pelvis": ("urogenital", "MR"), "neck": ("head-neck", "CT"),
    "hand": ("musculoskeletal", "DX"), "vessels": ("vascular", "XA"), "hip": ("paediatric", "US"),
}  # fmt: skip
_QUALITIES = (
    "ring-enhancing", "lobulated", "cystic", "calcified", "diffuse", "segmental", "bilateral",
    "hyperintense", "hypodense", "spiculated", "ill-defined", "haemorrhagic", "necrotic", "solid",
    "multifocal", "infiltrative", "pedunculated", "septated", "subtle", "expansile",
)  # fmt: skip
_THINGS = (
    "lesion", "mass", "collection", "nodule", "fracture", "stenosis", "oedema", "effusion", "cyst",
    "aneurysm", "thrombus", "consolidation", "ulcer", "tear", "stricture", "fistula", "abscess",
    "meningioma", "glioma", "metastasis", "sequestration", "malformation", "haematoma", "infarct",
)  # fmt: skip
_COMPLAINTS = (
    "pain", "fever", "headache", "a cough", "weakness", "a fall", "weight loss", "a lump",
    "palpitations", "blurred vision", "numbness", "vomiting", "a limp", "night sweats", "a rash",
)  # fmt: skip
_OPENINGS = (
    "The patient came with {0}.", "There had been {0} for some weeks.", "Since spring, {0}.",
    "Nothing but {0} was reported.", "First {0}, then {1}.", "Neither {0} nor {1} at first.",
)  # fmt: skip
_SIGHTS = (
    "There is a {q} {t} of the {o}.", "A {q} {t} displaces what lies beside it.",
    "No {t} on the other side.", "The {t} is {q} and {p}.", "Contrast shows a {q} rim.",
    "It was not there before.", "The rest of the {o} is normal.", "Signal of the {o} is low.",
    "A second {t} is smaller and {q}.", "Follow-up shows the {t} unchanged.",
)  # fmt: skip
_REMARKS = (
    "I would think of a {q} {t} first.", "What about a {t}?", "The {o} looks {q} to me.",
    "Agree, and the history fits.", "Was there contrast?", "Look at the third series again.",
    "A {q} {t} would be unusual at this age.", "Thank you for this case!",
)  # fmt: skip
_SYLLABLES = ("bar", "cor", "den", "fal", "gam", "hol", "jun", "kel", "lor", "mer", "nov", "pas")


def name_of(number: int) -> str:
    """A word that only the case of this number has."""
    letters = []
    number += len(_SYLLABLES)
    while number:
        number, digit = divmod(number, len(_SYLLABLES))
        letters.append(_SYLLABLES[digit])
    return "".join(letters).capitalize() + "ner"


def question(number: int) -> str:
    """Two words that some cases have; the same ones again after some hundred questions."""
    number, at = divmod(number, len(_QUALITIES))
    return f"{_QUALITIES[at]} {_THINGS[-1 - number % len(_THINGS)]}"


def thing(random: Random) -> str:
    """What is to be seen: the first of the list far more often than the last."""
    return _THINGS[min(int(random.paretovariate(0.9)) - 1, len(_THINGS) - 1)]


def title(random: Random, organ: str) -> str:
    """What a case is called."""
    return f"{random.choice(_QUALITIES).capitalize()} {thing(random)} of the {organ}"


def history(random: Random) -> str:
    """What came before the images."""
    return " ".join(
        random.choice(_OPENINGS).format(*random.sample(_COMPLAINTS, 2)) for _ in range(4)
    )


def sights(random: Random, organ: str, count: int) -> str:
    """So many sentences on what there is to be seen."""
    return " ".join(_filled(random, random.choice(_SIGHTS), organ) for _ in range(count))


def remark(random: Random, organ: str) -> str:
    """What somebody says to a case."""
    said = [_filled(random, random.choice(_REMARKS), organ) for _ in range(random.randint(1, 4))]
    return " ".join(said)


def _filled(random: Random, sentence: str, organ: str) -> str:
    quality, other = random.sample(_QUALITIES, 2)
    return sentence.format(q=quality, p=other, t=thing(random), o=organ)
