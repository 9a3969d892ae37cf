"""A header of a file's bytes."""

import io

from imaging.part10 import Header, read_header


def header_of(file: bytes) -> Header:
    return read_header(io.BytesIO(file))
