"""Every real instance asked for as a picture or a text: it is given, or the refusal says why.

Each series is asked for a few of its instances, so that every kind of object, transfer syntax and
photometric interpretation there is comes by, and the whole stays short.
"""

from __future__ import annotations

import csv
import json
import uuid
from collections import Counter
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image

from archive.archive import migrate, open_archive
from archive.settings import Settings
from dicomweb import routes
from dicomweb.settings import DoorSettings

ROOT = "/dicom-web"
max_bytes = 2 << 20
max_of_a_series = 2


def chosen(test_data: Path) -> Iterator[Path]:
    """Every sort of file there is, and two of each series."""
    seen: Counter[tuple[str, str]] = Counter()
    with (test_data / "MANIFEST.tsv").open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            sort = row["series"], row["transfer_syntax"]
            seen[sort] += 1
            if int(row["size"]) <= max_bytes and seen[sort] <= max_of_a_series:
                yield test_data / row["path"]


def stow(client: FlaskClient, files: list[bytes]) -> None:
    boundary = uuid.uuid4().hex
    head = f"--{boundary}\r\nContent-Type: application/dicom\r\n\r\n".encode()
    body = b"".join(head + file + b"\r\n" for file in files) + f"--{boundary}--\r\n".encode()
    content_type = f'multipart/related; type="application/dicom"; boundary={boundary}'
    answer = client.post(f"{ROOT}/studies", data=body, headers={"Content-Type": content_type})
    assert answer.status_code in (200, 202, 409)


@pytest.fixture(scope="module")
def client(
    test_data: Path | None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[FlaskClient]:
    if test_data is None:
        pytest.skip("there is no folder of real DICOM files on this machine")
    environment = {"DICOMTUBE_HOME": str(tmp_path_factory.mktemp("home"))}
    settings = Settings.from_environment(environment)
    migrate(settings)
    archive = open_archive(settings)
    app = Flask(__name__, static_folder=None)
    routes.register(app, archive, DoorSettings.from_environment(environment))
    client = app.test_client()
    paths = list(chosen(test_data))
    for first in range(0, len(paths), 20):
        stow(client, [path.read_bytes() for path in paths[first : first + 20]])
    yield client
    archive.close()


@pytest.fixture(scope="module")
def instances(client: FlaskClient) -> list[str]:
    found: list[str] = []
    while True:
        answer = client.get(f"{ROOT}/instances?limit=500&offset={len(found)}")
        page = json.loads(answer.data)
        found += [
            "/studies/{}/series/{}/instances/{}".format(
                *(one[tag]["Value"][0] for tag in ("0020000D", "0020000E", "00080018"))
            )
            for one in page
        ]
        if not page:
            return found


def test_every_instance_is_rendered_or_the_refusal_says_why(
    client: FlaskClient, instances: list[str]
) -> None:
    given: Counter[str] = Counter()
    for path in instances:
        answer = client.get(f"{ROOT}{path}/rendered")
        if answer.status_code == 200:
            given[answer.content_type] += 1
            if answer.content_type.startswith("image/"):
                Image.open(BytesIO(answer.data)).load()
            continue
        refusal = answer.get_json(force=True)
        assert answer.status_code in (406, 413), (path, refusal)
        assert refusal["message"]
        given["refused"] += 1
    assert given["image/jpeg"] > 100
    assert given["text/html; charset=utf-8"] >= 5
    # What has no pixels and no text, and one file that lies about its size.
    assert given["refused"] < len(instances) / 10


def test_every_instance_has_a_thumbnail(client: FlaskClient, instances: list[str]) -> None:
    for path in instances:
        answer = client.get(f"{ROOT}{path}/thumbnail")
        assert answer.status_code == 200, (path, answer.data[:300])
        assert max(Image.open(BytesIO(answer.data)).size) <= 256


def test_every_study_and_series_has_one_too_and_comes_in_parts(
    client: FlaskClient, instances: list[str]
) -> None:
    studies = {path.partition("/series")[0] for path in instances}
    series = {path.partition("/instances")[0] for path in instances}
    for resource in sorted(studies | series):
        assert client.get(f"{ROOT}{resource}/thumbnail").status_code == 200
    for study in sorted(studies)[::4]:
        answer = client.get(f"{ROOT}{study}/rendered?viewport=64,64")
        assert answer.status_code in (200, 206, 406), (study, answer.data[:300])


@pytest.mark.parametrize("resource", ["thumbnail", "rendered"])
def test_a_viewer_that_asks_by_the_accept_parameter_gets_a_jpeg(
    client: FlaskClient, instances: list[str], resource: str
) -> None:
    pictures = 0
    for path in instances[::10]:
        answer = client.get(f"{ROOT}{path}/{resource}?accept=image/jpeg", headers={"Accept": "*/*"})
        assert answer.status_code < 500
        pictures += answer.content_type == "image/jpeg"
    assert pictures > 8
