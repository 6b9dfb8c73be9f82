"""The shipped models, and the operator's file over them: what it may say and how it is told what it may not."""

import re
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from schemas.taxonomy import DataPolicy
from streams.core.profiles import Role
from streams.core.tokens import UNKNOWN_RATIO
from streams.errors import SettingsError
from streams.providers.profiles import load_models
from streams.settings import PROJECT_DIR, Settings

TODAY = date(2026, 11, 25)
NEW = 'role = "reasoning"\ncontext_tokens = 1000\nmax_output_tokens = 100\nstructured = "json_schema"\n'
SECRET = "sk-hunter2"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "models.toml"


def table(kind: str, **keys: object) -> str:
    return f"[[{kind}]]\n" + "".join(f"{key} = {value!r}\n" for key, value in keys.items())


def deployment(**keys: object) -> str:
    known = {"name": "eu", "provider": "openai", "model": "gpt-4o", "api_key_env": "KEY_EU"}
    return table("deployment", **{key: value for key, value in (known | keys).items() if value is not None})


def test_the_four_roles_of_the_business_have_a_model_today() -> None:
    models, settings = load_models(), Settings()
    configured = [("gemini", settings.gemini_model), ("mistral", settings.mistral_model)]
    configured += [("openai", model) for model in settings.openai_models]
    profiles = [models.profile(*one) for one in configured]
    assert [one and one.role for one in profiles] == list(Role)
    assert not any(one is None or one.is_retired(TODAY) for one in profiles)


def test_every_shipped_successor_is_shipped_and_has_the_same_role() -> None:
    profiles = load_models().profiles
    heirs = [(one, profiles[one.provider, one.successor]) for one in profiles.values() if one.successor]
    assert len(heirs) >= 4
    assert all(one.role is heir.role for one, heir in heirs)
    assert all(one.successor for one in profiles.values() if one.retires_on)


def test_what_is_shipped_is_plausible() -> None:
    for (provider, model), one in load_models().profiles.items():
        assert (one.provider, one.model) == (provider, model)
        assert one.policy is DataPolicy.PUBLIC  # a contract is never assumed
        assert one.price_ref is not None
        assert one.max_output_tokens <= one.context_tokens
        assert one.token_ratio == {"gemini": 1.09, "mistral": 1.12, "openai": 1.0}[provider]
        assert one.logprobs is model.startswith("gpt-4o")
    assert load_models().profile("openai", "gpt-4o-mini-2024-07-18") is not None


def test_a_model_on_azure_is_openais_with_rates_and_dates_of_its_own(file: Path) -> None:
    models = load_models()
    azure, openai = models.profile("azure", "gpt-4o"), models.profile("openai", "gpt-4o")
    assert azure is not None
    assert openai is not None
    assert (azure.provider, azure.price_ref, azure.logprobs) == ("azure", openai.price_ref, True)
    assert (azure.rpm, azure.tpm, azure.retires_on, azure.successor) == (None, None, None, None)
    assert models.profile("azure", "gpt-none") is None
    file.write_text(table("profile", provider="azure", model="gpt-4o") + NEW + "rpm = 7\n")
    own = load_models(file).profile("azure", "gpt-4o")
    assert own is not None
    assert own.rpm == 7


def test_of_a_known_model_only_the_keys_given_change(file: Path) -> None:
    before = load_models().profile("openai", "gpt-4o")
    file.write_text(
        table("profile", provider="openai", model="gpt-4o", rpm=0, tpm=450_000, policy="zdr")
        + "budget_usd_per_day = 12.5\nretires_on = 2027-06-01\n"
    )
    after = load_models(file).profile("openai", "gpt-4o")
    assert before is not None
    assert after is not None
    assert (after.rpm, after.tpm, after.policy) == (None, 450_000, DataPolicy.ZDR)
    assert (after.budget_usd_per_day, after.retires_on) == (Decimal("12.5"), date(2027, 6, 1))
    assert (after.role, after.token_ratio, after.context_tokens) == (before.role, 1.0, before.context_tokens)


