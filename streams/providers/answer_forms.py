r"""How a server of our own is held to the form of an answer, and the test that it really obeys.

A batch's form names its indices: exactly the strings for 1..n, in order, nothing between them. The form that all APIs
share (streams/core/prompt.py) leaves the number open and, in JSON, white space too. Measured on vLLM 0.32 with a model
of random weights, 60 tweets: with a JSON schema, open or of n items, 0 labels (it writes white space to the end of its
output); with the regular expression 60 of 60, compiled in 0.01 s, and 0.1 s for 1,000 tweets.
"""

from typing import Any, Final, Literal

import openai

Form = Literal["regex", "json_schema"]

FORMS: Final[tuple[Form, ...]] = ("regex", "json_schema")
"""In the order in which a server is tried: vLLM obeys the first, Ollama only the second."""

ONLY_ANSWER: Final = "dallosh"
"""What the self-test allows, and no model says by itself."""

_LABELS: Final = "[nup][0-2][nebsco][0-9]"


def answer_regex(n_items: int) -> str:
    r"""Returns the one form that an answer to `n_items` tweets may have.

    Example: for 2 it is `\{"r":\["1[nup][0-2][nebsco][0-9]","2[nup][0-2][nebsco][0-9]"\]\}`.
    """
    entries = ",".join(f'"{i}{_LABELS}"' for i in range(1, n_items + 1))
    return rf'\{{"r":\[{entries}\]\}}'


def answer_schema(n_items: int) -> dict[str, Any]:
    """Returns the same as a JSON schema.

    Without `items`: the grammar of llama.cpp, which Ollama stands on, would read that in place of `prefixItems`.
    """
    entries = [{"type": "string", "pattern": f"^{i}{_LABELS}$"} for i in range(1, n_items + 1)]
    return _object({"type": "array", "prefixItems": entries, "minItems": n_items, "maxItems": n_items})


def options_of(form: Form, n_items: int) -> dict[str, Any]:
    """Returns the options of a call that hold its answer to the form."""
    return _options(form, answer_regex(n_items), answer_schema(n_items))


def self_test_options(form: Form) -> dict[str, Any]:
    """Returns the options of a call that can be answered by `ONLY_ANSWER` alone."""
    return _options(form, ONLY_ANSWER, _object({"type": "string", "enum": [ONLY_ANSWER]}))


def self_test_answers(form: Form) -> str:
    """Returns that answer, without its white space."""
    return ONLY_ANSWER if form == "regex" else f'{{"r":"{ONLY_ANSWER}"}}'


def _options(form: Form, regex: str, schema: dict[str, Any]) -> dict[str, Any]:
    if form == "regex":
        return {"response_format": openai.omit, "extra_body": {"structured_outputs": {"regex": regex}}}
    wrapped = {"name": "labels", "strict": True, "schema": schema}
    return {"response_format": {"type": "json_schema", "json_schema": wrapped}}


def _object(r: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": {"r": r}, "required": ["r"], "additionalProperties": False}
