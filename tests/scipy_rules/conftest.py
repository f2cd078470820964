"""Nothing here can run without SciPy."""

import pytest

pytest.importorskip("scipy")
