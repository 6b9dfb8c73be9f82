"""One suite for every adapter and mode: each batch ends in right labels or a stated reason, within the deadline.

The last tests hold what a batch costs, in input tokens, to twice a clean run.
"""

import asyncio
import time
from dataclasses import dataclass

import pytest

from schemas.taxonomy import DataPolicy
from schemas.tweet import Context
from streams.core.cascade import LevelResult
from streams.core.escalation import MARGIN_BELOW
from streams.core.prompt import render
from tests.contract.providers.conftest import DEADLINE_S, MATRIX, SPEND, Adapter, make_chain, tweet
from tests.simulator.modes import BLOCKED_WORD, DOUBT_WORD, Mode
from tests.simulator.rule import CONFIDENCE, labels_of

pytestmark = [
    pytest.mark.asyncio(loop_scope="session"),
    # google-genai's own session class, made at its first call
    pytest.mark.filterwarnings("ignore:Inheritance class AiohttpClientSession:DeprecationWarning"),
]

HANG_DEADLINE_S = 1.0
TOO_LONG_S = 15.0
"""A batch takes one wait of 1 s at most; who waits for a whole deadline, or keeps none, takes longer than this."""

BLOCKED = 4
"""The tweet with the blocked word, in the modes that know it."""

TEXTS = (
    "Plus de fibre depuis 3 jours, c'est une honte",
    "Merci pour le dépannage, super",
    "Ma facture est fausse, double prélèvement",
    "Bonjour, quelle offre pour la 5G ?",
    f"La box clignote en rouge {BLOCKED_WORD}",
    f"Service client injoignable {DOUBT_WORD}",
    "Il fait beau ce matin",
    "Le débit est lent ce soir",
    "Portabilité refusée, toujours pas de réponse",
)
N = len(TEXTS)


@dataclass(frozen=True, slots=True)
class Row:
    """What becomes of a batch of `N` tweets in a mode that lasts.

    `reason` is part of why the rest has no labels; `calls` are made in all. `left_alone`: the next batch is not even
    offered to the target.
    """

    mode: Mode
    n_answered: int = N
    calls: int = 1
    reason: str = ""
    left_alone: bool = False


TABLE = (
    Row(Mode.OK),
    Row(Mode.SLOW),
    Row(Mode.RATE_LIMITED, 0, 2, "rate_limited 429", left_alone=True),
    Row(Mode.RATE_LIMITED_SHORT, 0, 2, "rate_limited 429", left_alone=True),
    Row(Mode.RATE_LIMITED_LONG, 0, 1, "rate_limited 429", left_alone=True),
    Row(Mode.RETRY_INFO, 0, 1, "rate_limited 429", left_alone=True),
    Row(Mode.TOO_LARGE, calls=5),
    Row(Mode.QUOTA, 0, 1, "quota 429", left_alone=True),
    Row(Mode.UNAUTHORISED, 0, 1, "unauthorised 401", left_alone=True),
    Row(Mode.PAYMENT, 0, 1, "payment 402", left_alone=True),
    Row(Mode.FORBIDDEN, 0, 1, "unauthorised 403", left_alone=True),
    Row(Mode.NOT_FOUND, 0, 1, "not_found 404", left_alone=True),
    Row(Mode.ERROR, 0, 2, "unavailable 500"),
    Row(Mode.UNAVAILABLE, 0, 2, "unavailable 503"),
    Row(Mode.UNAVAILABLE_LONG, 0, 1, "unavailable 503", left_alone=True),
    Row(Mode.HTML_502, 0, 2, "unavailable 502"),
    Row(Mode.HTML_200, 0, 2, "bad_response"),
    Row(Mode.DROPPED, 0, 2, "connection"),
    Row(Mode.CUT_OFF, 0, 2, "connection"),
    Row(Mode.BROKEN_JSON, 0, 2, "bad_response"),
    Row(Mode.HANG, 0, 1, "timeout"),
    Row(Mode.DRIP, 0, 1, "timeout"),
    Row(Mode.BAD_REQUEST, 0, 1, "bad_request 400"),
    Row(Mode.CONTEXT_LENGTH, calls=5),
    Row(Mode.OUTPUT_LIMIT, calls=5),
    Row(Mode.TRUNCATED, 6, 2, "unanswered"),
    Row(Mode.LENGTH, calls=3),
    Row(Mode.SAFETY, N - 1, 7, "safety"),
    Row(Mode.SAFETY_CUT, N - 1, 2, "safety"),
    Row(Mode.LOST, N - 1, 2, "unanswered"),
    Row(Mode.DUPLICATED),
    Row(Mode.CONFLICTING, N - 1, 2, "unanswered"),
    Row(Mode.INVENTED),
    Row(Mode.PERMUTED),
    Row(Mode.PROSE),
    Row(Mode.THINKING),
    Row(Mode.LOW_CONFIDENCE),
    Row(Mode.SMALL_MARGINS),
    Row(Mode.EMPTY, 0, 2, "unanswered"),
    Row(Mode.UNCONSTRAINED, 0, 2, "unanswered"),
)


