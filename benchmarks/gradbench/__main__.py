"""`python -m benchmarks.gradbench`: answers GradBench's messages, a line of JSON each."""

import os
import sys

# before NumPy is imported: a BLAS reads them once
for _name in ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS"):
    os.environ[_name] = "1"

from benchmarks.gradbench.protocol import main  # noqa: E402

sys.exit(main())
