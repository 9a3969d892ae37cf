"""`python -m ops.providers HOST:PORT`: the stand-ins on loopback, until they are told to stop."""

from __future__ import annotations

import argparse
import logging
import sys

from werkzeug.serving import make_server

from archive.settings import is_loopback
from ops.errors import EXIT_USAGE
from ops.providers.app import Fakes, create_app


def main() -> int:
    """Serve; return 2 for an address that others could reach."""
    parser = argparse.ArgumentParser(prog="python -m ops.providers")
    parser.add_argument("bind", help="such as 127.0.0.1:8900")
    host, _, port = parser.parse_args().bind.rpartition(":")
    if not is_loopback(host):
        print("the stand-ins listen on this machine only", file=sys.stderr)
        return EXIT_USAGE
    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # its lines have codes and states
    app = create_app(Fakes(f"http://localhost:{port}"))
    make_server(host, int(port), app, threaded=True).serve_forever()
    return 0


if __name__ == "__main__":
    sys.exit(main())
