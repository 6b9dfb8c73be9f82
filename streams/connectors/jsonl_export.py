"""Tweets to JSON lines, as `JsonlParser` reads them."""

from datetime import UTC

import msgspec

from schemas.tweet import Tweet

_ENCODE = msgspec.json.Encoder().encode


def export_line(tweet: Tweet) -> bytes:
    """Writes one tweet as one line; reading gives back an equal tweet but for parts of a second and `source`."""
    at = tweet.created_at.astimezone(UTC).replace(tzinfo=None)
    fields = {
        "id": tweet.id, "created_at": f"{at.isoformat(' ', 'seconds')} +00:00", "text": tweet.text,
        "author": tweet.author, "official": tweet.official, "in_reply_to": tweet.in_reply_to, "retweet": tweet.retweet,
        "quote": tweet.quote, "likes": tweet.likes, "retweets": tweet.retweets, "replies": tweet.replies,
        "views": tweet.views,
    }  # fmt: skip
    return _ENCODE(fields) + b"\n"
