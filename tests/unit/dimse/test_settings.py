"""Settings of the DIMSE door are read whole or refused by name."""

from pathlib import Path

import pytest

from archive.errors import SettingsError
from dimse.settings import DimseSettings


def test_nothing_set_is_the_default() -> None:
    assert DimseSettings.from_environment({}) == DimseSettings()


def test_a_number_is_taken() -> None:
    given = {"DICOMTUBE_DIMSE_MAX_PDU_BYTES": "131072", "DICOMTUBE_DIMSE_SHUTDOWN_S": "1.5"}
    settings = DimseSettings.from_environment(given)
    assert (settings.max_pdu_bytes, settings.shutdown_s) == (131072, 1.5)


@pytest.mark.parametrize("value", ["0", "-1", "4095", "1e9", "many", "nan"])
def test_a_number_out_of_bounds_is_refused_by_name(value: str) -> None:
    with pytest.raises(SettingsError, match="DICOMTUBE_DIMSE_MAX_PDU_BYTES"):
        DimseSettings.from_environment({"DICOMTUBE_DIMSE_MAX_PDU_BYTES": value})


def test_a_certificate_without_its_key_is_refused(tmp_path: Path) -> None:
    certificate = tmp_path / "cert.pem"
    certificate.touch()
    with pytest.raises(SettingsError, match="go together"):
        DimseSettings.from_environment({"DICOMTUBE_DIMSE_TLS_CERT": str(certificate)})


def test_a_file_that_is_not_there_is_refused_by_name() -> None:
    with pytest.raises(SettingsError, match="DICOMTUBE_DIMSE_TLS_KEY"):
        DimseSettings.from_environment({"DICOMTUBE_DIMSE_TLS_KEY": "/nowhere/key.pem"})
