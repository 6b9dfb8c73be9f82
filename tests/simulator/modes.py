"""What the simulator plays on demand, and the answers that its modes give to a batch."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Literal

from tests.simulator.rule import code_for

LIMIT_ITEMS: Final = 4
"""Lines that fit the context in mode `context_length`, and answers that fit the output in mode `length`."""

BLOCKED_WORD: Final = "sim-bloque"
"""In mode `safety` a batch with this word is refused."""

Finish = Literal["stop", "length", "safety"]


class Mode(StrEnum):
    """How a provider behaves."""

    OK = "ok"
    SLOW = "slow"
    RATE_LIMITED = "rate_limited"
    RATE_LIMITED_SHORT = "rate_limited_short"
    RATE_LIMITED_LONG = "rate_limited_long"
    RETRY_INFO = "retry_info"
    QUOTA = "quota"
    UNAUTHORISED = "unauthorised"
    PAYMENT = "payment"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not_found"
    ERROR = "error"
    UNAVAILABLE = "unavailable"
    HTML_502 = "html_502"
    HTML_200 = "html_200"
    DROPPED = "dropped"
    HANG = "hang"
    DRIP = "drip"
    BAD_REQUEST = "bad_request"
    CONTEXT_LENGTH = "context_length"
    TRUNCATED = "truncated"
    LENGTH = "length"
    SAFETY = "safety"
    LOST = "lost"
    DUPLICATED = "duplicated"
    CONFLICTING = "conflicting"
    INVENTED = "invented"
    PERMUTED = "permuted"
    PROSE = "prose"
    EMPTY = "empty"
    UNCONSTRAINED = "unconstrained"


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer and how it ended."""

    text: str
    finish: Finish = "stop"


def reply_to(lines: Sequence[tuple[int, str]], mode: Mode) -> Reply:
    """Returns what a model in this mode says of the lines `(index, text)`."""
    codes = [code_for(index, text) for index, text in lines]
    match mode:
        case Mode.SAFETY if any(BLOCKED_WORD in text for _, text in lines):
            return Reply("", "safety")
        case Mode.LENGTH if len(codes) > LIMIT_ITEMS:
            return Reply(_cut(_answer(codes), '"' + codes[LIMIT_ITEMS]), "length")
        case Mode.TRUNCATED:
            whole = _answer(codes)
            return Reply(whole[: len(whole) // 2])
        case Mode.LOST:
            return Reply(_answer([code for (index, _), code in zip(lines, codes, strict=True) if index % 3]))
        case Mode.DUPLICATED:
            return Reply(_answer([code for code in codes for _ in range(2)]))
        case Mode.CONFLICTING:
            other = codes[0].replace(codes[0][-2], "o" if codes[0][-2] != "o" else "n")
            return Reply(_answer([*codes, other]))
        case Mode.INVENTED:
            return Reply(_answer([*codes, f"{len(codes) + 1}n2b9", "0n2b9", "9999p0o9"]))
        case Mode.PERMUTED:
            return Reply(_answer(codes[::-1]))
        case Mode.PROSE:
            return Reply(f"Voici le tri demandé :\n```json\n{_answer(codes)}\n```\nBonne journée {{:}} !")
        case Mode.EMPTY:
            return Reply("")
        case Mode.UNCONSTRAINED:
            return Reply("Il est midi, bonne journée.")
        case _:
            return Reply(_answer(codes))


def _answer(codes: Sequence[str]) -> str:
    return json.dumps({"r": codes})


def _cut(answer: str, at: str) -> str:
    """Cuts an answer inside the first string that does not fit."""
    return answer[: answer.index(at) + 3]
