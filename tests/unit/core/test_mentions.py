"""Who is named in a text: an erasure finds whatever the scrubber makes a placeholder of."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from streams.core.mentions import Mentions
from streams.core.pii.plain import plain
from streams.core.pii.scrub import scrub
from streams.core.pii.spans import PiiType

NAMES_ZORRO = Mentions("zorro99x")


@pytest.mark.parametrize(
    "text",
    [
        "merci @Zorro99X !",
        "merci@zorro99x",
        "\uff20zorro99x vous répond",
        "@zor\u200bro99x vous répond",
        "@\u2060zorro99x",
        "@\uff3aorro99x",
        "vu sur https://x.com/zorro99x/status/1",
        "twitter.com/Zorro99x",
        "t.me/zorro99x",
        "https://exemple.fr/?via=zorro99x",
        "mon insta : zorro99x",
        "merci @ zorro99x",
        "@zorro99x@mastodon.social",
        "@zorro99x.bsky.social",
    ],
)
def test_a_mention_in_any_dress_that_the_scrubber_sees_through(text: str) -> None:
    assert NAMES_ZORRO(text)
    assert "zorro99x" not in scrub(text).text.lower()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "zorro99x",
        "@zorro99xy",
        "@zorro99",
        "x.com/zorro99xy",
        "x.com/autre/zorro99x",
        "mon insta : zorro99xy",
        "@u1",
    ],
)
def test_another_name_is_no_mention(text: str) -> None:
    assert not NAMES_ZORRO(text)


@given(st.text(alphabet="zo9_ .@/\uff20\u200bé", max_size=12), st.text(alphabet="xz9_ .@/\u200b,", max_size=8))
@example("", "\u200b_9")
def test_every_handle_that_the_scrubber_finds_is_found(before: str, after: str) -> None:
    text = f"{before}@zo_9{after}"
    names = {
        plain(text[span.start : span.end]).replace("\u200b", "").replace(" ", "").lstrip("@").lower()
        for span in scrub(text).spans
        if span.type is PiiType.HANDLE
    }
    for name in names:
        assert Mentions(name)(text)


@given(st.text(max_size=40), st.text(min_size=1, max_size=4))
def test_no_text_and_no_name_makes_it_raise(text: str, name: str) -> None:
    assert Mentions(name)(f"{text}@{name}") in (True, False)
