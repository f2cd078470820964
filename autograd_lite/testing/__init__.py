"""Test any gradient: a layer's, a function's, ours, torch's, JAX's.

`check_gradient`, `check_layer` and `check_module` compare a gradient with numerical
differentiation at one point. The strategies (`values`, `tensors`, `broadcastable`, `points_for`,
`programs`) and `gradient_property` let Hypothesis choose the points; they need the extra
`testing`, and are imported when they are first asked for.

>>> import numpy as np
>>> print(check_gradient(np.exp, 1.0, gradient=np.exp))
the gradient of exp is right: 1 element of x
"""

from typing import TYPE_CHECKING, Any

from autograd_lite.testing.check import NotFinite, check_gradient
from autograd_lite.testing.layers import check_layer, check_module
from autograd_lite.testing.report import GradientMismatch, GradientReport, Row

if TYPE_CHECKING:
    from autograd_lite.testing.program_strategy import Program, programs
    from autograd_lite.testing.properties import gradient_property
    from autograd_lite.testing.strategies import broadcastable, points_for, tensors, values

__all__ = [
    "GradientMismatch", "GradientReport", "NotFinite", "Program", "Row", "broadcastable",
    "check_gradient", "check_layer", "check_module", "gradient_property", "points_for",
    "programs", "tensors", "values",
]  # fmt: skip

_WITH_HYPOTHESIS = {
    "Program": "program_strategy",
    "programs": "program_strategy",
    "gradient_property": "properties",
    "broadcastable": "strategies",
    "points_for": "strategies",
    "tensors": "strategies",
    "values": "strategies",
}
"""The module in which to find what needs Hypothesis."""


def __getattr__(name: str) -> Any:
    if name not in _WITH_HYPOTHESIS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    try:
        importlib.import_module("hypothesis")
    except ImportError as error:
        raise ImportError(
            f"{__name__}.{name} needs Hypothesis: pip install 'autograd_lite[testing]'"
        ) from error
    module = importlib.import_module(f"{__name__}.{_WITH_HYPOTHESIS[name]}")
    return getattr(module, name)
