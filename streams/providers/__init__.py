"""One file per classifier, behind one protocol."""
