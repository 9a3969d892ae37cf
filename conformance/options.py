"""The options of ``run``, and the values that they become."""

from __future__ import annotations

import argparse
import base64
import json
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Final

from conformance.model import EDITIONS
from conformance.smoke import default_rounds
from conformance.version import VERSION
from conformance.wire.target import Target, TargetError, default_timeout_s

read_only_rate: Final = 10.0
"""Requests a second that a server in production is asked at most, unless told otherwise."""

max_token_bytes: Final = 1024 * 1024


def add_run_options(run: argparse.ArgumentParser) -> None:
    """Everything that ``run`` takes."""
    run.add_argument("--base", required=True, metavar="URL", help="below which /studies lies")
    run.add_argument("--against", metavar="URL", help="a second server, shown beside the first")
    run.add_argument("--wado-uri", metavar="URL", help="address of the URI service")
    run.add_argument("--write", action="store_true", help="store the runner's own instances first")
    run.add_argument("--safe-methods", action="store_true", help="send HEAD and OPTIONS too")
    run.add_argument("--seed", help="names the instances: the same seed makes the same UIDs")
    run.add_argument("--settle", type=float, default=30.0, metavar="S", help="wait after storing")
    run.add_argument("--edition", choices=EDITIONS, default=EDITIONS[-1])
    run.add_argument("--only", action="append", default=[], metavar="PREFIX")
    run.add_argument("--client", metavar="NAME", help="only what a client needs; see 'clients'")
    run.add_argument("--plugin", action="append", default=[], metavar="MODULE")
    run.add_argument("--rate", type=float, metavar="N", help="requests a second at most")
    run.add_argument("--timeout", type=float, default=default_timeout_s, metavar="S")
    run.add_argument("--quiet", action="store_true")
    _add_more(run.add_argument_group("beside the checks"))
    _add_reports(run.add_argument_group("reports"))
    _add_access(run.add_argument_group("getting in"))


def _add_reports(group: argparse._ArgumentGroup) -> None:
    for name in ("json", "junit", "html", "badge", "matrix"):
        group.add_argument(f"--{name}", type=Path, metavar="FILE")
    group.add_argument("--baseline", type=Path, metavar="JSON", help="fail on regressions only")
    group.add_argument("--waivers", type=Path, metavar="TOML", help="failures that are known of")


def _add_more(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--claims",
        metavar="SOURCE",
        help="what the server claims: 'wadl', 'capabilities', a path such as /openapi.json, "
        "or a file (WADL, OpenAPI, a profile in TOML)",
    )
    group.add_argument("--smoke", action="store_true", help="time ten standard requests, too")
    group.add_argument("--smoke-rounds", type=int, default=default_rounds, metavar="N")
    group.add_argument("--thresholds", type=Path, metavar="TOML", help="how long they may take")


def _add_access(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--bearer", metavar="TOKEN")
    group.add_argument("--basic", metavar="USER:PASSWORD")
    group.add_argument("--oauth2", metavar="TOKEN_URL", help="client credentials, with --client-id")
    group.add_argument("--client-id", metavar="ID")
    group.add_argument("--client-secret", type=Path, metavar="FILE", help="holds the secret")
    group.add_argument("--scope", metavar="WORDS")
    group.add_argument("--header", action="append", default=[], metavar="NAME:VALUE")
    group.add_argument("--ca", type=Path, metavar="FILE", help="certificates to trust")
    group.add_argument("--cert", type=Path, metavar="FILE", help="client certificate")
    group.add_argument("--key", type=Path, metavar="FILE", help="its key, when in another file")
    group.add_argument("--insecure", action="store_true", help="trust any certificate")


def target_of(options: argparse.Namespace, base: str) -> Target:
    """The server at an address, with the credentials of the command line.

    Raises
    ------
    TargetError
        The address or the credentials cannot be used.
    """
    headers, hidden = [("User-Agent", f"dicom-conformance/{VERSION}")], []
    for value, secrets in _credentials(options):
        headers.append(("Authorization", value))
        hidden += secrets
    for line in options.header:
        name, colon, value = line.partition(":")
        if not colon:
            raise TargetError(f"--header takes NAME:VALUE, not {line!r}")
        headers.append((name.strip(), value.strip()))
        hidden.append(value.strip())
    rate = options.rate if options.rate is not None else 0.0 if options.write else read_only_rate
    certificate = (options.cert, options.key) if options.cert else None
    return Target(
        base,
        options.wado_uri if base == options.base else None,
        tuple(headers),
        tuple(hidden),
        options.timeout,
        rate,
        options.ca,
        certificate,
        options.insecure,
    )


def _credentials(options: argparse.Namespace) -> list[tuple[str, list[str]]]:
    """Values of Authorization, each with what of it is secret."""
    given = [one for one in ("bearer", "basic", "oauth2") if getattr(options, one)]
    if len(given) > 1:
        raise TargetError(f"one of --{' and --'.join(given)} is enough")
    if options.bearer:
        return [(f"Bearer {options.bearer}", [options.bearer])]
    if options.basic:
        word = base64.b64encode(options.basic.encode()).decode()
        return [(f"Basic {word}", [word, options.basic.partition(":")[2]])]
    if options.oauth2:
        token = client_credentials(options)
        return [(f"Bearer {token}", [token])]
    return []


def client_credentials(options: argparse.Namespace) -> str:
    """An access token by the client credentials grant (RFC 6749 4.4).

    Raises
    ------
    TargetError
        The authorization server gives none.
    """
    if not options.client_id or not options.client_secret:
        raise TargetError("--oauth2 needs --client-id and --client-secret")
    if urllib.parse.urlsplit(options.oauth2).scheme not in ("http", "https"):
        raise TargetError(f"{options.oauth2!r} is no http(s) address")
    secret = options.client_secret.read_text("utf-8").strip()
    fields = {
        "grant_type": "client_credentials",
        **({"scope": options.scope} if options.scope else {}),
    }
    word = base64.b64encode(
        f"{urllib.parse.quote(options.client_id)}:{urllib.parse.quote(secret)}".encode()
    ).decode()
    request = urllib.request.Request(  # noqa: S310 - the scheme is looked at above
        options.oauth2,
        urllib.parse.urlencode(fields).encode(),
        {"Authorization": f"Basic {word}", "Accept": "application/json"},
    )
    try:
        with urllib.request.urlopen(request, timeout=options.timeout) as answer:  # noqa: S310
            token = json.loads(answer.read(max_token_bytes))["access_token"]
    except (urllib.error.URLError, OSError, ValueError, KeyError, TypeError) as error:
        raise TargetError(f"{options.oauth2} gave no token: {error}") from error
    return str(token)
