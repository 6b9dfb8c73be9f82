"""The models that are known: the shipped table, changed and extended by the file of DALLOSH_MODELS_FILE."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from streams.core.profiles import Profile
from streams.core.tokens import UNKNOWN_RATIO
from streams.providers.models_file import (
    FORM,
    DeploymentTable,
    ModelsFile,
    ProfileTable,
    given,
    read_models_file,
)

MODELS_FILE: Final = Path(__file__).with_name("data") / "models.toml"

_REQUIRED: Final = ("role", "context_tokens", "max_output_tokens", "structured")
_KEYS: Final = tuple(key for key in ProfileTable.__struct_fields__ if key not in ("provider", "model", "aliases"))


@dataclass(frozen=True, slots=True)
class Models:
    """Profiles by provider and model, and the deployments that the operator's file adds to those of the settings."""

    profiles: Mapping[tuple[str, str], Profile]
    deployments: tuple[DeploymentTable, ...] = ()

    def profile(self, provider: str, model: str) -> Profile | None:
        """Returns what a model can do, None for an unknown one.

        A model on Azure that has no profile of its own is OpenAI's, at OpenAI's price, without OpenAI's rates and
        retirement: Azure grants its own rates to each deployment and withdraws models on dates of its own.
        """
        found = self.profiles.get((provider, model))
        if found is not None or provider != "azure":
            return found
        openai = self.profiles.get(("openai", model))
        return openai and replace(openai, provider="azure", rpm=None, tpm=None, retires_on=None, successor=None)


def load_models(path: Path | None = None) -> Models:
    """Reads the shipped profiles and, over them, the operator's file.

    Raises:
        SettingsError: the file is wrong; the message names table and key.
    """
    profiles: dict[tuple[str, str], Profile] = {}
    _add(profiles, MODELS_FILE, read_models_file(MODELS_FILE))
    if path is None:
        return Models(profiles)
    own = read_models_file(path)
    _add(profiles, path, own)
    return Models(profiles, own.deployment)


def _add(profiles: dict[tuple[str, str], Profile], path: Path, file: ModelsFile) -> None:
    for i, table in enumerate(file.profile):
        known = profiles.get((table.provider, table.model))
        profile = _made(path, i, table) if known is None else replace(known, **given(table, *_KEYS))
        for model in (table.model, *table.aliases):
            profiles[table.provider, model] = replace(profile, model=model)


def _made(path: Path, index: int, table: ProfileTable) -> Profile:
    """Makes a new model's profile; a ratio that nobody measured is the dearest that is known."""
    values = {"token_ratio": UNKNOWN_RATIO} | given(table, *_KEYS)
    if missing := [key for key in _REQUIRED if key not in values]:
        words = f"this model is not known, so it also needs {', '.join(missing)}"
        raise FORM.wrong(path, "profile", index, table.model, words)
    return Profile(provider=table.provider, model=table.model, **values)
