"""The dallosh command."""
