"""The crowd of a live run is what its plan says."""

from itertools import islice, pairwise
from typing import Final

import pytest

from schemas.tweet import Tweet
from streams.core.noise import near_key
from tests.live.crowd import crowd, departments_of, is_of_network, is_outcry
from tests.live.plan import BEGIN, INCIDENTS, LOCAL, LOCATED_SHARE, NATIONAL, NETWORK_SHARE, Incident

N: Final = 1_000


@pytest.fixture(scope="module")
def made() -> list[tuple[Tweet, Incident | None]]:
    return list(crowd(N, 3))


def test_nobody_speaks_twice_and_no_two_say_the_same(made: list[tuple[Tweet, Incident | None]]) -> None:
    assert len(made) == N
    for names in ({t.id for t, _ in made}, {t.author for t, _ in made}, {near_key("", t.text) for t, _ in made}):
        assert len(names) == N
    assert all(earlier.created_at <= later.created_at for (earlier, _), (later, _) in pairwise(made))
    assert made[0][0].created_at >= BEGIN


def test_an_incident_has_its_share_of_fresh_complaints_within_its_time(
    made: list[tuple[Tweet, Incident | None]],
) -> None:
    for incident in INCIDENTS:
        own = [tweet for tweet, of in made if of is incident]
        assert len(own) == round(N * incident.share)
        assert all(is_outcry(tweet.text) for tweet in own)
        assert all(incident.start <= tweet.created_at < incident.end for tweet in own)


def test_the_local_incident_names_one_department_and_the_national_one_many(
    made: list[tuple[Tweet, Incident | None]],
) -> None:
    of_local = [departments_of(tweet.text) for tweet, of in made if of is LOCAL]
    assert {frozenset(one) for one in of_local} == {frozenset({LOCAL.department}), frozenset()}
    of_national = [departments_of(tweet.text) for tweet, of in made if of is NATIONAL]
    named = [one for one in of_national if one]
    assert len(named) == pytest.approx(len(of_national) * NATIONAL.located_share, abs=15)
    assert len({next(iter(one)) for one in named}) > 10


def test_the_usual_tweets_are_as_the_stream_has_them(made: list[tuple[Tweet, Incident | None]]) -> None:
    usual = [tweet for tweet, of in made if of is None]
    assert sum(is_of_network(t.text) for t in usual) == pytest.approx(len(usual) * NETWORK_SHARE, abs=60)
    assert sum(bool(departments_of(t.text)) for t in usual) == pytest.approx(len(usual) * LOCATED_SHARE, abs=40)


def test_a_seed_makes_the_same_tweets_again(made: list[tuple[Tweet, Incident | None]]) -> None:
    assert list(islice(crowd(N, 3), 20)) == made[:20]
    assert next(crowd(N, 4)) != made[0]
