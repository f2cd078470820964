"""`python -m benchmarks.agreement`: see `benchmarks.agreement.command`."""

import os
import sys

# before NumPy is imported: a BLAS reads them once
for _name in ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS"):
    os.environ[_name] = "1"

from benchmarks.agreement.command import main  # noqa: E402

sys.exit(main())
