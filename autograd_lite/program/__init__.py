"""Recorded graphs as straight-line code, and the back ends that print it."""
