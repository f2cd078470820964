"""A formula explained: `from autograd_lite.explain import explain`."""

from autograd_lite.reading.explain import SEED_INPUTS, SEED_LAYER, Explanation, explain

__all__ = ["SEED_INPUTS", "SEED_LAYER", "Explanation", "explain"]
