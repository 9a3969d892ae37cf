"""What we put before a data set is Part 10, as pydicom reads it."""

from io import BytesIO

from pydicom.filereader import read_partial

from dimse.file_meta import part10_head


def test_the_head_reads_back_as_written() -> None:
    head = part10_head("1.2.840.10008.5.1.4.1.1.2", "1.2.3", "1.2.840.10008.1.2", "CT_ROOM_1")
    meta = read_partial(BytesIO(head)).file_meta
    assert meta.MediaStorageSOPClassUID == "1.2.840.10008.5.1.4.1.1.2"
    assert meta.MediaStorageSOPInstanceUID == "1.2.3"
    assert meta.TransferSyntaxUID == "1.2.840.10008.1.2"
    assert meta.SourceApplicationEntityTitle == "CT_ROOM_1"
    assert meta.ImplementationClassUID.is_valid
    assert meta.FileMetaInformationGroupLength == len(head) - 128 - 4 - 12


def test_a_foreign_character_in_an_ae_title_does_not_change_the_length() -> None:
    assert len(part10_head("1.2", "1.3", "1.4", "ÄÖ")) == len(
        part10_head("1.2", "1.3", "1.4", "AO")
    )
