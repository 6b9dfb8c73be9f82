"""Which raw tweets are worth a classification: those of the operator's accounts and noise are not."""

from schemas.taxonomy import NoiseReason, Origin
from schemas.tweet import Tweet
from streams.core.recent import Recent


def is_official(tweet: Tweet, official_handles: frozenset[str]) -> bool:
    """Tells whether a tweet is of one of the operator's accounts: its source says so, or its author is on the list."""
    return tweet.official or tweet.author.lower() in official_handles


def noise_of(tweet: Tweet, origin: Origin, near: bytes | None, recent: Recent) -> NoiseReason | None:
    """Tells why a customer's tweet is noise, or None; notes in `recent` what later ones are compared with.

    Args:
        tweet: not of an official account.
        origin: of this record, so that it is no duplicate of itself when it comes again.
        near: its `near_key`.
        recent: what came before.
    """
    if tweet.retweet:
        return NoiseReason.RETWEET
    if recent.is_duplicate(tweet.id, origin):
        return NoiseReason.DUPLICATE
    if near is not None and recent.is_near_duplicate(near, origin, tweet.created_at):
        return NoiseReason.NEAR_DUPLICATE
    if not tweet.text or tweet.text.isspace():
        return NoiseReason.EMPTY
    return None
