"""How each provider words requests and answers."""

import json
import math
import re
from dataclasses import dataclass
from typing import Any, Final

from tests.simulator.metering import n_tokens, pieces
from tests.simulator.modes import Reply

_LINE: Final = re.compile(r"([1-9][0-9]{0,3})\|(.*)", re.DOTALL)
_CODE: Final = re.compile(r'"([1-9][0-9]{0,3})[nup]')
_GOOGLE_FINISH: Final = {"stop": "STOP", "length": "MAX_TOKENS", "safety": "SAFETY"}

THOUGHT: Final = "Je relis chaque tweet, puis la consigne, avant de répondre. " * 40
"""What a model thinks in mode `thinking`: more than twice the answer to a batch of a few tweets."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request, whatever its dialect. `max_output` is None where the caller sets no limit."""

    provider: str
    model: str
    system: str
    user: str
    max_output: int | None
    logprobs: bool
    body: dict[str, Any]

    @property
    def lines(self) -> list[tuple[int, str]]:
        """The numbered lines of the prompt."""
        matches = (_LINE.fullmatch(line) for line in self.user.split("\n"))
        return [(int(match.group(1)), match.group(2)) for match in matches if match]

    @property
    def forced(self) -> str | None:
        """The only answer that the request's schema or expression allows, where it allows but one."""
        expression = (self.body.get("structured_outputs") or {}).get("regex", "")
        if expression.isalpha() and self.provider == "vllm":
            return str(expression)
        schema = (self.body.get("response_format") or {}).get("json_schema", {}).get("schema", {})
        allowed = schema.get("properties", {}).get("r", {}).get("enum")
        return json.dumps({"r": allowed[0]}) if allowed else None


def asked(provider: str, model: str, body: dict[str, Any]) -> Asked:
    """Reads a request; `model` is the one of the path, empty where the body names it."""
    if provider == "gemini":
        system = body.get("systemInstruction") or body.get("system_instruction") or {"parts": [{"text": ""}]}
        config = body.get("generationConfig") or body.get("generation_config") or {}
        texts = system["parts"][0]["text"], body["contents"][0]["parts"][0]["text"]
        limit, logprobs = config.get("maxOutputTokens"), False
    else:
        texts = body["messages"][0]["content"], body["messages"][-1]["content"]
        limit, logprobs = body.get("max_completion_tokens") or body.get("max_tokens"), bool(body.get("logprobs"))
        model = model or str(body["model"])
    return Asked(
        provider=provider, model=model, system=texts[0], user=texts[1], max_output=limit, logprobs=logprobs, body=body
    )


def n_thought(reply: Reply, model: str) -> int:
    """Counts the tokens of what the model thinks before it answers."""
    return n_tokens(model, THOUGHT) if reply.thinks else 0


def answer(request: Asked, reply: Reply, *, n_in: int, n_out: int) -> dict[str, Any]:
    """Returns the body of a 200; `n_out` are the tokens of the answer alone."""
    thought = n_thought(reply, request.model)
    if request.provider == "gemini":
        return _gemini_answer(reply, n_in, n_out, thought)
    return _chat_answer(request, reply, n_in, n_out, thought)


def _chat_answer(request: Asked, reply: Reply, n_in: int, n_out: int, thought: int) -> dict[str, Any]:
    message = _message(request.provider, reply)
    finish = "content_filter" if reply.finish == "safety" and "refusal" not in message else reply.finish
    choice = {"index": 0, "finish_reason": "stop" if finish == "safety" else finish, "message": message}
    if request.logprobs:
        choice["logprobs"] = {"content": _logprobs(reply), "refusal": None}
    usage: dict[str, Any] = {
        "prompt_tokens": n_in,
        "completion_tokens": n_out + thought,
        "total_tokens": n_in + n_out + thought,
        "prompt_tokens_details": {"cached_tokens": 0},
    }
    if request.provider in ("openai", "azure"):
        usage["completion_tokens_details"] = {"reasoning_tokens": thought}
    return {
        "id": "simulated",
        "object": "chat.completion",
        "created": 0,
        "model": request.model,
        "choices": [choice],
        "usage": usage,
    }


def _message(provider: str, reply: Reply) -> dict[str, Any]:
    if reply.thinks and provider == "mistral":
        thinking = {"type": "thinking", "thinking": [{"type": "text", "text": THOUGHT}]}
        return {"role": "assistant", "content": [thinking, {"type": "text", "text": reply.text}]}
    if provider == "openai" and reply.finish == "safety" and not reply.text:
        return {"role": "assistant", "content": None, "refusal": "I cannot help with that."}
    message = {"role": "assistant", "content": reply.text}
    return {**message, "reasoning_content": THOUGHT} if reply.thinks and provider in ("vllm", "ollama") else message


def _logprobs(reply: Reply) -> list[dict[str, Any]]:
    """Gives every token of the answer a probability of 0.99, and 0.5 against 0.45 in the labels of doubtful entries."""
    found: list[dict[str, Any]] = []
    said, index = "", 0
    for piece in pieces(reply.text):
        said += piece
        for match in _CODE.finditer(said):
            index = int(match.group(1))
        doubts = index in reply.doubtful and re.search("[a-z]", piece) is not None
        first, second = (0.5, 0.45) if doubts else (0.99, 0.005)
        others = [_token(piece, first), _token("?", second)]
        found.append({**others[0], "top_logprobs": others})
        said = said[-8:]
    return found


def _token(text: str, probability: float) -> dict[str, Any]:
    return {"token": text, "logprob": round(math.log(probability), 6), "bytes": list(text.encode())}


def _gemini_answer(reply: Reply, n_in: int, n_out: int, thought: int) -> dict[str, Any]:
    usage = {"promptTokenCount": n_in, "candidatesTokenCount": n_out, "totalTokenCount": n_in + n_out + thought}
    if thought:
        usage["thoughtsTokenCount"] = thought
    if reply.finish == "safety" and not reply.text:
        return {"promptFeedback": {"blockReason": "SAFETY"}, "usageMetadata": usage}
    candidate = {
        "index": 0,
        "finishReason": _GOOGLE_FINISH[reply.finish],
        "content": {"role": "model", "parts": [{"text": reply.text}]},
    }
    return {"candidates": [candidate], "usageMetadata": usage}
