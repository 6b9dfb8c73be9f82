"""The sample maker: no two tweets alike, everything in it, the same bytes for the same seed."""

import re
import unicodedata
from collections import Counter
from itertools import islice, pairwise
from random import Random

import pytest

from schemas.taxonomy import SERVICE_OF, Sentiment, Service, Topic
from schemas.tweet import Tweet
from streams.core import sample
from streams.core.noise import NEAR_WINDOW, near_key
from streams.core.sample import labelled, text
from streams.core.sample.mixture import ALL_KINDS_FROM, Kind, SampleRow, counts, mixture
from streams.core.sample.personal import card, email, iban, phone
from streams.core.sample.scenes import Scene
from streams.core.sample.slots import SLOTS
from streams.core.sample.text import SCENES, ExhaustedError, Opening, TextMaker
from streams.core.sample.voice import ABBREVIATIONS

N_TWEETS = 20_000
RNG = Random(5)


@pytest.fixture(scope="module")
def made() -> list[Tweet]:
    return list(sample.tweets(N_TWEETS, seed=11))


def test_no_two_say_the_same_whoever_says_it(made: list[Tweet]) -> None:
    keys = {near_key("", tweet.text) for tweet in made}
    assert None not in keys
    assert len(keys) == N_TWEETS


def test_ids_are_new_and_time_goes_forward(made: list[Tweet]) -> None:
    assert len({tweet.id for tweet in made}) == N_TWEETS
    assert all(before.created_at <= after.created_at for before, after in pairwise(made))
    assert {tweet.id for tweet in sample.tweets(500, seed=12)}.isdisjoint(tweet.id for tweet in made)


def test_a_customer_comes_back(made: list[Tweet]) -> None:
    assert 1.5 < N_TWEETS / len({tweet.author for tweet in made}) < 5


def test_the_same_seed_gives_the_same_tweets(made: list[Tweet]) -> None:
    assert list(sample.tweets(300, seed=4)) == list(sample.tweets(300, seed=4))
    assert list(sample.tweets(300, seed=4)) != list(sample.tweets(300, seed=5))
    assert not any(tweet.official or tweet.retweet for tweet in made)


def test_every_topic_sentiment_priority_and_service_is_there() -> None:
    scenes = [one.scene for one in labelled(1_000, seed=1)]
    assert {scene.topic for scene in scenes} == set(Topic)
    assert {scene.sentiment for scene in scenes} == set(Sentiment)
    assert {scene.priority for scene in scenes} == {0, 1, 2}
    services = Counter(SERVICE_OF[scene.topic] for scene in scenes)
    assert all(services[service] > 30 for service in Service)


def test_there_are_places_and_personal_data(made: list[Tweet]) -> None:
    said = "\n".join(tweet.text for tweet in made)
    for part in ("@example.", "IBAN FR", "4111 1111", "06 39 98", "fbx", "en Ardèche", "depuis", "https://t.example/"):
        assert part in said, part


def test_every_opening_lasts_for_a_million_tweets() -> None:
    """At its share of them, with three times to spare."""
    weights = sum(scene.weight for scene in SCENES)
    for scene in SCENES:
        for phrase in scene.openings:
            n_wanted = 1_000_000 * scene.weight / weights / len(scene.openings)
            assert Opening(scene, phrase).n_combinations > 3 * n_wanted, phrase


@pytest.mark.parametrize("opening", [Opening(scene, scene.openings[0]) for scene in SCENES[:3]], ids=lambda o: o.phrase)
def test_every_combination_of_an_opening_is_another(opening: Opening) -> None:
    n_first = min(opening.n_combinations, 3_000)
    assert len({opening.parts(number) for number in range(n_first)}) == n_first


def test_an_opening_ends_when_all_was_said(monkeypatch: pytest.MonkeyPatch) -> None:
    scene = Scene(Topic.OTHER, Sentiment.NEUTRAL, 0, 1, ("{rival} encore",), ("a", "b"), ("c", "d", "e"))
    monkeypatch.setattr(text, "SCENES", (scene,))
    maker = TextMaker(Random(1))
    n_all = len(SLOTS["rival"]) * 6
    parts = Counter(maker.make()[1].topic for _ in range(n_all))
    assert parts.total() == n_all
    with pytest.raises(ExhaustedError):
        maker.make()


