"""What the simulator plays on demand, and the answers that its modes give to a batch."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final, Literal

from tests.simulator.rule import code_for

LIMIT_ITEMS: Final = 4
"""Lines that fit a call in modes `context_length`, `output_limit` and `too_large`, and answers in mode `length`."""

BLOCKED_WORD: Final = "sim-bloque"
"""In mode `safety` a batch with this word is refused."""

DOUBT_WORD: Final = "sim-doute"
"""In modes `low_confidence` and `small_margins` a line with this word is answered in doubt."""

Finish = Literal["stop", "length", "safety"]


class Mode(StrEnum):
    """How a provider or a model behaves."""

    OK = "ok"
    SLOW = "slow"
    RATE_LIMITED = "rate_limited"  # without a time
    RATE_LIMITED_SHORT = "rate_limited_short"  # Retry-After: 1
    RATE_LIMITED_LONG = "rate_limited_long"  # Retry-After: 60
    RETRY_INFO = "retry_info"  # 60 s, told by Google's RetryInfo and OpenAI's x-ratelimit headers
    TOO_LARGE = "too_large"  # 429: the call takes more tokens than the account has in a minute
    QUOTA = "quota"
    UNAUTHORISED = "unauthorised"
    PAYMENT = "payment"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not_found"
    ERROR = "error"
    UNAVAILABLE = "unavailable"
    UNAVAILABLE_LONG = "unavailable_long"  # 503 with Retry-After: 60
    HTML_502 = "html_502"
    HTML_200 = "html_200"
    DROPPED = "dropped"
    CUT_OFF = "cut_off"  # the connection ends in the middle of the body
    BROKEN_JSON = "broken_json"  # the body is whole, its JSON is not
    HANG = "hang"
    DRIP = "drip"
    BAD_REQUEST = "bad_request"
    CONTEXT_LENGTH = "context_length"
    OUTPUT_LIMIT = "output_limit"  # 400: more output is asked for than the model can give
    TRUNCATED = "truncated"  # the answer's JSON is cut, and nothing says so
    LENGTH = "length"
    SAFETY = "safety"  # with BLOCKED_WORD: as a refused prompt
    SAFETY_CUT = "safety_cut"  # with BLOCKED_WORD: the answer ends before it
    LOST = "lost"
    DUPLICATED = "duplicated"
    CONFLICTING = "conflicting"
    INVENTED = "invented"
    PERMUTED = "permuted"
    PROSE = "prose"
    THINKING = "thinking"  # thoughts of more than twice the answer
    LOW_CONFIDENCE = "low_confidence"
    SMALL_MARGINS = "small_margins"
    EMPTY = "empty"
    UNCONSTRAINED = "unconstrained"


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer, how it ended, and the entries that the model was in doubt about."""

    text: str
    finish: Finish = "stop"
    doubtful: frozenset[int] = frozenset()
    thinks: bool = False


def reply_to(
    lines: Sequence[tuple[int, str]], mode: Mode, *, limit_items: int = LIMIT_ITEMS, doubt_word: str = DOUBT_WORD
) -> Reply:
    """Returns what a model in this mode says of the lines `(index, text)`."""
    codes = [code_for(index, text) for index, text in lines]
    doubtful = frozenset(index for index, text in lines if doubt_word in text)
    blocked = next((i for i, (_, text) in enumerate(lines) if BLOCKED_WORD in text), None)
    match mode:
        case Mode.SAFETY if blocked is not None:
            return Reply("", "safety")
        case Mode.SAFETY_CUT if blocked is not None:
            return Reply(_answer(codes[:blocked])[:-2], "safety")
        case Mode.LENGTH if len(codes) > limit_items:
            return Reply(_cut(_answer(codes), '"' + codes[limit_items]), "length")
        case Mode.LOW_CONFIDENCE:
            return Reply(_answer([_doubting(code, index in doubtful) for code, (index, _) in _pairs(codes, lines)]))
        case Mode.SMALL_MARGINS:
            return replace(Reply(_answer(codes)), doubtful=doubtful)
        case Mode.THINKING:
            return replace(Reply(_answer(codes)), thinks=True)
        case _:
            return Reply(_said(codes, lines, mode))


def _said(codes: list[str], lines: Sequence[tuple[int, str]], mode: Mode) -> str:
    match mode:
        case Mode.TRUNCATED:
            whole = _answer(codes)
            return whole[: len(whole) // 2]
        case Mode.LOST:
            return _answer([code for code, (index, _) in _pairs(codes, lines) if index % 3])
        case Mode.DUPLICATED:
            return _answer([code for code, (index, _) in _pairs(codes, lines) for _ in range(1 if index % 3 else 2)])
        case Mode.CONFLICTING:
            other = codes[0].replace(codes[0][-2], "o" if codes[0][-2] != "o" else "n")
            return _answer([*codes, other])
        case Mode.INVENTED:
            return _answer([*codes, f"{len(codes) + 1}n2b9", "0n2b9", "9999p0o9"])
        case Mode.PERMUTED:
            return _answer(codes[::-1])
        case Mode.PROSE:
            return f"Voici le tri demandé :\n```json\n{_answer(codes)}\n```\nBonne journée {{:}} !"
        case Mode.EMPTY:
            return ""
        case Mode.UNCONSTRAINED:
            return "Il est midi, bonne journée."
        case _:
            return _answer(codes)


def _pairs(codes: Sequence[str], lines: Sequence[tuple[int, str]]) -> list[tuple[str, tuple[int, str]]]:
    return list(zip(codes, lines, strict=True))


def _doubting(code: str, doubts: bool) -> str:
    return f"{code[:-1]}2" if doubts else code


def _answer(codes: Sequence[str]) -> str:
    return json.dumps({"r": codes})


def _cut(answer: str, at: str) -> str:
    """Cuts an answer inside the first string that does not fit."""
    return answer[: answer.index(at) + 3]
