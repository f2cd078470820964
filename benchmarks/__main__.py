"""`python -m benchmarks`: see `benchmarks.command`."""

import os
import sys

# before NumPy and JAX are imported: a BLAS reads them once, and so does JAX's compiler
for _name in ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS"):
    os.environ[_name] = "1"
os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"

from benchmarks.command import main  # noqa: E402

sys.exit(main())
