"""`collection create|list|policy`: the DICOMweb roots of this server."""

from __future__ import annotations

import argparse

from archive.collections import AS_RECEIVED as AS_THEY_COME
from archive.collections import (
    DEIDENTIFY,
    KEEP_FIRST,
    REPLACE,
    create_collection,
    get_collection,
    list_collections,
)
from archive.policies import AS_RECEIVED, REVIEW_RULES
from archive.policy_changes import set_policy
from imaging.deidentify.profile import Option, Profile
from ops.admin.opening import Subparsers, command, group, opened, table


def register(commands: Subparsers) -> None:
    """Add the group to the parser."""
    inner = group(commands, "collection", "make and list collections (DICOMweb roots)")
    parser = command(inner, "create", "make a collection", _create)
    parser.add_argument("name", help="as in /collections/NAME/dicom-web: lower case, digits, '-'")
    parser.add_argument("--ae-title", help="the called AE title that stores into it")
    parser.add_argument(
        "--duplicates",
        choices=(KEEP_FIRST, REPLACE),
        default=KEEP_FIRST,
        help="what other bytes under a known SOP Instance UID do (default: %(default)s)",
    )
    parser.add_argument(
        "--deidentify",
        action="store_true",
        help="keep what arrives in quarantine until it is de-identified",
    )
    command(inner, "list", "list the collections", _list)
    text = "show how a collection de-identifies, or change it for what comes next"
    parser = command(inner, "policy", text, _policy)
    parser.add_argument("name", help="of a collection that de-identifies")
    parser.add_argument("--options", type=_options, help=f"with commas, of: {', '.join(Option)}")
    parser.add_argument("--store-as", help=f"a transfer syntax UID, or {AS_RECEIVED}")
    parser.add_argument("--review", choices=REVIEW_RULES, help="when a person looks")
    parser.add_argument("--keep-originals-s", type=int, help="seconds; 0 erases them at once")
    parser.add_argument("--keep-rejected-s", type=int, help="seconds")


def _create(arguments: argparse.Namespace) -> int:
    with opened() as archive:
        ingest = DEIDENTIFY if arguments.deidentify else AS_THEY_COME
        made = create_collection(
            archive, arguments.name, arguments.ae_title, arguments.duplicates, ingest
        )
        address = f"{archive.settings.public_url}{made.root_path}"
    print(f"Made collection {made.name}: {address}")
    return 0


def _policy(arguments: argparse.Namespace) -> int:
    stored = arguments.store_as
    changes = {
        "profile": arguments.options,
        "review": arguments.review,
        "keep_original_s": arguments.keep_originals_s,
        "keep_rejected_s": arguments.keep_rejected_s,
    }
    wanted = {name: value for name, value in changes.items() if value is not None}
    if stored is not None:
        wanted["stored_syntax"] = None if stored == AS_RECEIVED else stored
    with opened() as archive:
        place = get_collection(archive, arguments.name)
        policy = set_policy(archive, place, **wanted)
    print(f"options          {', '.join(sorted(policy.profile.options)) or '-'}")
    print(f"store as         {policy.stored_syntax or AS_RECEIVED}")
    print(f"review           {policy.review}")
    print(f"keep originals   {policy.keep_original_s} s after they are published")
    print(f"keep rejected    {policy.keep_rejected_s} s")
    return 0


def _options(text: str) -> Profile:
    try:
        return Profile.of(name.strip() for name in text.split(",") if name.strip())
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _list(_: argparse.Namespace) -> int:
    with opened() as archive:
        rows = [
            (one.name, one.root_path, one.ae_title or "-", one.ingest, one.duplicate_rule)
            for one in list_collections(archive)
        ]
    print(table(rows, ("NAME", "ROOT", "AE TITLE", "INGEST", "DUPLICATES")))
    return 0
