"""The real files that no archive can keep, by the words that the refusal must contain.

Instances outside the patient hierarchy (palettes, hanging protocols) belong to the Non-Patient
Instance Service (PS3.18 chapter 12); the others are damaged, or lack what tells who they are.
"""

_REFUSED: dict[str, tuple[str, ...]] = {
    "SOP Class UID (0008,0016) is missing": (
        "UN_sequence.dcm",
        "chrSQEncoding.dcm",
        "chrSQEncoding1.dcm",
        "empty_charset_LEI.dcm",
        "meta_missing_tsyntax.dcm",
        "nested_priv_SQ.dcm",
        "no_meta_group_length.dcm",
        "priv_SQ.dcm",
    ),
    "Study Instance UID (0020,000D) is missing": (
        "HTJ2KLossless_08_RGB.dcm",
        "HTJ2K_08_RGB.dcm",
        "JLSL_08_07_0_1F.dcm",
        "JLSL_16_15_1_1F.dcm",
        "JPEGLSNearLossless_08.dcm",
        "JPEGLSNearLossless_16.dcm",
        "NeurosurgeryPlan.dcm",
        "SC_rgb_jls_lossy_line.dcm",
        "SC_rgb_jls_lossy_sample.dcm",
        "fall.dcm",
        "hotiron.dcm",
        "hotmetalblue.dcm",
        "multiframe.dcm",
        "pet.dcm",
        "pet20step.dcm",
        "spring.dcm",
        "summer.dcm",
        "winter.dcm",
    ),
    "runs past the end of the file": (
        "MR_truncated.dcm",
        "dicomdirtests/DICOMDIR-nooffset",
        "rtplan_truncated.dcm",
    ),
    "DICOMDIR lists files": (
        "TINY_ALPHA/DICOMDIR",
        "dicomdirtests/DICOMDIR",
        "dicomdirtests/DICOMDIR-bigEnd",
        "dicomdirtests/DICOMDIR-empty.dcm",
        "dicomdirtests/DICOMDIR-implicit",
        "dicomdirtests/DICOMDIR-nopatient",
        "dicomdirtests/DICOMDIR-reordered",
    ),
    "DICM prefix": ("no_meta.dcm",),
    "SOP Instance UID (0008,0018) is not a UID": ("bad_sequence.dcm",),
    "break off": ("emri_small_jpeg_2k_lossless_too_short.dcm",),
    "SOP Instance UID (0008,0018) is missing": (
        "JLSL_RGB_ILV0.dcm",
        "JLSL_RGB_ILV1.dcm",
        "JLSL_RGB_ILV2.dcm",
        "JLSN_RGB_ILV0.dcm",
    ),
}


def expected_refusal(name: str) -> str | None:
    """What the refusal of the file `name` must contain, or None where it must be stored."""
    for words, names in _REFUSED.items():
        if any(name.endswith(f"/{known}") for known in names):
            return words
    return None
