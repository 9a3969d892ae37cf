"""Getting in: passwords, tokens, client credentials, certificates, and no report that has them."""

from __future__ import annotations

import base64
import datetime as dt
import ipaddress
import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from conformance.cli import FAILED, HELD, NO_RUN, main
from conformance.corpus.corpus import corpus_of
from conformance.mock.memory import read_instance
from conformance.mock.messages import Reply, Request
from conformance.mock.server import Mock, serving

SEED = "a test"
SECRET = "Vögelein-7319"
TOKEN = "eyJ.token-4711.sig"


class Guarded(Mock):
    """Answers who knows a header field, and 401 to anybody else."""

    def __init__(self, name: str, value: str) -> None:
        super().__init__()
        self._name, self._value = name.lower(), value
        self.refused = 0
        for one in corpus_of(SEED).instances:
            self.memory.put(read_instance(one.part10))

    def answer(self, request: Request) -> Reply:
        if request.header(self._name) != self._value:
            self.refused += 1
            return Reply(401, "text/plain", b"who are you?", [("WWW-Authenticate", "Bearer")])
        return super().answer(request)


def run(base: str, *more: str) -> int:
    options = ["run", "--base", base, "--quiet", "--rate", "0", "--seed", SEED, "--timeout", "5"]
    return main([*options, "--only", "qido.narrow", *more])


def reports(folder: Path) -> list[str]:
    return [f"--{kind}={folder / kind}" for kind in ("json", "junit", "html")]


def basic(words: str) -> str:
    return f"Basic {base64.b64encode(words.encode()).decode()}"


# ---- header fields
WAYS = {
    "basic": ("Authorization", basic(f"qa:{SECRET}"), ("--basic", f"qa:{SECRET}")),
    "bearer": ("Authorization", f"Bearer {TOKEN}", ("--bearer", TOKEN)),
    "header": ("X-Api-Key", TOKEN, ("--header", f"X-Api-Key: {TOKEN}")),
}


