"""The recorded graph and the reverse pass over it."""
