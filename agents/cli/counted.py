"""A number and what it counts."""


def counted(n: int, noun: str) -> str:
    """Returns `1 row`, `2 rows`, `1,000 rows`."""
    return f"{n:,} {noun}" if n == 1 else f"{n:,} {noun}s"
