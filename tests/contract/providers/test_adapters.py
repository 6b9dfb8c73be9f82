"""One suite for all five adapters: each mode ends in right labels or a stated reason, within the deadline."""

import time
from datetime import UTC, datetime

import pytest

from schemas.taxonomy import DataPolicy, Level, Stage
from schemas.tweet import Context, ScrubbedTweet
from streams.core.breaker import BreakerState
from streams.core.cascade import LevelResult
from streams.providers.chain import Chain
from tests.contract.providers.conftest import MATRIX, Adapter
from tests.simulator.modes import BLOCKED_WORD, Mode
from tests.simulator.rule import CONFIDENCE, labels_of

pytestmark = [
    pytest.mark.asyncio(loop_scope="session"),
    # google-genai's own session class, made at its first call
    pytest.mark.filterwarnings("ignore:Inheritance class AiohttpClientSession:DeprecationWarning"),
]

DEADLINE_S = 3.0
HANG_DEADLINE_S = 0.7
SLACK_S = 0.6
AT = datetime(2026, 1, 2, tzinfo=UTC)
TEXTS = (
    "Plus de fibre depuis 3 jours, c'est une honte",
    "Merci pour le dépannage, super",
    "Ma facture est fausse, double prélèvement",
    "Bonjour, quelle offre pour la 5G ?",
    "La box clignote en rouge",
    "Service client injoignable",
    "Il fait beau ce matin",
    "Le débit est lent ce soir",
    "Portabilité refusée, toujours pas de réponse",
)
N = len(TEXTS)


def tweet(text: str, scrubbed: str | None = None, context: Context | None = None) -> ScrubbedTweet:
    return ScrubbedTweet(
        id="1", created_at=AT, author="a", text=text, scrubbed=text if scrubbed is None else scrubbed, context=context
    )


def chain(adapter: Adapter, deadline_s: float = DEADLINE_S) -> Chain:
    return Chain([adapter.provider], stage=Stage.CLASSIFIER, level=Level.API, deadline_s=deadline_s)


async def classify(adapter: Adapter, mode: Mode, texts: tuple[str, ...] = TEXTS) -> LevelResult:
    """Runs a batch, checks what holds in every mode, and notes calls and time."""
    started = time.monotonic()
    result = await chain(adapter).classify([tweet(text) for text in texts])
    seconds = time.monotonic() - started
    MATRIX[mode, adapter.name] = f"{len(result.spend)}/{seconds:.1f}"
    assert seconds < DEADLINE_S + SLACK_S
    assert sorted([*result.answers, *result.given_up]) == list(range(len(texts)))
    for i, answer in result.answers.items():
        assert answer.labels == labels_of(texts[i])
        assert answer.model == adapter.provider.model
    assert sum(event.n_answered for event in result.spend) == len(result.answers)
    return result


async def test_labels_usage_and_spend(adapter: Adapter) -> None:
    result = await classify(adapter, Mode.OK)
    (event,) = result.spend
    assert result.given_up == {}
    assert (event.outcome, event.n_tweets, event.n_answered, event.attempt) == ("ok", N, N, 1)
    assert event.input_tokens is not None
    assert event.output_tokens is not None
    assert event.input_tokens > 500
    assert 5 * N < event.output_tokens < 10 * N
    assert event.cost_usd is None
    assert event.policy is adapter.provider.policy
    assert adapter.n_calls == 1
    assert result.answers[0].labels.confidence_priority == CONFIDENCE


ALL_ANSWERED = [
    (Mode.SLOW, 1),
    (Mode.CONTEXT_LENGTH, 5),
    (Mode.LENGTH, 3),
    (Mode.DUPLICATED, 1),
    (Mode.INVENTED, 1),
    (Mode.PERMUTED, 1),
    (Mode.PROSE, 1),
]


@pytest.mark.parametrize(("mode", "n_calls"), ALL_ANSWERED)
async def test_nothing_is_lost(adapter: Adapter, mode: Mode, n_calls: int) -> None:
    adapter.plays(mode)
    result = await classify(adapter, mode)
    assert result.given_up == {}
    assert adapter.n_calls == n_calls


FAILED = [
    (Mode.RATE_LIMITED, "all_failed: rate_limited 429", 2, BreakerState.OPEN),
    (Mode.RATE_LIMITED_SHORT, "all_failed: rate_limited 429", 2, BreakerState.OPEN),
    (Mode.RATE_LIMITED_LONG, "all_failed: rate_limited 429", 1, BreakerState.OPEN),
    (Mode.QUOTA, "all_failed: quota 429", 1, BreakerState.OPEN),
    (Mode.UNAUTHORISED, "all_failed: unauthorised 401", 1, BreakerState.OPEN),
    (Mode.PAYMENT, "all_failed: payment 402", 1, BreakerState.OPEN),
    (Mode.FORBIDDEN, "all_failed: unauthorised 403", 1, BreakerState.OPEN),
    (Mode.NOT_FOUND, "all_failed: not_found 404", 1, BreakerState.OPEN),
    (Mode.ERROR, "all_failed: unavailable 500", 2, BreakerState.CLOSED),
    (Mode.UNAVAILABLE, "all_failed: unavailable 503", 2, BreakerState.CLOSED),
    (Mode.HTML_502, "all_failed: unavailable 502", 2, BreakerState.CLOSED),
    (Mode.HTML_200, "all_failed: bad_response", 2, BreakerState.CLOSED),
    (Mode.DROPPED, "all_failed: connection", 2, BreakerState.CLOSED),
    (Mode.BAD_REQUEST, "all_failed: bad_request 400", 1, BreakerState.CLOSED),
    (Mode.HANG, "deadline: timeout", 1, BreakerState.CLOSED),
    (Mode.DRIP, "deadline: timeout", 1, BreakerState.CLOSED),
]