def test_a_new_model_has_its_aliases_and_the_dearest_ratio(file: Path) -> None:
    file.write_text(table("profile", provider="mistral", model="mistral-next", aliases=["mistral-newest"]) + NEW)
    models = load_models(file)
    one, alias = models.profile("mistral", "mistral-next"), models.profile("mistral", "mistral-newest")
    assert one is not None
    assert alias is not None
    assert (one.token_ratio, one.price_ref, one.rpm) == (UNKNOWN_RATIO, None, None)
    assert (alias.model, alias.context_tokens) == ("mistral-newest", 1_000)


def test_deployments_are_read(file: Path) -> None:
    file.write_text(deployment() + deployment(name="us", base_url="https://us.example/v1", weight=3, policy="zdr"))
    eu, us = load_models(file).deployments
    assert (eu.name, eu.weight, eu.base_url, eu.api_key_env) == ("eu", 1, "", "KEY_EU")
    assert (us.weight, us.policy) == (3, DataPolicy.ZDR)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a = ", "is no TOML: at end of document"),
        (f'a = {SECRET}"', "is no TOML: at line 1"),
        ("x = 1", "it contains unknown field x"),
        ("profile = 3", "profile"),
        (table("profile", model="m"), r"\[\[profile\]\] number 1 \(m\): it missing required field provider"),
        (table("profile", provider="openai", model="gpt-4o", rmp=3), r"\(gpt-4o\): it contains unknown field rmp"),
        (table("profile", provider="openai", model="gpt-4o", rpm="3"), r"\(gpt-4o\): key rpm: Expected int, got str"),
        (table("profile", provider="openai", model="gpt-4o", rpm=-1), "key rpm: Expected int >= 0"),
        (table("profile", provider="openai", model="gpt-4o", role="boss"), "key role: expected one of mass_sorting, "),
        (table("profile", provider="vllm", model="m"), "key provider: expected one of gemini, mistral, openai, azure"),
        (table("profile", provider="openai", model="m"), "not known, so it also needs role, context_tokens, max_out"),
        (deployment(api_key_env=None), r"\[\[deployment\]\] number 1 \(eu\).*api_key_env"),
        (deployment(api_key_env=SECRET), "key api_key_env: .*environment variable"),
        (deployment(api_key=SECRET), "unknown field api_key.*environment variable"),
        (deployment(name=f"with {SECRET}"), "number 1: key name"),
        (deployment(base_url="eu.example"), "key base_url"),
        (deployment(endpoint="https://x.example"), "key endpoint: openai has none"),
        (deployment(provider="azure", base_url="https://x.example"), "key base_url: azure has none"),
        (deployment(weight=0), "key weight"),
        (deployment() + deployment(), "key name: another deployment has the same"),
        (deployment() + "budget_usd_per_day = nan\n", "key budget_usd_per_day: expected a positive amount"),
        (deployment() + "budget_usd_per_day = 0\n", "key budget_usd_per_day: expected a positive amount"),
    ],
)
def test_what_is_wrong_is_told_by_file_table_and_key(file: Path, text: str, said: str) -> None:
    file.write_text(text)
    with pytest.raises(SettingsError, match=said) as error:
        load_models(file)
    assert str(error.value).startswith(str(file))
    assert error.value.remedy
    assert SECRET not in str(error.value)


def test_a_file_that_is_not_there(file: Path) -> None:
    with pytest.raises(SettingsError, match=r"models\.toml cannot be read: FileNotFoundError.*Mend"):
        load_models(file)


def test_the_example_for_contributors_is_one(file: Path) -> None:
    text = (PROJECT_DIR / "CONTRIBUTING.md").read_text()
    example = re.search(r"## Add a model.*?```toml\n(.*?)```", text, flags=re.DOTALL)
    assert example is not None
    file.write_text(example[1])
    models = load_models(file)
    assert models.profile("mistral", "ministral-8b-2512") is not None
    assert [one.name for one in models.deployments] == ["eu"]
