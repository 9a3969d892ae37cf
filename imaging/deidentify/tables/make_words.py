"""Make `words.json`: the words that a descriptor may keep, from the dictionaries of pydicom.

    python -m imaging.deidentify.tables.make_words > imaging/deidentify/tables/words.json

Names of attributes (PS3.6) and meanings of codes (PS3.16) are written in the words of the trade;
what scanners' protocols say besides is `_PROTOCOL`. A word of a meaning that is only ever written
with a capital within it is a proper name and left out. Not for the running product; a test
compares its output with the file that is kept.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from typing import cast

from pydicom._dicom_dict import DicomDictionary
from pydicom.sr._concepts_dict import concepts

_WORD = re.compile(r"[A-Za-z]+")
_CLINICAL = ("DCM", "SCT", "NCIt", "RADLEX", "UCUM", "LN", "IBSI", "FMA", "NEU", "UMLS")

_PROTOCOL = """
jpeg lut luts luts fmri comp pilot echocardiogram carotids template demonstration generated scaled
uncompressed interleaved tiled obli doppler views software output issue
a an and as at by for from in into is no none not of off on or other per than the then to up with
without yes removed anonymized new old first second third last next adc angio ant anterior ap arm
arterial asl ax axial b blade bold bolus bone brain breast bw c calf cap cardiac carotid cbct cbf
cbv chest cine cor coronal cr cspine ct cta ctp cube cxr d dce delayed delay dicom dixon dose dsc
dsi dti dual dwi dx dynamic echo ecg ed eeg ekg elbow epi ep2d es f face fast fat fb fbp femur
fiesta filter fine flair flash foot fov frfse fs fse full gad gated gd gradient gre ground hand
haste head heart helical high hip hires hr hrct humerus images imaging inv ir iv iw j k kernel kub
knee kv kvp l lao lat lateral left leg lim limited liver ll localizer loc low lower ls lspine lt
lung lungs ma map mas max mdct mediastinum mg min mip ml mm mask motion mpr mprage mr mra mri mrcp
mrv ms msk mt mtt multi nc neck nm nac ac nose non oblique obl ob ol opp orbit orbits out oom p pa
pass pc pca pd pe pelvis perf perfusion pet phase phantom plane post posterior pre portal
propeller pwi qa r rad rao raw rec recon recons ref resp rest right rl rt s sag sagittal scan
scout screening sc se seg sequence series sfov shoulder sinus skull slab slice slices smooth soft
spair spect spgr spine spiral spl ssfse star stack standard std stir stress suv swi survey svr sub
t tbi tc te test tfe thick thin thorax tibia tight tile time tissue tof topogram total tr tra
trace trans transverse trufi tse tspine tumor turbo ultra ultrasound unenhanced upper us venous
venogram vein vibe view vol volume vr w wb weighted whole window wo wrist x xa xr xray y z zoom
abdomen ankle aorta appendix artery axilla bladder bowel clavicle colon coccyx esophagus eye eyes
finger gallbladder jaw kidney kidneys larynx lumbar mandible maxilla nodule nodules node nodes
ovary pancreas patella prostate rectum renal rib ribs sacrum scapula spleen stomach testis thigh
thyroid toe trachea ulna urethra uterus vertebra acute benign calcification chronic cyst edema
effusion embolism fracture hemorrhage infarct infection lesion lesions malignant mass metastasis
normal abnormal pain pneumonia stenosis stroke thrombus trauma tumour bleeding fever cough dyspnea
baseline followup follow control comparison prior previous exam examination study visit week weeks
day days month months year years hour hours minute minutes seconds daily cm um mgy gy sv msv hz
khz mhz ghz kg g ug dl cc sec msec tesla deg degrees bpm mmhg kpa ev kev mev bq mbq kbq ci mci
today yesterday tomorrow patient recheck check
"""


def make_words() -> list[str]:
    """Give the words, folded and sorted."""
    return sorted({*_of_attributes(), *_of_meanings(), *_PROTOCOL.split()})


def _of_attributes() -> Iterator[str]:
    for entry in DicomDictionary.values():
        yield from (word.lower() for word in _WORD.findall(str(entry[2])))


def _of_meanings() -> Iterator[str]:
    small: set[str] = set()
    first: set[str] = set()
    capital: set[str] = set()
    for scheme in _CLINICAL:
        scheme_codes = cast("dict[str, dict[str, tuple[str, list[int]]]]", concepts[scheme])
        for codes in scheme_codes.values():
            for meaning, _ in codes.values():
                for at, word in enumerate(_WORD.findall(meaning)):
                    kind = small if word.islower() or scheme == "DCM" else first
                    (capital if kind is first and at else kind).add(word.lower())
    yield from small
    yield from first - capital


if __name__ == "__main__":
    sys.stdout.write(json.dumps({"words": make_words()}, indent=0) + "\n")