@pytest.mark.parametrize(("mode", "reason", "n_calls", "state"), FAILED)
async def test_a_failing_server_is_left_in_time_with_a_reason(
    adapter: Adapter, mode: Mode, reason: str, n_calls: int, state: BreakerState
) -> None:
    adapter.plays(mode)
    failing = chain(adapter, HANG_DEADLINE_S if reason.startswith("deadline") else DEADLINE_S)
    started = time.monotonic()
    result = await failing.classify([tweet(text) for text in TEXTS])
    seconds = time.monotonic() - started
    MATRIX[mode, adapter.name] = f"{len(result.spend)}/{seconds:.1f}"
    assert seconds < failing.deadline_s + SLACK_S
    assert result.answers == {}
    assert len(result.given_up) == N
    assert all(said.startswith(reason) for said in result.given_up.values()), result.given_up
    assert adapter.n_calls == n_calls
    assert [event.outcome for event in result.spend] == ["failed"] * n_calls
    assert [breaker.state(time.monotonic()) for breaker in failing.breakers] == [state]


async def test_retry_info_is_a_cooldown(adapter: Adapter) -> None:
    adapter.plays(Mode.RETRY_INFO)
    await classify(adapter, Mode.RETRY_INFO)
    assert adapter.n_calls == (1 if adapter.played_by in ("gemini", "openai") else 2)


@pytest.mark.parametrize("mode", [Mode.UNAVAILABLE, Mode.ERROR, Mode.DROPPED, Mode.RATE_LIMITED, Mode.HTML_200])
async def test_one_hiccup_costs_one_retry(adapter: Adapter, mode: Mode) -> None:
    adapter.plays(mode, times=1)
    result = await chain(adapter).classify([tweet(text) for text in TEXTS])
    assert len(result.answers) == N
    assert [event.outcome for event in result.spend] == ["failed", "ok"]


PARTLY = [
    (Mode.LOST, 8, "unanswered", 2),
    (Mode.CONFLICTING, 8, "unanswered", 2),
    (Mode.EMPTY, 0, "unanswered", 3),
    (Mode.UNCONSTRAINED, 0, "unanswered", 3),
]


@pytest.mark.parametrize(("mode", "n_answered", "reason", "n_calls"), PARTLY)
async def test_what_was_left_out_is_asked_once_more_then_given_up(
    adapter: Adapter, mode: Mode, n_answered: int, reason: str, n_calls: int
) -> None:
    adapter.plays(mode)
    result = await classify(adapter, mode)
    assert len(result.answers) == n_answered
    assert set(result.given_up.values()) == {reason}
    assert adapter.n_calls == n_calls


async def test_a_cut_answer_keeps_its_whole_items(adapter: Adapter) -> None:
    adapter.plays(Mode.TRUNCATED)
    result = await classify(adapter, Mode.TRUNCATED)
    assert len(result.answers) >= N // 2
    assert adapter.n_calls == 2


async def test_a_blocked_tweet_fails_alone(adapter: Adapter) -> None:
    adapter.plays(Mode.SAFETY)
    texts = (*TEXTS[:4], f"{TEXTS[4]} {BLOCKED_WORD}", *TEXTS[5:])
    result = await classify(adapter, Mode.SAFETY, texts)
    assert result.given_up == {4: "safety"}
    assert adapter.n_calls <= 9


PHONE, MAIL, HANDLE = "06 12 34 56 78", "jeanne@exemple.fr", "@jeanne_d"
WITH_PII = tweet(
    f"Plus de fibre, rappelez le {PHONE} ou {MAIL}",
    "Plus de fibre, rappelez le [PHONE] ou [EMAIL]",
    Context(text=f"{HANDLE} quelle ville ?", scrubbed="@u1 quelle ville ?"),
)


async def test_a_public_target_gets_no_unscrubbed_span(adapter: Adapter) -> None:
    result = await chain(adapter).classify([WITH_PII])
    (body,) = adapter.bodies
    own = adapter.provider.policy is DataPolicy.LOCAL
    assert all((span in body) is own for span in (PHONE, MAIL, HANDLE))
    assert ("[PHONE]" in body) is not own
    assert result.spend[0].policy is adapter.provider.policy


async def test_a_zero_retention_target_gets_the_text_as_written(
    adapter: Adapter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(adapter.provider, "policy", DataPolicy.ZDR)
    result = await chain(adapter).classify([WITH_PII])
    (body,) = adapter.bodies
    assert all(span in body for span in (PHONE, MAIL, HANDLE))
    assert result.spend[0].policy_reason.startswith("zero data retention")


@pytest.mark.parametrize("mode", [Mode.UNAUTHORISED, Mode.BAD_REQUEST, Mode.HTML_200, Mode.ERROR])
async def test_no_reason_quotes_the_providers_words(adapter: Adapter, mode: Mode) -> None:
    adapter.plays(mode)
    result = await chain(adapter).classify([tweet(text) for text in TEXTS])
    told = [*result.given_up.values(), *(event.error or "" for event in result.spend)]
    assert not any("simulated" in said or "proxy" in said for said in told)
