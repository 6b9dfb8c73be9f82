"""The crisis detector over files: what `dallosh crisis replay` and `dallosh crisis plot` do."""
