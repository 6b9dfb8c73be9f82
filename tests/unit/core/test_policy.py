"""A public target never sees a text as written."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from schemas.taxonomy import DataPolicy
from schemas.tweet import Context, ScrubbedTweet
from streams.core.policy import REASONS, visible, visible_text
from streams.core.prompt import render

AT = datetime(2026, 1, 2, tzinfo=UTC)
WRITTEN = "Appelez Jeanne au 06 12 34 56 78"
SCRUBBED = "Appelez Jeanne au [PHONE]"
CONTEXT = Context(text="@jeanne_d oui, jeanne@exemple.fr", scrubbed="@u1 oui, [EMAIL]")


def tweet(text: str, scrubbed: str, context: Context | None = None) -> ScrubbedTweet:
    return ScrubbedTweet(id="1", created_at=AT, author="a", text=text, scrubbed=scrubbed, context=context)


@pytest.mark.parametrize(
    ("policy", "text", "context"),
    [
        (DataPolicy.PUBLIC, SCRUBBED, CONTEXT.scrubbed),
        (DataPolicy.ZDR, WRITTEN, CONTEXT.text),
        (DataPolicy.LOCAL, WRITTEN, CONTEXT.text),
    ],
)
def test_what_a_target_sees(policy: DataPolicy, text: str, context: str) -> None:
    seen = visible(tweet(WRITTEN, SCRUBBED, CONTEXT), policy)
    assert (seen.text, seen.context, seen.reason) == (text, context, REASONS[policy])
    assert visible_text(SCRUBBED, as_written=WRITTEN, policy=policy) == text


@pytest.mark.parametrize("policy", list(DataPolicy))
def test_no_context_stays_none(policy: DataPolicy) -> None:
    assert visible(tweet(WRITTEN, SCRUBBED), policy).context is None


TEXTS = st.text(max_size=60)


@given(text=TEXTS, scrubbed=TEXTS, context_text=TEXTS, context_scrubbed=TEXTS)
def test_a_public_view_depends_on_scrubbed_text_alone(
    text: str, scrubbed: str, context_text: str, context_scrubbed: str
) -> None:
    one = tweet(text, scrubbed, Context(text=context_text, scrubbed=context_scrubbed))
    other = tweet("", scrubbed, Context(text="", scrubbed=context_scrubbed))
    assert visible(one, DataPolicy.PUBLIC) == visible(other, DataPolicy.PUBLIC)
    assert render([one], DataPolicy.PUBLIC) == render([other], DataPolicy.PUBLIC)


@pytest.mark.parametrize("policy", list(DataPolicy))
def test_no_prompt_names_the_author_of_a_context(policy: DataPolicy) -> None:
    named = replace(CONTEXT, author="max_lune")
    one = tweet(WRITTEN, SCRUBBED, named)
    assert render([one], policy) == render([tweet(WRITTEN, SCRUBBED, CONTEXT)], policy)
    assert visible(one, policy) == visible(tweet(WRITTEN, SCRUBBED, CONTEXT), policy)
    assert "lune" not in str(render([one], policy))


def test_every_policy_has_its_reason() -> None:
    assert set(REASONS) == set(DataPolicy)
