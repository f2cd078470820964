"""Layers, losses and optimisers on the engine."""
