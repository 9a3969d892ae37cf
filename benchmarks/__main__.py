"""`python -m benchmarks`: the same work on one or two DICOMweb servers, in turn."""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from pathlib import Path

from benchmarks.client import Client
from benchmarks.corpus import Corpus
from benchmarks.work import WORK, Sample

ROOT = Path(__file__).resolve().parent.parent


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--base", help="a DICOMweb root that already runs (default: start ours)")
    parser.add_argument("--against", help="another DICOMweb root to pair it with")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--slices", type=int, default=200, help="slices of the CT series")
    parser.add_argument("--only", default="", help="run only work whose name contains this")
    options = parser.parse_args()
    if options.base:
        return compare(options.base, options)
    return with_our_own(options)


def with_our_own(options: argparse.Namespace) -> int:
    sys.path.insert(0, str(ROOT))
    from tests.product import Product

    with tempfile.TemporaryDirectory(prefix="dicomtube-bench-") as home:
        product = Product(Path(home))
        print("Starting a server of our own …", file=sys.stderr)
        product.start()
        try:
            return compare(product.root, options)
        finally:
            product.stop()


def compare(base: str, options: argparse.Namespace) -> int:
    roots = [base] + ([options.against] if options.against else [])
    clients = [Client(root) for root in roots]
    corpus = Corpus.make(options.slices)
    for client in clients:
        corpus.load(client)
        corpus.check(client)
    print(f"{'work':34}{'per second':>12}{'median ms':>12}{'p90 ms':>10}{'ratio':>8}")
    for name, work in WORK.items():
        if options.only in name:
            rounds = [run_round(work, clients, corpus, turn) for turn in range(options.rounds)]
            report(name, rounds)
    return 0


def run_round(work, clients: list[Client], corpus: Corpus, turn: int) -> list[Sample]:  # type: ignore[no-untyped-def]
    """One sample a server; every second round begins with the other one."""
    order = list(enumerate(clients))
    if turn % 2:
        order.reverse()
    samples = {index: work(client, corpus) for index, client in order}
    return [samples[index] for index in range(len(clients))]


def report(name: str, rounds: list[list[Sample]]) -> None:
    for index in range(len(rounds[0])):
        samples = [one[index] for one in rounds]
        latencies = sorted(s for sample in samples for s in sample.seconds)
        ratio = statistics.median(one[0].rate / one[index].rate for one in rounds)
        label = name if index == 0 else f"  {name} (against)"
        print(
            f"{label:34}{statistics.median(s.rate for s in samples):12.1f}"
            f"{1000 * statistics.median(latencies):12.2f}"
            f"{1000 * latencies[int(len(latencies) * 0.9)]:10.2f}{ratio:8.2f}"
        )


if __name__ == "__main__":
    sys.exit(main())