def bare(said: str) -> str:
    said = "".join(mark for mark in unicodedata.normalize("NFD", said.casefold()) if not unicodedata.combining(mark))
    for word, short in ABBREVIATIONS.items():
        plain = "".join(mark for mark in unicodedata.normalize("NFD", word) if not unicodedata.combining(mark))
        said = re.sub(rf"\b{re.escape(plain)}\b", short, said)
    return re.sub(r"\W+", " ", said).strip()


@pytest.mark.parametrize("name", SLOTS)
def test_the_values_of_a_slot_differ_however_carelessly_they_are_written(name: str) -> None:
    values = SLOTS[name]
    assert len({bare(value) for value in values}) == len(values)


def test_the_parts_of_a_scene_differ_however_carelessly_they_are_written() -> None:
    for scene in SCENES:
        for parts in (scene.openings, scene.details, scene.endings):
            assert len({bare(part) for part in parts}) == len(parts)


def test_personal_data_are_nobody_s() -> None:
    for _ in range(300):
        digits = re.sub(r"\D", "", phone(RNG).replace("+33 ", "0"))
        assert re.fullmatch(r"(01990|02619|03530|04657|05364|06399)\d{5}", digits)
        assert re.fullmatch(r"[a-z]+[._-]\d+@example\.(com|org)", email(RNG))


def test_ibans_and_cards_have_right_check_digits() -> None:
    for _ in range(300):
        number = iban(RNG).replace(" ", "")
        assert re.fullmatch(r"FR\d{25}", number)
        assert int(number[4:].replace("F", "15") + "1527" + number[2:4]) % 97 == 1
        bank, branch, account, key = number[4:9], number[9:14], number[14:25], number[25:]
        assert (89 * int(bank) + 15 * int(branch) + 3 * int(account) + int(key)) % 97 == 0
        digits = [int(digit) for digit in reversed(card(RNG).replace(" ", ""))]
        assert sum(digits[::2] + [sum(divmod(2 * digit, 10)) for digit in digits[1::2]]) % 10 == 0


@pytest.mark.parametrize("n", [0, 1, 2, 5, 49, 50, 51, 300, 1_000])
def test_a_mixture_has_exactly_the_rows_that_were_asked_for(n: int) -> None:
    rows = list(mixture(n, seed=2))
    assert len(rows) == n
    found = Counter(row.kind for row in rows)
    assert found == Counter({kind: number for kind, number in counts(n).items() if number})
    if n >= ALL_KINDS_FROM:
        assert set(found) == set(Kind)


@pytest.fixture(scope="module")
def demo() -> list[SampleRow]:
    return list(mixture(1_000, seed=1))


def test_the_noise_of_a_mixture_is_the_noise_that_our_rules_find(demo: list[SampleRow]) -> None:
    seen: dict[str, Tweet] = {}
    near: dict[bytes, Tweet] = {}
    for row in demo:
        tweet = row.tweet
        key = near_key(tweet.author, tweet.text)
        if row.kind in (Kind.CUSTOMER, Kind.REPLY):
            assert tweet.id not in seen
            assert key is None or key not in near or tweet.created_at - near[key].created_at > NEAR_WINDOW
            seen[tweet.id] = tweet
            if key:
                near[key] = tweet
        elif row.kind is Kind.DUPLICATE:
            assert seen[tweet.id] == tweet
        elif row.kind is Kind.NEAR_DUPLICATE:
            assert tweet.id not in seen
            assert key is not None
            assert tweet.created_at - near[key].created_at < NEAR_WINDOW
            assert tweet.text != near[key].text
        elif row.kind is Kind.EMPTY:
            assert not tweet.text.strip()
        elif row.kind is Kind.OFFICIAL:
            assert tweet.official
        elif row.kind is Kind.RETWEET:
            assert tweet.retweet
            assert tweet.text.startswith("RT @")
        else:
            assert row.damage is not None


def test_replies_answer_tweets_of_the_file(demo: list[SampleRow]) -> None:
    ids = {row.tweet.id for row in demo}
    answers = [row.tweet.in_reply_to for row in demo if row.tweet.in_reply_to]
    assert len(answers) > 100
    assert set(answers) <= ids
    assert any(row.kind is Kind.OFFICIAL and not row.tweet.in_reply_to for row in demo)


def test_a_mixture_is_made_one_row_at_a_time() -> None:
    assert len(list(islice(mixture(10**9, seed=1), 10))) == 10
