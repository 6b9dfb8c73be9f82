"""Tweets to rows of the business's export, as `CsvParser` reads them."""

from datetime import timedelta, timezone
from typing import Final

from schemas.tweet import Tweet
from streams.connectors.csv_file import BOM

COLUMNS: Final = (
    "id", "created_at", "full_text", "media", "screen_name", "name", "profile_image_url", "user_id", "in_reply_to",
    "retweeted_status", "quoted_status", "media_tags", "favorite_count", "retweet_count", "bookmark_count",
    "quote_count", "reply_count", "views_count", "favorited", "retweeted", "bookmarked", "url",
)  # fmt: skip
_QUOTED: Final = frozenset({"id", "full_text", "screen_name", "name", "user_id", "in_reply_to", "retweeted_status",
                            "quoted_status"})  # fmt: skip
_PARIS_WINTER: Final = timezone(timedelta(hours=1))

HEADER: Final = BOM + ",".join(COLUMNS).encode() + b"\n"


def export_row(tweet: Tweet) -> bytes:
    """Writes one tweet as one physical line.

    What reading gives back equals the tweet but for these, which the form cannot hold: a text with a backslash before
    an n, or that is "null"; a carriage return; `source`; and an author that is a handle and not official.
    """
    none = "null"
    values = {
        "id": tweet.id,
        "created_at": _date(tweet),
        "full_text": tweet.text.replace("\r", " ").replace("\n", "\\n"),
        "screen_name": tweet.author if tweet.official else f"client_{tweet.author[-6:]}",
        "name": tweet.author if tweet.official else f"client {tweet.author[-6:]}",
        "user_id": none if tweet.official else tweet.author,
        "in_reply_to": tweet.in_reply_to or none,
        "retweeted_status": f"{tweet.id}0" if tweet.retweet else none,
        "quoted_status": f"{tweet.id}1" if tweet.quote else none,
        "favorite_count": _count(tweet.likes),
        "retweet_count": _count(tweet.retweets),
        "reply_count": _count(tweet.replies),
        "views_count": _count(tweet.views),
        "bookmark_count": "0", "quote_count": "0", "favorited": "false", "retweeted": "false", "bookmarked": "false",
        "url": f"https://x.example/i/{tweet.id}",
    }  # fmt: skip
    return ",".join(_field(name, values.get(name, none)) for name in COLUMNS).encode() + b"\n"


def _field(name: str, value: str) -> str:
    if name in _QUOTED or '"' in value or "," in value:
        return '"' + value.replace('"', '""') + '"'
    return value


def _date(tweet: Tweet) -> str:
    at = tweet.created_at.astimezone(_PARIS_WINTER).replace(tzinfo=None)
    return f"{at.isoformat(' ', 'seconds')} +01:00"


def _count(value: int | None) -> str:
    return "null" if value is None else str(value)
