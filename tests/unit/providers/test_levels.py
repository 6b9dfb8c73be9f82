"""What level 1 consists of: which models are called, which are left out, and how an operator learns of it."""

import subprocess
import sys
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import REGISTRY
from structlog.testing import capture_logs

from schemas.taxonomy import DataPolicy
from streams.core.profiles import Disabled, Role, Why
from streams.core.retry import FailureKind
from streams.errors import SettingsError
from streams.providers.deployments import Plan, plan
from streams.providers.levels import api_targets, tell_disabled, tell_enabled, tell_left_out
from streams.providers.profiles import load_models
from streams.settings import Settings

TODAY, LATER = date(2026, 11, 25), date(2027, 1, 14)
KEYS: dict[str, Any] = {"gemini_api_key": "k", "mistral_api_key": "k", "openai_api_key": "k"}
AZURE: dict[str, Any] = {"azure_api_key": "k", "azure_endpoint": "https://x.openai.azure.com"}
SECRET = "hunter2"


@pytest.fixture(autouse=True)
def _no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GEMINI", "MISTRAL", "OPENAI", "AZURE_OPENAI"):
        monkeypatch.delenv(f"{name}_API_KEY", raising=False)


def planned(today: date = TODAY, file: Path | None = None, keys: dict[str, str] | None = None, **settings: Any) -> Plan:
    read = (keys or {}).get
    return plan(Settings(**settings), load_models(file), today, read=lambda name: read(name, ""))


def names(found: Plan) -> list[str]:
    return [one.target.name for one in found.ready]


def told(found: Plan) -> list[tuple[str, str]]:
    return [(one.name, one.reason) for one in found.disabled]


def gauge(target: str, reason: str) -> float | None:
    return REGISTRY.get_sample_value("dallosh_model_disabled", {"target": target, "reason": reason})


def test_nothing_is_configured_nothing_is_wrong() -> None:
    assert planned() == Plan((), ())


def test_the_business_order_and_each_targets_policy() -> None:
    found = planned(**KEYS, **AZURE, azure_deployments="eu=gpt-4o-mini,gpt-4o", mistral_policy="zdr")
    assert [(one.target.name, one.target.policy) for one in found.ready] == [
        ("gemini/gemini-2.5-flash-lite", DataPolicy.PUBLIC),
        ("mistral/mistral-small-2603", DataPolicy.ZDR),
        ("openai/gpt-4o-mini", DataPolicy.PUBLIC),
        ("azure/gpt-4o-mini@eu", DataPolicy.ZDR),
        ("openai/gpt-4o", DataPolicy.PUBLIC),
        ("azure/gpt-4o", DataPolicy.ZDR),
    ]
    assert found.disabled == ()
    assert [one.deployment.azure_deployment for one in found.ready] == ["", "", "", "eu", "", "gpt-4o"]


def test_a_policy_that_is_not_allowed_leaves_its_models_out() -> None:
    found = planned(**KEYS, openai_policy="zdr", api_policies="zdr,local")
    assert {one.target.provider for one in found.ready} == {"openai"}
    assert {(one.name, one.reason) for one in found.disabled} == {
        ("gemini/gemini-2.5-flash-lite", Why.POLICY),
        ("mistral/mistral-small-2603", Why.POLICY),
    }
    assert "its data policy is public" in found.disabled[0].words


def test_a_model_named_twice_is_one_target() -> None:
    assert names(planned(openai_api_key="k", openai_models="gpt-4o,gpt-4o")) == ["openai/gpt-4o"]


def test_both_gemini_sdks_are_one_provider() -> None:
    (one,) = planned(gemini_api_key="k", gemini_sdk="google-generativeai").ready
    assert (one.target.name, one.deployment.adapter) == ("gemini/gemini-2.5-flash-lite", "gemini-legacy")


@pytest.mark.parametrize(
    ("models", "today", "ready", "left_out"),
    [
        ("gpt-4o", date(2027, 1, 13), ["openai/gpt-4o"], []),
        ("gpt-4o", LATER, ["openai/gpt-6.1-sol"], [("openai/gpt-4o", "retired")]),
        ("gpt-4o,gpt-6.1-sol", LATER, ["openai/gpt-6.1-sol"], [("openai/gpt-4o", "retired")]),
        ("gpt-4o,gpt-4o-2024-11-20", LATER, ["openai/gpt-6.1-sol"],
         [("openai/gpt-4o", "retired"), ("openai/gpt-4o-2024-11-20", "retired")]),
        ("gpt-none,gpt-4o", TODAY, ["openai/gpt-4o"], [("openai/gpt-none", "unknown")]),
    ],
)  # fmt: skip
def test_retired_and_unknown_models_are_left_out_and_the_rest_goes_on(
    models: str, today: date, ready: list[str], left_out: list[tuple[str, str]]
) -> None:
    found = planned(today, openai_api_key="k", openai_models=models)
    assert names(found) == ready
    assert told(found) == left_out
    assert all(one.words and one.remedy for one in found.disabled)


def test_a_successor_takes_the_role_and_the_deployment(tmp_path: Path) -> None:
    file = tmp_path / "models.toml"
    file.write_text('[[profile]]\nprovider = "openai"\nmodel = "gpt-4o-mini"\nsuccessor = "gpt-6.1-sol"\n')
    (one,) = planned(LATER, file, openai_api_key="k", openai_models="gpt-4o-mini", openai_policy="zdr").ready
    assert (one.target.model, one.target.profile.role) == ("gpt-6.1-sol", Role.REASONING)
    assert (one.target.policy, one.deployment.api_key) == (DataPolicy.ZDR, "k")


