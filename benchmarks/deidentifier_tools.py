"""One de-identification tool over a folder of files: run by the interpreter that has the tool.

`python deidentifier_tools.py TOOL IN OUT RECIPE JOBS` prints JSON: seconds, those of processors
(children's too), and which files failed. It imports nothing of ours unless it is asked for ours.
"""

from __future__ import annotations

import ctypes
import hashlib
import json
import logging
import os
import resource
import sys
import time
from collections.abc import Callable
from multiprocessing import get_context
from pathlib import Path

OneFile = Callable[[Path, Path], None]
_WORK: list[Callable[[Path], str | None]] = []

_PR_SET_CHILD_SUBREAPER = 36


def dicom_anonymizer(recipe: str) -> OneFile:
    """KitwareMedical/dicom-anonymizer with its newest table."""
    from dicomanonymizer import simpledicomanonymizer as tool

    def rules() -> dict:  # type: ignore[type-arg]
        return tool.initialize_actions("dicomfields_2026c")

    def run(source: Path, target: Path) -> None:
        tool.anonymize_dicom_file(str(source), str(target), base_rules_gen=rules)

    return run


def deid(recipe: str) -> OneFile:
    """pydicom/deid with its own recipe, or with one made of table E.1-1."""
    from deid.config import DeidRecipe
    from deid.dicom import replace_identifiers

    chosen = DeidRecipe(deid=recipe) if recipe else DeidRecipe()

    def run(source: Path, target: Path) -> None:
        replace_identifiers(
            dicom_files=[str(source)], deid=chosen, ids={str(source): {"map_uid": _map_uid}},
            save=True, overwrite=True, output_folder=str(target.parent), remove_private=True,
        )  # fmt: skip

    return run


def _map_uid(item: object, value: str, field: object, dicom: object) -> str:
    """What users of deid write themselves; the same for the same UID."""
    old = str(getattr(getattr(field, "element", field), "value", field))
    return "2.25." + str(int.from_bytes(hashlib.sha256(old.encode()).digest()[:15], "big"))


TOOLS: dict[str, Callable[[str], OneFile]] = {"dicom-anonymizer": dicom_anonymizer, "deid": deid}


def each(run: OneFile, source: Path, target: Path, jobs: int) -> list[str]:
    """Every file alone, so that one that stops the tool stops only itself."""

    def one(path: Path) -> str | None:
        out = target / path.relative_to(source)
        out.parent.mkdir(parents=True, exist_ok=True)
        try:
            run(path, out)
        # A stranger's tool raises what it likes.
        except BaseException as error:
            out.unlink(missing_ok=True)
            return type(error).__name__
        return None

    paths = [path for path in sorted(source.rglob("*")) if path.is_file()]
    if jobs == 1:
        failed = list(map(one, paths))
    else:
        # Its processes are forked and have it: a function in a function cannot be sent.
        _WORK.append(one)
        with get_context("fork").Pool(jobs) as pool:
            failed = pool.map(_called, paths, chunksize=1)
    return [reason for reason in failed if reason]


def _called(path: Path) -> str | None:
    return _WORK[0](path)


def ours(options: str) -> Callable[[Path, Path, int], list[str]]:
    """`python -m worker deidentify` without its start."""
    sys.path.insert(0, os.fspath(Path(__file__).resolve().parent.parent))
    from imaging.children import close_all
    from imaging.deidentify.profile import Profile
    from imaging.deidentify.secrets import new_secret
    from worker.folder_progress import Progress
    from worker.folders import Folder, Order, deidentify_folder

    profile = Profile.of(name for name in options.split(",") if name)
    order = Order(profile, new_secret("bench"), "bench")

    def run(source: Path, target: Path, jobs: int) -> list[str]:
        folder = Folder.of(source, target, target.with_name(target.name + ".json"))
        failed = deidentify_folder(folder, order, jobs, Progress(sys.stderr, len(folder.files)))
        close_all()
        return ["refused"] * failed

    return run


def main(tool: str, source: str, target: str, recipe: str, jobs: str) -> int:
    logging.disable(logging.CRITICAL)
    out = os.dup(1)
    # Tools write to standard output what is no answer.
    os.dup2(2, 1)
    # Children of children that have ended count as ours.
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    if tool == "ours":
        work = ours(recipe)
    else:
        run = TOOLS[tool](recipe)

        def work(source: Path, target: Path, jobs: int) -> list[str]:
            return each(run, source, target, jobs)

    before, began = _processor_s(), time.perf_counter()
    failed = work(Path(source), Path(target), int(jobs))
    seconds = time.perf_counter() - began
    _await_all()
    made = {"seconds": seconds, "processor_s": _processor_s() - before, "failed": failed}
    os.write(out, json.dumps(made).encode())
    return 0


def _processor_s() -> float:
    used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(one.ru_utime + one.ru_stime for one in used)


def _await_all() -> None:
    try:
        while True:
            os.wait()
    except ChildProcessError:
        return


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
