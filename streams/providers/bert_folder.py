"""A model folder on the disk: its files, digests, tokenizer and graph, and everything that is wrong with them."""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Final, TypeVar

import onnxruntime
from tokenizers import Tokenizer

from streams.core.bert_heads import ModelOutput
from streams.errors import MissingToolError
from streams.providers.bert_config import CONFIG, MIN_LENGTH, TOKENIZER, ModelConfig, decode_config
from streams.providers.bert_graph import graph_inputs, graph_outputs, open_session
from streams.settings import PROJECT_DIR

HOWTO: Final = "docs/howto/use-another-bert.md"
MAX_ERROR_CHARS: Final = 300

_EXPORT: Final = f"Mend or export the folder anew ({HOWTO})"
_NAME: Final = "Name a model folder"
_PAD_TOKENS: Final = ("<pad>", "[PAD]")
_DEFAULT_ONNX: Final = "model.onnx"

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """What is wrong with one file, and what to do."""

    path: Path
    why: str
    remedy: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFolder:
    """A folder that can be used.

    `inputs` maps the graph's inputs to their integer type; `outputs` have the names that the graph gives them.
    `max_length` counts tokens with the special ones, `pad_id` fills up the rows of a batch.
    """

    directory: Path
    version: str
    onnx: Path
    session: onnxruntime.InferenceSession
    tokenizer: Tokenizer
    inputs: dict[str, str]
    outputs: tuple[ModelOutput, ...]
    max_length: int
    pad_id: int


def open_folder(directory: Path, *, threads: int = 1) -> tuple[ModelFolder | None, list[Problem]]:
    """Opens a model folder; gives None and all problems, not only the first, where it cannot be used.

    Args:
        directory: holds `config.json`, `tokenizer.json` and one ONNX file.
        threads: threads of one inference.
    """
    return _Opening(directory).run(threads)


def unusable(path: Path, why: str) -> Problem:
    """Describes a file of a model folder that is there and cannot be used."""
    return Problem(path=path, why=f"cannot be used: {why}", remedy=remedy_for(path.parent))


def refusal(directory: Path, problems: list[Problem]) -> MissingToolError:
    """Returns the error of a folder that cannot be used: its first problem, and where the others are told."""
    first, n_more = in_force(problems[0]), len(problems) - 1
    more = f" (and {n_more} more: dallosh model check {directory})" if n_more else ""
    return MissingToolError(f"the model file {first.path} {first.why}{more}", remedy=first.remedy)


def remedy_for(directory: Path) -> str:
    """Says how a damaged folder is mended: ours from the repository, any other by its owner."""
    place = directory.resolve()
    if place.is_relative_to(PROJECT_DIR / "models"):
        name = place.relative_to(PROJECT_DIR).as_posix()
        return f"Restore the folder from the repository (git checkout -- {name}) or train it: models/README.md"
    return _EXPORT


def in_force(problem: Problem) -> Problem:
    """Returns a problem of the folder that DALLOSH_BERT_DIR names: another remedy is to unset it."""
    if problem.remedy not in (_EXPORT, _NAME):
        return problem
    return replace(problem, remedy=f"{problem.remedy}, or unset DALLOSH_BERT_DIR for the model that ships")