def expected(row: Row, adapter: Adapter) -> Row:
    """Mistral's and vLLM's answers do not say when the limit is whole again, so they are asked once more."""
    silent = row.mode is Mode.RETRY_INFO and adapter.name in ("mistral", "vllm")
    return Row(row.mode, 0, 2, row.reason, left_alone=True) if silent else row


def check(result: LevelResult, adapter: Adapter, texts: tuple[str, ...] | list[str]) -> None:
    """Checks what holds in every mode: each tweet answered rightly or given up, and every answer paid for."""
    assert sorted([*result.answers, *result.given_up]) == list(range(len(texts)))
    for i, answer in result.answers.items():
        said, right = answer.labels, labels_of(texts[i])
        assert (said.sentiment, said.priority, said.main_topic) == (right.sentiment, right.priority, right.main_topic)
        assert answer.model == adapter.provider.model
    assert sum(event.n_answered for event in result.spend) == len(result.answers)
    assert len(result.spend) == adapter.n_calls
    told = [*result.given_up.values(), *(event.error or "" for event in result.spend)]
    assert not any(said in words for words in told for said in ("simulated ", "simulated_", "proxy", "API key"))


async def test_the_table_has_every_mode() -> None:
    assert [row.mode for row in TABLE] == list(Mode)


@pytest.mark.parametrize("row", TABLE, ids=[row.mode.value for row in TABLE])
async def test_no_tweet_is_lost_or_mislabelled_and_the_deadline_is_kept(adapter: Adapter, row: Row) -> None:
    row = expected(row, adapter)
    adapter.plays(row.mode)
    chain = make_chain([adapter.provider], deadline_s=HANG_DEADLINE_S if row.reason == "timeout" else DEADLINE_S)
    started = time.monotonic()
    async with asyncio.timeout(TOO_LONG_S):
        result = await chain.classify([tweet(text) for text in TEXTS])
    MATRIX[row.mode, adapter.name] = f"{adapter.n_calls}/{time.monotonic() - started:.1f}"
    check(result, adapter, TEXTS)
    assert adapter.n_calls == row.calls
    assert len(result.answers) == row.n_answered
    assert all(row.reason and row.reason in words for words in result.given_up.values()), result.given_up
    if row.left_alone:
        again = await chain.classify([tweet(text) for text in TEXTS])
        assert (adapter.n_calls, len(again.given_up), again.spend) == (row.calls, N, ())


async def test_labels_usage_and_spend(adapter: Adapter) -> None:
    result = await make_chain([adapter.provider]).classify([tweet(text) for text in TEXTS])
    (event,) = result.spend
    part = adapter.part
    assert (event.outcome, event.n_tweets, event.n_answered, event.attempt) == ("ok", N, N, 1)
    assert (event.input_tokens, event.output_tokens) == (part.input_tokens, part.output_tokens)
    assert 500 < part.input_tokens < 2_000
    assert 5 * N < part.output_tokens < 12 * N
    assert event.policy is adapter.provider.policy
    assert result.answers[0].labels.confidence_priority == CONFIDENCE


