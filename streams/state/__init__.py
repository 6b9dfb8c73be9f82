"""Redis: marks and contexts shared by the workers of a stage."""
