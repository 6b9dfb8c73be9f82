"""The three levels: which are configured, and whether what stands on this machine works. No paid call is made."""

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Final

from agents.checks.check import Check, failed, of_error, ok, skipped, warning
from schemas.taxonomy import DataPolicy
from streams.core.profiles import Target
from streams.errors import FatalError, SettingsError
from streams.providers.bert_folder import in_force
from streams.providers.deployments import Plan, plan
from streams.providers.errors import ProviderError
from streams.providers.levels import gpu_providers
from streams.providers.onnx_bert import OnnxBert
from streams.providers.price_file import read_rows
from streams.providers.prices import prices_file
from streams.providers.profiles import load_models
from streams.providers.ranks import load_encoding
from streams.settings import Settings, masked
from streams.tables import tables

GPU_TIMEOUT_S: Final = 5.0
NOTICE_DAYS: Final = 60
_KEYS: Final = (
    "Set GEMINI_API_KEY, MISTRAL_API_KEY or OPENAI_API_KEY, or name Azure's deployments in DALLOSH_AZURE_DEPLOYMENTS; "
    "until then levels 2 and 3 classify"
)


async def model_checks(settings: Settings) -> AsyncIterator[Check]:
    """Checks level 1's keys, models and prices, level 2's server, level 3's model, and the tables that we carry."""
    for check in api_checks(settings, datetime.now(UTC).date()):
        yield check
    yield prices_check(settings)
    yield await _gpu(settings)
    yield _bert(settings)
    yield _ranks()
    yield _tables()


def api_checks(settings: Settings, today: date) -> Iterator[Check]:
    """Says which models of level 1 may be called, which are left out, and which retire within `NOTICE_DAYS`.

    Keys are never shown; whether one is valid only a paid call would tell.
    """
    try:
        found = plan(settings, load_models(settings.models_file), today)
    except SettingsError as error:
        yield of_error("level 1", error)
        return
    if found.ready:
        targets = ", ".join(_seen(one.target) for one in found.ready)
        yield ok("level 1", f"keys are set, not tried: {targets}")
    elif found.disabled:
        yield failed("level 1", "no configured model can be called", "Mend what the next line names")
    else:
        yield warning("level 1", "no provider has a key", _KEYS)
    yield _models(found, today)


def prices_check(settings: Settings) -> Check:
    """Reads the operator's own prices: workers that run keep the old ones, but none starts on a file that is wrong."""
    path = prices_file(settings)
    try:
        rows = read_rows(path)
    except FatalError as error:
        return of_error("prices", error)
    if settings.prices_file is not None and not path.exists():
        return warning(
            "prices", f"there is no {path}", "Mend DALLOSH_PRICES_FILE, or write the file: dallosh prices set"
        )
    return ok("prices", f"{len(rows)} of your own in {path}" if rows else "none of your own, the published ones count")


def _models(found: Plan, today: date) -> Check:
    """One check of all models: a model that is left out or soon will be is a warning, for the others go on."""
    said = [f"{one.name} is left out: {one.words}" for one in found.disabled]
    remedies = [one.remedy for one in found.disabled]
    for target, retires_on in _retiring(found, today):
        heir = target.profile.successor
        follows = f", and {heir} takes its place" if heir and target.provider != "azure" else ""
        n_days = (retires_on - today).days
        left = f"{n_days} day{'' if n_days == 1 else 's'}"
        said.append(f"{target.name} retires in {left}, on {retires_on}{follows}")
        remedies.append(f"Try {heir} before" if heir else f"Choose another model than {target.model} before")
    if said:
        return warning("models", "; ".join(said), "; ".join(dict.fromkeys(remedies)))
    return ok("models", f"{len(found.ready)} configured, all known, none retires within {NOTICE_DAYS} days")


def _retiring(found: Plan, today: date) -> Iterator[tuple[Target, date]]:
    for one in found.ready:
        retires_on = one.target.profile.retires_on
        if retires_on is not None and retires_on <= today + timedelta(days=NOTICE_DAYS):
            yield one.target, retires_on


def _seen(target: Target) -> str:
    return f"{target.name} (sees {'scrubbed text' if target.policy is DataPolicy.PUBLIC else 'text as written'})"


async def _gpu(settings: Settings) -> Check:
    providers = gpu_providers(settings)
    if not providers:
        return skipped("level 2", "no server is configured (DALLOSH_VLLM_BASE_URL)")
    where, provider = masked(settings.vllm_base_url), providers[0]
    try:
        await provider.resolve(timeout_s=GPU_TIMEOUT_S)
    except ProviderError as error:
        model = f" with the model {settings.vllm_model}" if settings.vllm_model else ""
        return failed(
            "level 2",
            f"{where} does not answer as an OpenAI-compatible server{model}: {error}",
            "Start the server, or check DALLOSH_VLLM_BASE_URL (with /v1), DALLOSH_VLLM_API_KEY and DALLOSH_VLLM_MODEL",
        )
    finally:
        await provider.close()
    context = f", context {provider.max_model_len} tokens" if provider.max_model_len else ""
    return ok("level 2", f"{where}: {provider.model}{context}")


def _bert(settings: Settings) -> Check:
    model, problems = OnnxBert.examine(settings.bert_dir, threads=settings.bert_threads)
    if model is None:
        said = "; ".join(f"{problem.path} {problem.why}" for problem in problems)
        return failed("level 3", said, "; ".join(dict.fromkeys(in_force(problem).remedy for problem in problems)))
    return ok("level 3", f"{model.model_id} loads and classifies")


def _ranks() -> Check:
    try:
        load_encoding()
    except FatalError as error:
        return of_error("tokens", error)
    return ok("tokens", "the table that counts tokens is whole")


def _tables() -> Check:
    try:
        tables()
    except FatalError as error:
        return of_error("tables", error)
    return ok("tables", "the scrubber's lists of names and places are whole")
