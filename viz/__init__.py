"""Pictures of the recorded graph."""

from autograd_lite.viz.drawing import Drawing, check_suffix, draw
from autograd_lite.viz.fold import BUDGET
from autograd_lite.viz.picture import Picture, picture_of

__all__ = ["BUDGET", "Drawing", "Picture", "check_suffix", "draw", "picture_of"]
