"""Multipart answers taken apart."""

from __future__ import annotations

import gzip
import http.client

import pytest

from benchmarks.suite.client import Answer


def answer(body: bytes, kind: str = "multipart/related; boundary=x", **more: str) -> Answer:
    headers = http.client.HTTPMessage()
    for name, value in {"content-type": kind, **more}.items():
        headers[name.replace("_", "-")] = value
    return Answer(200, headers, body)


@pytest.mark.parametrize("length", [b"", b"Content-Length: 5\r\n", b"content-length: 5\r\n"])
@pytest.mark.parametrize("preamble", [b"", b"\r\n"])
def test_parts_are_what_stands_between_boundaries(length: bytes, preamble: bytes):
    head = b"--x\r\nContent-Type: a/b\r\n" + length + b"\r\n"
    body = preamble + head + b"first\r\n" + head + b"secon\r\n--x--\r\n"
    assert [bytes(part) for part in answer(body).parts()] == [b"first", b"secon"]


def test_pixels_that_look_like_a_boundary_are_pixels_if_their_length_is_told():
    pixels = b"ab\r\n--x\r\n\r\ncd"
    body = b"--x\r\nContent-Length: %d\r\n\r\n%b\r\n--x--\r\n" % (len(pixels), pixels)
    assert [bytes(part) for part in answer(body).parts()] == [pixels]


def test_an_answer_that_is_not_divided_is_one_part():
    assert [bytes(part) for part in answer(b"whole", "image/jpeg").parts()] == [b"whole"]


def test_compression_of_the_transfer_is_taken_off():
    assert answer(gzip.compress(b"[]"), "a/b", content_encoding="gzip").content() == b"[]"
