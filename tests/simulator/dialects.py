"""How each provider words requests, answers and errors."""

import json
import re
from typing import Any

from tests.simulator.modes import Mode, Reply

_LINE = re.compile(r"([1-9][0-9]{0,3})\|(.*)", re.DOTALL)

_GOOGLE_STATUS = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    402: "FAILED_PRECONDITION",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    503: "UNAVAILABLE",
}
_GOOGLE_FINISH = {"stop": "STOP", "length": "MAX_TOKENS", "safety": "SAFETY"}


def texts(provider: str, body: dict[str, Any]) -> tuple[str, str]:
    """Returns the system and the user text of a request."""
    if provider == "gemini":
        system = body.get("systemInstruction") or body.get("system_instruction") or {"parts": [{"text": ""}]}
        return system["parts"][0]["text"], body["contents"][0]["parts"][0]["text"]
    return body["messages"][0]["content"], body["messages"][-1]["content"]


def lines(user: str) -> list[tuple[int, str]]:
    """Returns the numbered lines of a prompt."""
    matches = (_LINE.fullmatch(line) for line in user.split("\n"))
    return [(int(match.group(1)), match.group(2)) for match in matches if match]


def forced_answer(body: dict[str, Any]) -> str | None:
    """Returns the only answer that the request's schema allows, where it allows but one."""
    schema = (body.get("response_format") or {}).get("json_schema", {}).get("schema", {})
    allowed = schema.get("properties", {}).get("r", {}).get("enum")
    return json.dumps({"r": allowed[0]}) if allowed else None


def answer(provider: str, body: dict[str, Any], reply: Reply, *, n_in: int, n_out: int) -> dict[str, Any]:
    """Returns the body of a 200."""
    return _gemini_answer(reply, n_in, n_out) if provider == "gemini" else _chat_answer(body, reply, n_in, n_out)


def error(provider: str, status: int, mode: Mode) -> dict[str, Any]:
    """Returns the body of an error; like the real ones it may quote the request."""
    message, code = _words(status, mode)
    if provider == "gemini":
        details: list[dict[str, Any]] = []
        if mode is Mode.RETRY_INFO:
            details.append({"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "60s"})
        if mode is Mode.QUOTA:
            details.append(
                {
                    "@type": "type.googleapis.com/google.rpc.QuotaFailure",
                    "violations": [{"quotaId": "GenerateRequestsPerDayPerProjectPerModel"}],
                }
            )
        return {"error": {"code": status, "message": message, "status": _GOOGLE_STATUS[status], "details": details}}
    if provider == "mistral":
        return {"object": "error", "message": message, "type": code, "code": code}
    return {"error": {"message": message, "type": code, "param": None, "code": code}}


def _words(status: int, mode: Mode) -> tuple[str, str]:
    match mode:
        case Mode.CONTEXT_LENGTH:
            return (
                "This model's maximum context length is 2048 tokens; the input exceeds the maximum number of tokens",
                "context_length_exceeded",
            )
        case Mode.SAFETY:
            return "The response was filtered by the content management policy", "content_filter"
        case Mode.QUOTA:
            return "You exceeded your current quota, check your plan", "insufficient_quota"
        case _:
            return f"simulated {status}", f"simulated_{status}"


def _chat_answer(body: dict[str, Any], reply: Reply, n_in: int, n_out: int) -> dict[str, Any]:
    finish = "content_filter" if reply.finish == "safety" else reply.finish
    return {
        "id": "simulated",
        "object": "chat.completion",
        "created": 0,
        "model": body["model"],
        "choices": [{"index": 0, "finish_reason": finish, "message": {"role": "assistant", "content": reply.text}}],
        "usage": {
            "prompt_tokens": n_in,
            "completion_tokens": n_out,
            "total_tokens": n_in + n_out,
            "prompt_tokens_details": {"cached_tokens": 0},
        },
    }


def _gemini_answer(reply: Reply, n_in: int, n_out: int) -> dict[str, Any]:
    usage = {"promptTokenCount": n_in, "candidatesTokenCount": n_out, "totalTokenCount": n_in + n_out}
    if reply.finish == "safety":
        return {"promptFeedback": {"blockReason": "SAFETY"}, "usageMetadata": usage}
    candidate = {
        "index": 0,
        "finishReason": _GOOGLE_FINISH[reply.finish],
        "content": {"role": "model", "parts": [{"text": reply.text}]},
    }
    return {"candidates": [candidate], "usageMetadata": usage}
