"""The operations: one declaration each, a file a subject."""
