from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from archive.settings import Bind
from ops.errors import OperatorError
from ops.ports import reachable, require_free


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def test_a_taken_port_is_named_with_the_variable_that_moves_us(taken: int) -> None:
    with pytest.raises(OperatorError) as caught:
        require_free(Bind("127.0.0.1", taken), "DICOMTUBE_HTTP_BIND")
    assert f"127.0.0.1:{taken} is already taken" in str(caught.value)
    assert "DICOMTUBE_HTTP_BIND=127.0.0.1:" in str(caught.value)


def test_an_address_of_another_machine_is_refused() -> None:
    with pytest.raises(OperatorError, match="no address of this machine"):
        require_free(Bind("192.0.2.1", 8000), "DICOMTUBE_HTTP_BIND")


def test_a_free_port_passes(taken: int) -> None:
    require_free(Bind("127.0.0.1", 0), "DICOMTUBE_HTTP_BIND")


def test_a_server_on_every_address_is_reached_on_loopback() -> None:
    assert str(reachable(Bind("0.0.0.0", 80))) == "127.0.0.1:80"
    assert str(reachable(Bind("::", 80))) == "[::1]:80"