async def test_a_blocked_tweet_fails_alone(adapter: Adapter) -> None:
    for mode in (Mode.SAFETY, Mode.SAFETY_CUT):
        adapter.plays(mode)
        result = await make_chain([adapter.provider]).classify([tweet(text) for text in TEXTS])
        assert result.given_up == {BLOCKED: "safety"}


async def test_doubt_is_told(adapter: Adapter) -> None:
    adapter.plays(Mode.LOW_CONFIDENCE)
    result = await make_chain([adapter.provider]).classify([tweet(text) for text in TEXTS])
    stated = {i: answer.labels.confidence_priority for i, answer in result.answers.items()}
    assert stated == {i: 0.25 if DOUBT_WORD in text else CONFIDENCE for i, text in enumerate(TEXTS)}


async def test_thoughts_are_counted(adapter: Adapter) -> None:
    adapter.plays(Mode.THINKING)
    result = await make_chain([adapter.provider]).classify([tweet(text) for text in TEXTS])
    (event,) = result.spend
    assert event.output_tokens is not None
    if adapter.name in ("mistral", "vllm"):  # their usage has one number for both
        assert event.output_tokens == adapter.part.output_tokens
    else:
        assert event.thought_tokens is not None
        assert event.thought_tokens > 2 * event.output_tokens
        assert event.thought_tokens + event.output_tokens == adapter.part.output_tokens


async def test_measured_doubt_is_told_where_the_api_gives_probabilities(adapter: Adapter) -> None:
    adapter.plays(Mode.SMALL_MARGINS)
    prompt = render([tweet(text) for text in TEXTS], adapter.provider.policy)
    margins = (await adapter.provider.complete(prompt, timeout_s=DEADLINE_S)).margins
    if adapter.name not in ("openai", "azure", "vllm"):
        assert margins is None
        return
    assert margins is not None
    doubtful = {i: margin < MARGIN_BELOW for i, margin in margins.items()}
    assert doubtful == {i: DOUBT_WORD in text for i, text in enumerate(TEXTS, start=1)}


async def test_margins_are_of_the_items_that_were_asked(adapter: Adapter) -> None:
    adapter.plays(Mode.INVENTED)
    prompt = render([tweet(text) for text in TEXTS], adapter.provider.policy)
    margins = (await adapter.provider.complete(prompt, timeout_s=DEADLINE_S)).margins
    assert set(margins or {}) <= set(range(1, N + 1))


HICCUPS = (
    Mode.RATE_LIMITED,
    Mode.ERROR,
    Mode.UNAVAILABLE,
    Mode.HTML_502,
    Mode.HTML_200,
    Mode.DROPPED,
    Mode.CUT_OFF,
    Mode.BROKEN_JSON,
    Mode.LENGTH,
    Mode.LOST,
    Mode.TRUNCATED,
    Mode.CONFLICTING,
    Mode.EMPTY,
    Mode.UNCONSTRAINED,
    Mode.CONTEXT_LENGTH,
    Mode.OUTPUT_LIMIT,
    Mode.TOO_LARGE,
)
LASTING = tuple(
    row.mode for row in TABLE if row.n_answered == N and row.mode not in (Mode.OK, Mode.SLOW, Mode.SMALL_MARGINS)
)
BATCH = [f"{TEXTS[i % N]}, et c'est le dossier {i} que je suis depuis chez moi".replace(BLOCKED_WORD, "") for i in range(100)]  # fmt: skip # noqa: E501
"""As many tweets as a full batch has, and as long."""


