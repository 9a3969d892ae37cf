"""`python -m benchmarks`: the promises of docs/performance.md, measured."""

import sys

from benchmarks.suite.command import main

sys.exit(main())
