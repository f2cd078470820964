"""Pictures of the recorded graph.

`draw` is the picture, `steps` the page that steps through it, `playground` the page in which
formulas are typed, `derive` the derivation on paper, `diff` two graphs compared, `network` the
diagram of a network as books draw it.
"""

from autograd_lite.viz.derive import derive
from autograd_lite.viz.diff import changes, diff
from autograd_lite.viz.drawing import FORMATS, Drawing, check_suffix, draw
from autograd_lite.viz.fold import BUDGET
from autograd_lite.viz.network import Diagram, network
from autograd_lite.viz.page import Steps, steps
from autograd_lite.viz.picture import Picture, picture_of
from autograd_lite.viz.playground import Playground, playground

__all__ = [
    "BUDGET",
    "FORMATS",
    "Diagram",
    "Drawing",
    "Picture",
    "Playground",
    "Steps",
    "changes",
    "check_suffix",
    "derive",
    "diff",
    "draw",
    "network",
    "picture_of",
    "playground",
    "steps",
]
