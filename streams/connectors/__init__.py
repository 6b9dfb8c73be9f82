"""Sources: one file format or feed each, with a cursor."""
