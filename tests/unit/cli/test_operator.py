"""Who runs a command."""

import getpass

import pytest

from agents.cli.operator import who


def test_an_operator_without_a_name_is_a_number(monkeypatch: pytest.MonkeyPatch) -> None:
    def nameless() -> str:
        raise KeyError("getpwuid(): uid not found")

    assert who() == getpass.getuser()
    monkeypatch.setattr(getpass, "getuser", nameless)
    assert who().startswith("uid ")
