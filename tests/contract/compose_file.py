"""Reads docker-compose.yml, the Dockerfile and .dockerignore as their tools do, as far as our files go."""

import re
from pathlib import Path
from typing import Any, Final

import yaml

PROJECT_DIR: Final = Path(__file__).resolve().parents[2]
DOCKERFILE: Final = PROJECT_DIR / "infra" / "docker" / "Dockerfile"
WORKERS: Final = ("scrubber", "classifier", "gpu", "bert", "router", "detector", "auditor", "notifier")
_VARIABLE: Final = re.compile(r"\$\{(\w+)(?::-((?:[^{}]|\$\{[^{}]*\})*))?\}")


def services(environment: dict[str, str] | None = None) -> dict[str, Any]:
    """Returns the services with their variables filled in, from the defaults or the environment given."""
    parsed = yaml.safe_load((PROJECT_DIR / "docker-compose.yml").read_text())
    found: dict[str, Any] = _filled(parsed["services"], environment or {})
    return found


def interpolate(text: str, environment: dict[str, str]) -> str:
    """Fills `${NAME}` and `${NAME:-default}`, nested defaults too, as compose does."""

    def value(match: re.Match[str]) -> str:
        return environment.get(match[1]) or interpolate(match[2] or "", environment)

    return _VARIABLE.sub(value, text)


def variables() -> dict[str, str]:
    """Returns each variable that the file reads, with its default."""
    text = (PROJECT_DIR / "docker-compose.yml").read_text()
    return {match[1]: match[2] or "" for match in _VARIABLE.finditer(text)}


def _filled(value: Any, environment: dict[str, str]) -> Any:
    match value:
        case str():
            return interpolate(value, environment)
        case dict():
            return {key: _filled(one, environment) for key, one in value.items()}
        case list():
            return [_filled(one, environment) for one in value]
        case _:
            return value


def copied() -> list[str]:
    """Returns the sources of the Dockerfile's COPY instructions that come from the build context."""
    sources = []
    for line in DOCKERFILE.read_text().splitlines():
        words = line.split()
        if words[:1] == ["COPY"] and not words[1].startswith("--from"):
            sources += words[1:-1]
    return sources


def is_sent(path: str) -> bool:
    """Whether .dockerignore lets a file through to the builder: the last rule that matches it decides."""
    sent = True
    for line in (PROJECT_DIR / ".dockerignore").read_text().splitlines():
        rule = line.strip()
        if rule and not rule.startswith("#") and _matches(rule.removeprefix("!"), path):
            sent = rule.startswith("!")
    return sent


def _matches(pattern: str, path: str) -> bool:
    """Whether a pattern names the path or a folder above it."""
    parts = [re.escape(part).replace(r"\*", "[^/]*") for part in pattern.split("**/")]
    return re.fullmatch("(.*/)?".join(parts) + "(/.*)?", path) is not None


def context_files() -> list[Path]:
    """Returns the files of the checkout that the COPY instructions bring into the image, relative to it."""
    found = []
    for source in copied():
        path = PROJECT_DIR / source
        files = [path] if path.is_file() else [file for file in path.rglob("*") if file.is_file()]
        found += [file.relative_to(PROJECT_DIR) for file in files]
    return sorted(file for file in set(found) if is_sent(file.as_posix()))
