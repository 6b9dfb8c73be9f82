"""Classifies a file without a broker: what `dallosh classify` does."""
