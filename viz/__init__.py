"""Pictures of the recorded graph."""

from autograd_lite.viz.drawing import FORMATS, Drawing, check_suffix, draw
from autograd_lite.viz.fold import BUDGET
from autograd_lite.viz.page import Steps, steps
from autograd_lite.viz.picture import Picture, picture_of

__all__ = [
    "FORMATS",
    "BUDGET",
    "Drawing",
    "Picture",
    "Steps",
    "check_suffix",
    "draw",
    "picture_of",
    "steps",
]
