from __future__ import annotations

import os
import stat
import subprocess
from pathlib import Path

import pytest
import redis

from ops.broker import own_broker
from ops.errors import OperatorError
from tests.services import wait_until


def test_the_own_broker_answers_only_to_its_password(tmp_path: Path) -> None:
    broker = own_broker(tmp_path, os.environ)
    process = subprocess.Popen(broker.program.command, stdout=subprocess.DEVNULL)
    try:
        client = redis.from_url(broker.url)
        wait_until(client.ping, "the broker", 10)
        assert client.config_get("bind")["bind"] == "127.0.0.1"
        assert client.config_get("appendonly")["appendonly"] == "yes"
        port = client.connection_pool.connection_kwargs["port"]
        with pytest.raises(redis.AuthenticationError):
            redis.Redis(port=port).ping()
    finally:
        process.terminate()
        process.wait()


def test_the_password_is_in_a_file_that_only_we_read(tmp_path: Path) -> None:
    broker = own_broker(tmp_path, os.environ)
    password = broker.url.split(":")[2].split("@")[0]
    assert not any(password in part for part in broker.program.command)
    assert password not in repr(broker.program)
    configuration = Path(broker.program.command[1])
    assert stat.S_IMODE(configuration.stat().st_mode) == 0o600
    assert password in configuration.read_text()


def test_a_machine_without_any_server_is_told_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr("ops.broker.find_spec", lambda name: None)
    with pytest.raises(OperatorError, match="DICOMTUBE_BROKER_URL"):
        own_broker(tmp_path, os.environ)