async def spend_ratio(adapter: Adapter, mode: Mode, *, times: int | None) -> float:
    """Sends a full batch clean and then in a mode that is answered in the end; returns paid input against clean."""
    adapter.simulator.answering.limit_items = 60
    tweets = [tweet(text) for text in BATCH]
    await make_chain([adapter.provider]).classify(tweets)
    clean = adapter.part.paid_input_tokens
    adapter.part.n_calls = adapter.part.paid_input_tokens = 0
    adapter.plays(mode, times=times)
    result = await make_chain([adapter.provider]).classify(tweets)
    check(result, adapter, BATCH)
    assert len(result.answers) == len(BATCH)
    return adapter.part.paid_input_tokens / clean


@pytest.mark.parametrize("mode", HICCUPS)
async def test_a_hiccup_costs_no_more_than_the_batch_again(adapter: Adapter, mode: Mode) -> None:
    ratio = await spend_ratio(adapter, mode, times=1)
    SPEND[mode, adapter.name] = ratio
    assert ratio <= 2.0


@pytest.mark.parametrize("mode", LASTING)
async def test_what_is_answered_in_the_end_costs_no_more_than_twice(adapter: Adapter, mode: Mode) -> None:
    ratio = await spend_ratio(adapter, mode, times=None)
    SPEND[mode, adapter.name] = ratio
    assert ratio <= 2.0


LONG = (
    "depuis l'installation de la fibre dans notre immeuble personne ne nous explique rien, et nos voisins du dessus "
    "attendent eux aussi un rendez-vous qui est repoussé de semaine en semaine"
)


@pytest.mark.parametrize("mode", [Mode.SAFETY, Mode.SAFETY_CUT])
@pytest.mark.parametrize(("where", "n_least"), [(0, 12), (37, 12), (99, 50)])
async def test_looking_for_a_blocked_tweet_costs_no_second_batch(
    adapter: Adapter, mode: Mode, where: int, n_least: int
) -> None:
    """What two clean runs do not pay for goes to the next level with the blocked tweet."""
    texts = [f"{text}, {LONG}" + f" {BLOCKED_WORD}" * (i == where) for i, text in enumerate(BATCH)]
    tweets = [tweet(text) for text in texts]
    await make_chain([adapter.provider]).classify(tweets)
    clean = adapter.part.paid_input_tokens
    adapter.part.n_calls = adapter.part.paid_input_tokens = 0
    adapter.plays(mode)
    result = await make_chain([adapter.provider]).classify(tweets)
    check(result, adapter, texts)
    assert result.given_up[where] == "safety"
    assert set(result.given_up.values()) == {"safety"}
    SPEND[mode, adapter.name] = max(SPEND.get((mode, adapter.name), 0.0), adapter.part.paid_input_tokens / clean)
    assert SPEND[mode, adapter.name] <= 2.0
    assert len(result.answers) >= n_least


PHONE, MAIL, HANDLE = "06 12 34 56 78", "jeanne@exemple.fr", "@jeanne_d"
WITH_PII = tweet(
    f"Plus de fibre, rappelez le {PHONE} ou {MAIL}",
    "Plus de fibre, rappelez le [PHONE] ou [EMAIL]",
    Context(text=f"{HANDLE} quelle ville ?", scrubbed="@u1 quelle ville ?"),
)


async def test_a_public_target_gets_no_unscrubbed_span(adapter: Adapter) -> None:
    result = await make_chain([adapter.provider]).classify([WITH_PII])
    (body,) = adapter.bodies
    own = adapter.provider.policy is DataPolicy.LOCAL
    assert all((span in body) is own for span in (PHONE, MAIL, HANDLE))
    assert ("[PHONE]" in body) is not own
    assert result.spend[0].policy is adapter.provider.policy


async def test_a_zero_retention_target_gets_the_text_as_written(
    adapter: Adapter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(adapter.provider, "policy", DataPolicy.ZDR)
    result = await make_chain([adapter.provider]).classify([WITH_PII])
    (body,) = adapter.bodies
    assert all(span in body for span in (PHONE, MAIL, HANDLE))
    assert result.spend[0].policy_reason.startswith("zero data retention")
