"""``python -m conformance.mock --port 8080 --defect NAME``: the mock until Ctrl-C."""

from __future__ import annotations

import argparse
import contextlib
import threading

from conformance.mock.defects import DEFECTS
from conformance.mock.server import Mock, serving


def main() -> None:
    """Serve."""
    parser = argparse.ArgumentParser("conformance.mock")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument(
        "--defect", action="append", default=[], metavar="NAME", choices=sorted(DEFECTS)
    )
    options = parser.parse_args()
    with serving(Mock(frozenset(options.defect)), options.port) as base:
        print(base, flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            threading.Event().wait()


if __name__ == "__main__":
    main()
