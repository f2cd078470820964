"""The graph as people read it: formulas, cards, derivations."""