def test_successors_that_lead_nowhere(tmp_path: Path) -> None:
    file = tmp_path / "models.toml"
    row = '[[profile]]\nprovider = "openai"\nmodel = "{}"\nretires_on = 2026-01-01\nsuccessor = "{}"\n'
    file.write_text(row.format("gpt-4o", "gpt-6.1-sol") + row.format("gpt-6.1-sol", "gpt-4o"))
    found = planned(file=file, openai_api_key="k", openai_models="gpt-4o")
    assert (names(found), told(found)) == ([], [("openai/gpt-4o", "retired")])
    assert found.disabled[0].remedy == "Name another model in DALLOSH_OPENAI_MODELS"


def test_further_deployments_share_a_model(tmp_path: Path) -> None:
    file = tmp_path / "models.toml"
    row = '[[deployment]]\nname = "{}"\nprovider = "openai"\nmodel = "gpt-4o-mini"\napi_key_env = "{}"\n'
    file.write_text(
        row.format("eu", "KEY_EU") + 'policy = "zdr"\nweight = 3\ntpm = 0\nslots = 2\nbudget_usd_per_day = 5\n'
        + row.format("us", "KEY_US")
        + '[[profile]]\nprovider = "openai"\nmodel = "gpt-4o-mini"\ntpm = 9\n'
    )  # fmt: skip
    found = planned(file=file, keys={"KEY_EU": " e "}, openai_api_key="k", openai_models="gpt-4o-mini")
    own, eu = (one.target for one in found.ready)
    assert (own.name, own.weight, own.profile.tpm, own.policy) == ("openai/gpt-4o-mini", 1, 9, DataPolicy.PUBLIC)
    assert (eu.name, eu.weight, eu.profile.tpm, eu.policy) == ("openai/gpt-4o-mini@eu", 3, None, DataPolicy.ZDR)
    assert (eu.profile.slots, eu.profile.budget_usd_per_day) == (2, Decimal(5))
    assert found.ready[1].deployment.api_key == "e"
    assert told(found) == [("openai/gpt-4o-mini@us", "no_key")]
    assert "KEY_US" in found.disabled[0].remedy


def test_azure_without_its_endpoint_or_key() -> None:
    assert told(planned(azure_deployments="eu=gpt-4o", azure_api_key="k")) == [("azure/gpt-4o@eu", "no_endpoint")]
    assert told(planned(azure_deployments="gpt-4o")) == [("azure/gpt-4o", "no_key")]
    assert planned(azure_api_key="k") == Plan((), ())


def test_a_key_that_http_cannot_carry_is_named_and_not_quoted(tmp_path: Path) -> None:
    file = tmp_path / "models.toml"
    file.write_text('[[deployment]]\nname = "eu"\nprovider = "openai"\nmodel = "gpt-4o"\napi_key_env = "KEY_EU"\n')
    with pytest.raises(SettingsError, match="KEY_EU") as error:
        planned(file=file, keys={"KEY_EU": f"{SECRET} €"})
    assert SECRET not in str(error.value)
    (one,) = planned(file=file, keys={"KEY_EU": SECRET}).ready
    assert SECRET not in repr(one)


async def test_targets_are_built_with_their_clients_and_the_rest_is_told(tmp_path: Path) -> None:
    settings = Settings(**KEYS, **AZURE, azure_deployments="eu=gpt-4o", gemini_model="gemini-1.5-flash")
    with capture_logs() as logs:
        deployed = api_targets(settings, today=TODAY)
    for one in deployed:
        provider = one.provider
        assert (provider.name, provider.model, provider.policy) == (
            one.target.provider, one.target.model, one.target.policy
        )  # fmt: skip
        await provider.close()
    assert deployed[0].target.name == "gemini/gemini-2.5-flash-lite"
    assert [(log["event"], log["target"], log["log_level"]) for log in logs] == [
        ("model_disabled", "gemini/gemini-1.5-flash", "error")
    ]
    assert gauge("gemini/gemini-1.5-flash", "retired") == 1


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        (FailureKind.NOT_FOUND, Why.NOT_FOUND),
        (FailureKind.UNAUTHORISED, Why.UNAUTHORISED),
        (FailureKind.PAYMENT, Why.PAYMENT),
    ],
)
def test_a_refusal_while_running_is_told_until_the_target_answers(kind: FailureKind, reason: Why) -> None:
    target = f"test/{kind}"
    with capture_logs() as logs:
        tell_disabled(target, kind)
    assert logs[0]["remedy"]
    assert gauge(target, reason) == 1
    tell_enabled(target)
    assert gauge(target, reason) == 0
    tell_enabled("test/never-seen")


def test_other_failures_disable_nothing() -> None:
    with capture_logs() as logs:
        tell_disabled("test/other", FailureKind.TIMEOUT)
    assert logs == []


def test_the_gauge_tells_targets_apart() -> None:
    tell_left_out(Disabled(name="test/a", reason=Why.UNKNOWN, words="w", remedy="r"))
    tell_left_out(Disabled(name="test/ab", reason=Why.UNKNOWN, words="w", remedy="r"))
    tell_enabled("test/a")
    assert (gauge("test/a", "unknown"), gauge("test/ab", "unknown")) == (0, 1)


def test_an_sdk_is_loaded_only_when_its_model_is_configured() -> None:
    program = (
        "import sys\n"
        "from streams.settings import Settings\n"
        "from streams.providers.levels import api_targets\n"
        "assert api_targets(Settings(_env_file=None)) == []\n"
        "loaded = {'openai', 'mistralai', 'google.genai', 'google.generativeai'} & set(sys.modules)\n"
        "assert not loaded, loaded\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