@pytest.mark.parametrize("way", WAYS)
def test_who_has_the_credentials_gets_in_and_no_report_has_them(
    way: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    name, value, options = WAYS[way]
    mock = Guarded(name, value)
    with serving(mock) as address:
        assert run(address, *options, *reports(tmp_path)) == HELD
    assert mock.refused == 0
    told = [path.read_text() for path in tmp_path.iterdir()] + [capsys.readouterr().out]
    assert len(told) == 4
    for text in told:
        assert SECRET not in text
        assert TOKEN not in text
        assert value.split()[-1] not in text


@pytest.mark.parametrize("options", [(), ("--bearer", "wrong"), ("--basic", "qa:wrong")])
def test_who_has_not_is_told_so(
    options: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    with serving(Guarded("Authorization", f"Bearer {TOKEN}")) as address:
        assert run(address, *options) == FAILED
    assert "the server asks for other credentials: it answered 401" in capsys.readouterr().out


# ---- OAuth2 client credentials (RFC 6749 4.4)
@contextmanager
def token_server(answers: dict[str, Any], status: int = 200) -> Iterator[tuple[str, list[Any]]]:
    """An authorization server; yields its address and what it was asked."""
    asked: list[Any] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            asked.append((self.headers["Authorization"], parse_qs(body.decode())))
            data = json.dumps(answers).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/token", asked
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def oauth2(url: str, folder: Path) -> list[str]:
    secret = folder / "secret"
    secret.write_text(f"{SECRET}\n", "utf-8")
    return ["--oauth2", url, "--client-id", "qa runner", "--client-secret", str(secret)]


def test_a_token_is_got_by_client_credentials(tmp_path: Path) -> None:
    (tmp_path / "reports").mkdir()
    with (
        token_server({"access_token": TOKEN, "token_type": "Bearer"}) as (url, asked),
        serving(Guarded("Authorization", f"Bearer {TOKEN}")) as address,
    ):
        options = [*oauth2(url, tmp_path), "--scope", "dicom.read dicom.write"]
        assert run(address, *options, *reports(tmp_path / "reports")) == HELD
    [(authorization, fields)] = asked
    # RFC 6749 2.3.1: both are encoded as in a form before they become a Basic word.
    assert authorization == basic("qa%20runner:V%C3%B6gelein-7319")
    assert fields == {"grant_type": ["client_credentials"], "scope": ["dicom.read dicom.write"]}
    for path in (tmp_path / "reports").iterdir():
        assert TOKEN not in path.read_text()
        assert SECRET not in path.read_text()


@pytest.mark.parametrize(
    ("answers", "status"),
    [({"error": "invalid_client"}, 401), ({"token": TOKEN}, 200), ({}, 500)],
)
def test_without_a_token_there_is_no_run(
    answers: dict[str, str], status: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mock = Guarded("Authorization", f"Bearer {TOKEN}")
    with token_server(answers, status) as (url, _), serving(mock) as address:
        assert run(address, *oauth2(url, tmp_path)) == NO_RUN
    assert "gave no token" in capsys.readouterr().err
    assert mock.refused == 0


# ---- certificates
Pair = tuple[x509.Certificate, ec.EllipticCurvePrivateKey]


def certificate(words: str, issuer: Pair | None = None) -> Pair:
    """A certificate for loopback, of a day; it signs others when nobody signs it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, words)])
    signer, signing_key = issuer if issuer else (None, key)
    now = dt.datetime.now(dt.UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(signer.subject if signer else name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]),
            critical=False,
        )
    )
    return builder.sign(signing_key, hashes.SHA256()), key


def write(folder: Path, name: str, pair: Pair) -> tuple[Path, Path]:
    certificate_path, key_path = folder / f"{name}.pem", folder / f"{name}.key"
    certificate_path.write_bytes(pair[0].public_bytes(serialization.Encoding.PEM))
    key_path.write_bytes(
        pair[1].private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return certificate_path, key_path


@pytest.fixture(scope="module")
def papers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an authority, a server's certificate and a client's, and a stranger's."""
    folder = tmp_path_factory.mktemp("papers")
    authority = certificate("An authority")
    write(folder, "ca", authority)
    write(folder, "server", certificate("A server", authority))
    write(folder, "client", certificate("A client", authority))
    write(folder, "stranger", certificate("A stranger"))
    both = (folder / "client.pem").read_bytes() + (folder / "client.key").read_bytes()
    (folder / "both.pem").write_bytes(both)
    return folder


def context(papers: Path, *, asks_client: bool = False) -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(papers / "server.pem", papers / "server.key")
    if asks_client:
        made.load_verify_locations(papers / "ca.pem")
        made.verify_mode = ssl.CERT_REQUIRED
    return made


def open_mock() -> Mock:
    mock = Mock()
    for one in corpus_of(SEED).instances:
        mock.memory.put(read_instance(one.part10))
    return mock


@pytest.mark.parametrize(
    ("options", "wanted"),
    [
        (("--ca", "ca.pem"), HELD),
        (("--insecure",), HELD),
        ((), NO_RUN),
        (("--ca", "stranger.pem"), NO_RUN),
        (("--ca", "no-such-file.pem"), NO_RUN),
    ],
)
def test_a_server_is_trusted_by_its_authority(
    options: tuple[str, ...], wanted: int, papers: Path
) -> None:
    at = [str(papers / one) if one.endswith(".pem") else one for one in options]
    with serving(open_mock(), context=context(papers)) as address:
        assert address.startswith("https:")
        assert run(address, *at) == wanted


@pytest.mark.parametrize(
    ("options", "wanted"),
    [
        (("--cert", "client.pem", "--key", "client.key"), HELD),
        (("--cert", "both.pem"), HELD),
        ((), NO_RUN),
        (("--cert", "stranger.pem", "--key", "stranger.key"), NO_RUN),
        (("--cert", "client.pem", "--key", "stranger.key"), NO_RUN),
    ],
)
def test_a_client_shows_its_certificate(
    options: tuple[str, ...], wanted: int, papers: Path
) -> None:
    at = [str(papers / one) if "." in one else one for one in options]
    with serving(open_mock(), context=context(papers, asks_client=True)) as address:
        assert run(address, "--ca", str(papers / "ca.pem"), *at) == wanted


def test_odd_requests_go_over_tls_too(papers: Path, tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    with serving(open_mock(), context=context(papers)) as address:
        options = ("--ca", str(papers / "ca.pem"), "--write", "--only", "http.host")
        assert run(address, *options, "--json", str(report)) == HELD
    results = {one["check"]: one for one in json.loads(report.read_text())["results"]}
    assert results["http.host"]["outcome"] == "pass"
