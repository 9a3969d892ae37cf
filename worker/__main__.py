"""``python -m worker deidentify``: files de-identified without a server, on the worker's code."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from imaging.deidentify.cleaning import Review
from imaging.deidentify.files import HTJ2K_RPCL
from imaging.deidentify.profile import Option, Profile
from imaging.deidentify.receipt import BASIC
from imaging.deidentify.secrets import BadKeyFile
from worker.folder_progress import Progress
from worker.folders import BadFolder, Folder, Order, deidentify_folder
from worker.keys import chosen_key
from worker.ordered_work import processors

EXIT_WELL, EXIT_SOME_FAILED, EXIT_USAGE, EXIT_INTERRUPTED = 0, 1, 2, 130
AS_RECEIVED = "as-received"
WRITE, REFUSE = "write", "refuse"
_REVIEW = {WRITE: Review.NEVER, REFUSE: Review.UNCERTAIN}


def make_parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m worker",
        description="Work that a DicomTube worker does, without a server.",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND", title="commands")
    text = "de-identify the DICOM files of a folder (PS3.15 annex E), one output file per input"
    one = commands.add_parser("deidentify", help=text, description=text)
    one.add_argument("input", type=Path, metavar="IN", help="a folder, or one file")
    one.add_argument("output", type=Path, metavar="OUT", help="a folder; is made, must be empty")
    one.add_argument("--profile", choices=(BASIC,), default=BASIC, help="default: %(default)s")
    one.add_argument(
        "--options",
        type=_options,
        default=Profile(),
        metavar="A,B",
        help=f"options of the profile, of: {', '.join(Option)}",
    )
    one.add_argument("--report", type=Path, required=True, help="where the receipt (JSON) goes")
    one.add_argument(
        "--key-file",
        type=Path,
        help="keys of pseudonyms and UIDs; is made if it is missing "
        "(default: DICOMTUBE_DEID_KEY_FILE, else deid.keys in DICOMTUBE_HOME)",
    )
    one.add_argument(
        "--key",
        metavar="NAME",
        help="the key of an earlier run, as its receipt names it, so that its patients keep their "
        "pseudonyms after a rotation (default: the newest)",
    )
    one.add_argument(
        "--collection",
        default="files",
        help="pseudonyms and UIDs differ between collections (default: %(default)s)",
    )
    one.add_argument(
        "--transfer-syntax",
        default=AS_RECEIVED,
        help=f"of images it suits, such as {HTJ2K_RPCL} (default: %(default)s)",
    )
    one.add_argument(
        "--uncertain",
        choices=tuple(_REVIEW),
        default=WRITE,
        help="images that a person should look at: written with all that may be text blackened, "
        "and listed, or not written (default: %(default)s)",
    )
    one.add_argument(
        "--jobs",
        type=_jobs,
        default=processors(),
        metavar="N",
        help="files at once, each in a process of its own "
        "(default: the processors that may be used, here %(default)s)",
    )
    one.set_defaults(run=_deidentify)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; 0 all is well, 1 some files failed, 2 it could not begin."""
    arguments = make_parser().parse_args(argv)
    try:
        return int(arguments.run(arguments))
    except (BadFolder, BadKeyFile) as error:
        _say(f"worker: {error}")
        return EXIT_USAGE
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED


def _deidentify(arguments: argparse.Namespace) -> int:
    wanted = None if arguments.transfer_syntax == AS_RECEIVED else arguments.transfer_syntax
    order = Order(
        profile=arguments.options,
        secret=chosen_key(arguments.key_file, os.environ, _say, arguments.key),
        collection=arguments.collection,
        stored_syntax=wanted,
        review=_REVIEW[arguments.uncertain],
    )
    folder = Folder.of(arguments.input, arguments.output, arguments.report)
    progress = Progress(sys.stderr, len(folder.files))
    failed = deidentify_folder(folder, order, arguments.jobs, progress)
    progress.finish()
    return EXIT_SOME_FAILED if failed else EXIT_WELL


def _options(text: str) -> Profile:
    try:
        return Profile.of(name.strip() for name in text.split(",") if name.strip())
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _jobs(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 256:
        raise argparse.ArgumentTypeError("a whole number from 1 to 256")
    return int(text)


def _say(words: str) -> None:
    sys.stderr.write(f"{words}\n")


if __name__ == "__main__":
    sys.exit(main())
