"""Roles, rungs and retirement of a model."""

from datetime import date, timedelta

import pytest

from streams.core.profiles import RUNGS, SEED, TOP_RUNG, Profile, Role


def profile(**changes: object) -> Profile:
    values: dict[str, object] = {
        "model": "m", "provider": "p", "role": Role.REASONING, "context_tokens": 1_000, "max_output_tokens": 100,
        "structured": "json_schema",
    }  # fmt: skip
    return Profile(**(values | changes))  # type: ignore[arg-type]


def test_every_role_has_a_rung_and_a_place_and_only_the_last_is_the_top() -> None:
    assert set(RUNGS) == set(SEED) == set(Role)
    assert sorted(Role, key=SEED.__getitem__) == list(Role)
    assert [role for role in Role if RUNGS[role] == TOP_RUNG] == [Role.AMBIGUOUS]
    assert profile(role=Role.SOVEREIGN).rung == 0


@pytest.mark.parametrize(("days", "retired"), [(-1, False), (0, True), (1, True)])
def test_a_model_is_retired_from_its_day_on(days: int, retired: bool) -> None:
    day = date(2027, 1, 14)
    assert profile(retires_on=day).is_retired(day + timedelta(days)) is retired
    assert not profile().is_retired(day + timedelta(days))