class _Opening:
    """Looks at every part of a folder that can be looked at, and keeps what is wrong."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._problems: list[Problem] = []

    def run(self, threads: int) -> tuple[ModelFolder | None, list[Problem]]:
        if not self._directory.is_dir():
            self._note(self._directory, "is no folder", _NAME)
            return None, self._problems
        config, onnx = self._config_and_onnx()
        tokenizer = self._load(self._directory / TOKENIZER, lambda path: Tokenizer.from_file(str(path)))
        session = self._load(onnx, partial(open_session, threads=threads)) if onnx else None
        inputs: dict[str, str] = {}
        outputs: tuple[ModelOutput, ...] = ()
        if onnx is not None and session is not None:
            inputs, complaints = graph_inputs(session)
            self._complain(onnx, complaints)
            outputs, complaints = graph_outputs(session, config.outputs if config else ())
            self._complain(onnx, complaints)
        max_length = self._max_length(config, tokenizer) if config and tokenizer else 0
        if self._problems or config is None or onnx is None or session is None or tokenizer is None:
            return None, self._problems
        pad_id = _pad_id(config, tokenizer)
        tokenizer.no_padding()
        tokenizer.enable_truncation(max_length, strategy="longest_first")
        folder = ModelFolder(
            directory=self._directory, version=config.version or self._directory.resolve().name, onnx=onnx,
            session=session, tokenizer=tokenizer, inputs=inputs, outputs=outputs, max_length=max_length, pad_id=pad_id,
        )  # fmt: skip
        return folder, []

    def _config_and_onnx(self) -> tuple[ModelConfig | None, Path | None]:
        """Reads the configuration, finds the graph's file, and compares the digests."""
        config = self._config()
        onnx = self._onnx(config)
        if config is not None:
            needed = (TOKENIZER, onnx.name) if config.needs_digests and onnx else ()
            lacking = [f"sha256: no digest of {name}" for name in needed if name not in config.sha256]
            self._complain(self._directory / CONFIG, lacking)
            for name, digest in config.sha256.items():
                self._check_digest(self._directory / name, digest)
        return config, onnx

    def _config(self) -> ModelConfig | None:
        path = self._directory / CONFIG
        try:
            raw = path.read_bytes()
        except OSError as error:
            self._unreadable(path, error)
            return None
        config, complaints = decode_config(raw)
        self._complain(path, complaints)
        return config

    def _onnx(self, config: ModelConfig | None) -> Path | None:
        """The file that the configuration names, or the folder's only one."""
        if config is not None and config.onnx is not None:
            return self._directory / config.onnx
        found = sorted(self._directory.glob("*.onnx"))
        if len(found) > 1:
            names = ", ".join(path.name for path in found)
            remedy = f'Keep one, or name it in {CONFIG}: "onnx": "{found[0].name}"'
            self._note(self._directory, f"has several models: {names}", remedy)
            return None
        return found[0] if found else self._directory / _DEFAULT_ONNX

    def _check_digest(self, path: Path, expected: str) -> None:
        try:
            with path.open("rb") as file:
                found = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            self._unreadable(path, error)
            return
        if found != expected:
            self._complain(path, [f"its SHA-256 {found[:12]}… is not the one in {CONFIG}"])

    def _load(self, path: Path, load: Callable[[Path], T]) -> T | None:
        """Loads a file against which nothing speaks yet."""
        if any(problem.path == path for problem in self._problems):
            return None
        try:
            path.open("rb").close()
            return load(path)
        except OSError as error:
            self._unreadable(path, error)
        except Exception as error:  # noqa: BLE001 - tokenizers and onnxruntime raise exceptions without a common base
            self._complain(path, [str(error)[:MAX_ERROR_CHARS]])
        return None

    def _max_length(self, config: ModelConfig, tokenizer: Tokenizer) -> int:
        """The configured length, else the tokenizer's own truncation, else what the network takes; never more."""
        stated = config.max_length or (tokenizer.truncation or {}).get("max_length") or config.n_positions
        if stated is None:
            self._complain(self._directory / CONFIG, ["max_length is missing, and nothing else tells it"])
            return 0
        fitting = int(min(stated, config.n_positions or stated))
        if fitting < MIN_LENGTH:
            self._complain(
                self._directory / CONFIG, [f"only {fitting} tokens fit: max_length or the positions are wrong"]
            )
        return fitting

    def _unreadable(self, path: Path, error: OSError) -> None:
        self._note(path, f"cannot be read: {error.strerror}", remedy_for(self._directory))

    def _complain(self, path: Path, complaints: Iterable[str]) -> None:
        self._problems += [unusable(path, words) for words in complaints]

    def _note(self, path: Path, why: str, remedy: str) -> None:
        self._problems.append(Problem(path=path, why=why, remedy=remedy))


def _pad_id(config: ModelConfig, tokenizer: Tokenizer) -> int:
    """The configured one, else the tokenizer's own padding, else the token that is named so."""
    if config.pad_id is not None:
        return config.pad_id
    if tokenizer.padding:
        return int(tokenizer.padding["pad_id"])
    return next((found for name in _PAD_TOKENS if (found := tokenizer.token_to_id(name)) is not None), 0)
