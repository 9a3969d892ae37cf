"""The corpus pushed into a running product by its two doors, and what its people then do.

May live here: sending, waiting, deciding. May not: what is expected to be found.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import requests
from pydicom import dcmread
from pynetdicom import AE, _config, build_context

from tests.planted.files import Made
from tests.product import JSON, Product, stow_body
from tests.services import wait_until

ROOT = "/community/dicom-web"
PEER = "PLANTER"
FINAL = {"published", "needs review", "rejected"}


@dataclass
class Site:
    """A product with accounts on, and the tokens of those who use it.

    Attributes
    ----------
    tokens
        Values of the Authorization header, by who has them.
    """

    product: Product
    folder: Path
    tokens: dict[str, str] = field(default_factory=dict)
    _sent: int = 0

    @cached_property
    def session(self) -> requests.Session:
        return requests.Session()

    def make_token(self, name: str, *grants: str) -> None:
        words = [word for grant in grants for word in ("--grant", grant)]
        printed = self.product.command("token", "create", name, *words)
        self.tokens[name] = f"Bearer {printed.splitlines()[-1].strip()}"

    def ask(
        self,
        who: str,
        path: str,
        accept: str = "*/*",
        *,
        method: str = "GET",
        headers: Mapping[str, str] = {},
        data: bytes | None = None,
    ) -> requests.Response:
        """Send one request; nobody has no token."""
        known = {"Authorization": self.tokens[who]} if who in self.tokens else {}
        return self.session.request(
            method,
            self.product.url + path,
            headers={"Accept": accept, **known, **headers},
            data=data,
            timeout=60,
            allow_redirects=False,
        )

    # ---- sending

    def stow(self, who: str, files: Iterable[Made]) -> requests.Response:
        """Store files over HTTP."""
        body, content_type = stow_body([made.to_bytes() for made in files])
        return self.ask(
            who,
            f"{ROOT}/studies",
            JSON,
            method="POST",
            headers={"Content-Type": content_type},
            data=body,
        )

    def c_store(self, files: Iterable[Made], title: str = PEER) -> list[int]:
        """Store files over an association, each as it lies on disk; give the statuses."""
        paths = [self._written(made) for made in files]
        metas = [dcmread(path, stop_before_pixels=True).file_meta for path in paths]
        wanted = {(m.MediaStorageSOPClassUID, m.TransferSyntaxUID) for m in metas}
        ae = AE(ae_title=title)
        assoc = ae.associate(
            "127.0.0.1",
            self.product.dimse_port,
            contexts=[build_context(*pair) for pair in sorted(wanted)],
            ae_title="DICOMTUBE_DEID",
        )
        assert assoc.is_established
        # Otherwise the library would decode a data set and write it anew.
        chunked, _config.STORE_SEND_CHUNKED_DATASET = _config.STORE_SEND_CHUNKED_DATASET, True
        try:
            return [int(assoc.send_c_store(path).Status) for path in paths]
        finally:
            _config.STORE_SEND_CHUNKED_DATASET = chunked
            assoc.release()

    def _written(self, made: Made) -> Path:
        self._sent += 1
        path = self.folder / f"{self._sent}.dcm"
        path.write_bytes(made.to_bytes())
        return path

    # ---- what became of it

    @cached_property
    def tokens_of_uploads(self) -> list[str]:
        """All uploads, as operators see them once everything was sent."""
        listed = self.product.command("uploads", "list")
        return re.findall(r"^([0-9a-f]{32}) ", listed, re.M)

    def states(self, tokens: Iterable[str]) -> dict[str, str]:
        """The states of some uploads, as those see them who may write."""
        answers = {one: self.ask("all", f"/api/v1/uploads/{one}") for one in tokens}
        return {one: answer.json()["state"] for one, answer in answers.items()}

    def wait_final(self, timeout_s: float = 240) -> dict[str, str]:
        """Wait until nothing is left for the worker to do."""
        tokens = self.tokens_of_uploads
        wait_until(
            lambda: set(self.states(tokens).values()) <= FINAL, "the uploads to be final", timeout_s
        )
        return self.states(tokens)
