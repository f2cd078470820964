"""`python -m benchmarks.coverage`: see `benchmarks.coverage.command`."""

import sys

from benchmarks.coverage.command import main

sys.exit(main())
