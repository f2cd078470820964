"""Pictures of the recorded graph."""

from autograd_lite.viz.dot import dot_source
from autograd_lite.viz.render import check_suffix, render, save

__all__ = ["check_suffix", "dot_source", "render", "save"]
