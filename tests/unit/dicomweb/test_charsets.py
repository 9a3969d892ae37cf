"""The charset parameter: granted, or refused in words, and never left out silently."""

from typing import Any

import pytest

from tests.builders import ct_image


@pytest.mark.parametrize(
    ("resource", "charset", "status"),
    [
        ("/metadata", "utf-8", 200),
        ("/metadata", "iso-8859-1,UTF-8;q=0.1", 200),
        ("/metadata", '"ISO_IR 192"', 200),
        ("/metadata", "iso-8859-1", 400),
        ("/metadata", "nonsense", 400),
        ("", "utf-8", 406),
        ("/frames/1", "iso-8859-1", 200),
    ],
)
def test_charset_is_granted_or_refused(web: Any, resource: str, charset: str, status: int) -> None:
    [path] = web.stored(ct_image())
    answer = web.client.get(web.root + path + resource, query_string={"charset": charset})
    assert answer.status_code == status


def test_the_header_is_a_wish_that_cannot_fail(web: Any) -> None:
    [path] = web.stored(ct_image(PatientName="Müller"))
    answer = web.get(path + "/metadata", Accept_Charset="iso-8859-1")
    assert "Müller".encode() in answer.data
