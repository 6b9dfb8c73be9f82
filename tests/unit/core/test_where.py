"""`--where`: what it means, what it refuses and where, and that nothing typed or read makes it fail in another way."""

from collections.abc import Mapping
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.core.where_parser import MAX_CHARS, MAX_DEPTH, WhereError, parse

NAMES: Final = frozenset({"error", "attempts", "levels", "value"})
FIELDS: Final[Mapping[str, object]] = {
    "error": "RateLimitError",
    "attempts": 3,
    "levels": ("api", "gpu"),
    "value": {
        "author": "xavier", "likes": None, "tags": [1, 2], "vip": True, "zero": 0, "context": {"text": "allô"}, "é": 1,
        "empty": [], "nested": [[1], []],
    },
}  # fmt: skip


def holds(text: str, fields: Mapping[str, object] = FIELDS) -> bool:
    return parse(text, NAMES).holds(fields.__getitem__)


@pytest.mark.parametrize(
    "text",
    [
        'error == "RateLimitError"',
        'error == "RateLimitError" and attempts >= 3 and value.author startswith "x"',
        "  attempts == 3  ",
        "1 <= attempts < 4",
        'attempts != 4 and "api" in levels and "bert" not in levels',
        "attempts in (1, 3) and attempts in [3] and attempts in {3} and attempts not in (1, 2)",
        'error in ("KeyError", "RateLimitError")',
        'value.author endswith "ier" or error == "no"',
        'not value.author startswith "y"',
        'value.author startswith ("a", "x")',
        '"avi" in value.author',
        "2 in value.tags",
        "value.likes == None",
        "value != None",
        "value.vip and value.vip == True",
        "not value.zero",
        'value.context.text == "allô"',
        "value.é == 1",
        "attempts > -1 and attempts < 3.5",
        'error == "Rate" "Limit" "Error"',
        "not (attempts == 1 or attempts == 2)",
        'error startswith "Rate"',
        "value.tags == [1, 2] and value.tags == (1, 2) and not value.tags != [1, 2]",
        "value.empty == [] and value.nested == [[1], []] and [1] in value.nested and value.tags in ([1, 2], [3])",
        'levels == ["api", "gpu"] and levels == ("api", "gpu") and levels != ["api"]',
    ],
)
def test_it_holds(text: str) -> None:
    assert holds(text) is True


@pytest.mark.parametrize(
    "text",
    [
        'error == "ratelimiterror"',
        "attempts > 3",
        "3 < attempts < 9",
        'value.author startswith "y" or attempts == 2',
        # a missing field makes every comparison false
        "value.nobody == 1",
        "value.nobody != 1",
        "value.nobody == None",
        "value.nobody in (1, 2)",
        "value.nobody not in (1, 2)",
        "value.nobody == value.nobody",
        'value.nobody startswith ""',
        "value.author.first == 1",
        "value.tags.first != 1",
        "value.nobody",
        "not value.vip",
        # so does a wrong type
        'attempts > "3"',
        "1 in attempts",
        "1 not in attempts",
        "value.author < 3",
        'attempts startswith "3"',
        "error startswith 3",
        'error startswith (1, "R")',
        "value.context in {1}",
        "value < 1",
    ],
)
def test_it_does_not_hold(text: str) -> None:
    assert holds(text) is False


@pytest.mark.parametrize("value", [None, 3, "x", [1], True, {}])
@pytest.mark.parametrize("text", ["value.a == 1", "value.a.b != 1", "value.a", "1 in value.a"])
def test_a_value_without_the_field_is_no_failure(value: object, text: str) -> None:
    assert holds(text, {**FIELDS, "value": value}) is False
    assert holds(f"not ({text})", {**FIELDS, "value": value}) is True


def test_values_nested_without_end_compare_as_false() -> None:
    deep: Any = 0
    other: Any = 0
    for _ in range(50_000):
        deep, other = [deep], [other]
    try:
        assert holds("value.a == value.b", {**FIELDS, "value": {"a": deep, "b": other}}) is False
    finally:
        for chain in (deep, other):
            while isinstance(chain, list):
                chain = chain.pop()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("len(error) > 1", "a call is not allowed at column 1: len(error)"),
        ("attempts == 1 and __import__('os').system('x')", "a call is not allowed at column 19"),
        ("error.__class__ == 1", "a field of anything but value is not allowed at column 1: error.__class__"),
        ("(1).real == 1", "a field of anything but value is not allowed at column 1"),
        ("value['a'] == 1", "a subscript is not allowed at column 1: value['a']"),
        ("value.a[0] == 1", "a subscript is not allowed"),
        ("attempts + 1 == 4", "arithmetic is not allowed at column 1: attempts + 1"),
        ("attempts ** attempts == 4", "arithmetic is not allowed"),
        ("'a' * 999999999 == error", "arithmetic is not allowed"),
        ("-attempts == 1", "arithmetic is not allowed"),
        ("error == -True", "arithmetic is not allowed"),
        ("~1 == attempts", "arithmetic is not allowed"),
        ("error @ 'x'", "@ is not allowed at column 7"),
        ("error % 'x'", "% is not allowed at column 7"),
        ("error is None", "`is` is not allowed at column 1: error is None"),
        ("error == 'A' or 'B'", "a literal alone, which is always the same, is not allowed at column 17: 'B'"),
        ("True", "a literal alone"),
        ("...", "a literal alone"),
        ("b'x' == error", "a literal of this kind is not allowed at column 1"),
        ("error == 1j", "a literal of this kind"),
        ("error == ...", "a literal of this kind"),
        ("error in (attempts, 3)", "name is not allowed at column 11: attempts"),
        ("error in (1, (x for x in error))", "a comprehension is not allowed"),
        ("[x for x in error]", "a comprehension is not allowed at column 1"),
        ("{1: 2} == error", "a dictionary is not allowed"),
        ("error == f'{attempts}'", "an f-string is not allowed"),
        ("(error := 1) == 1", "an assignment is not allowed"),
        ("lambda: 1", "a lambda is not allowed at column 1"),
        ("error if error else error", "a conditional is not allowed"),
        ("error == (attempts == 3)", "a comparison as a term is not allowed at column 11"),
        ("error == (attempts or error)", "a condition as a term is not allowed"),
        ("error startswith 'a' startswith 'b'", "arithmetic is not allowed"),
        ("secret == 1", "a name other than attempts, error, levels, value is not allowed at column 1: secret"),
        ("\"é\" == error and secret", "not allowed at column 18: secret"),
        ("error == 1 # all", "# all is not allowed at column 12"),
        ("error ==", "not understood at column"),
        ("error == 'x", "not understood"),
        ("(error == 1", "not understood"),
        ("error == 1)", "not understood at column 11"),
        ("error = 1", "not understood"),
        ("startswith", "not understood"),
        ("yield", "not understood"),
        ("a b", "not understood"),
        ("*error", "not understood"),
        ("import os", "not understood"),
        ("error; error", "not understood"),
        ("$", "not understood"),
        ("", "the expression is empty"),
        ("  ", "the expression is empty"),
        ("error == 1\nor error == 2", "cannot be printed"),
        ("error == '\x00'", "cannot be printed"),
        ("error == '\x1b[2J'", "cannot be printed"),
        ("error == '\udcff'", "cannot be printed"),
        ("error == '\u202e'", "cannot be printed"),
        (f"error == '{'x' * MAX_CHARS}'", f"{MAX_CHARS} are allowed"),
        ("not " * (MAX_DEPTH + 1) + "error", f"nested over {MAX_DEPTH} deep at column {4 * (MAX_DEPTH + 1) + 1}"),
        ("not " * 240 + "error", f"nested over {MAX_DEPTH} deep"),
        (f"error in {'(' * 40}1,{')' * 40}", ""),
        (f"error in {'[' * 40}1{']' * 40}", f"nested over {MAX_DEPTH} deep"),
        ("(" * 480 + "error" + ")" * 480, ""),
        ("-" * 990 + "1", ""),
        ("value" + ".a" * 490 + "(", ""),
    ],
)  # fmt: skip
def test_what_is_not_allowed_is_named_with_its_place(text: str, message: str) -> None:
    if message:
        with pytest.raises(WhereError) as raised:
            parse(text, NAMES)
        assert message in str(raised.value)
        assert len(str(raised.value)) < 200
    else:  # refused or not, it ends in no other way
        try:
            parse(text, NAMES)
        except WhereError:
            return


def test_an_expression_as_deep_as_allowed_is_taken() -> None:
    assert holds("not " * (MAX_DEPTH - 2) + "attempts == 3") is True
    assert parse("value" + ".a" * 400 + " == 1", NAMES).holds(FIELDS.__getitem__) is False


_TOKENS: Final = st.sampled_from(
    ["error", "attempts", "value", ".a", ".", "(", ")", "[", "]", "{", "}", "==", "<", "in", "not", "and", "or", "is",
     "startswith", "endswith", "'x'", '"', "1", "-", "@", "%", ",", ":", "=", ":=", "lambda", "if", "else", "*", "f''",
     "#", "\\", "None", "é", "\N{GREEK SMALL LETTER MU}"]
)  # fmt: skip


@given(st.lists(_TOKENS, max_size=25).map(" ".join) | st.text(max_size=60))
def test_whatever_is_typed_is_an_expression_or_refused(text: str) -> None:
    try:
        where = parse(text, NAMES)
    except WhereError:
        return
    assert where.holds(FIELDS.__getitem__) in (True, False)
    assert isinstance(where.redacted(), str)


_JSON: Final = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=8,
)


@given(_JSON, _JSON)
def test_whatever_a_value_holds_a_comparison_is_true_or_false(value: object, error: object) -> None:
    for text in ("value.a == value.b", "value.a < value.b.c", "value.a in value.b", "error not in value.a",
                 "value.a startswith error", "value.a", "value <= error"):  # fmt: skip
        assert holds(text, {**FIELDS, "value": value, "error": error}) in (True, False)


def test_the_lookup_is_asked_for_no_other_name() -> None:
    asked: list[str] = []

    def lookup(name: str) -> object:
        asked.append(name)
        return None

    where = parse('error == "a" or value.b.c == 1', NAMES)
    assert where.holds(lookup) is False
    assert asked == ["error", "value"]


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ('error == "E" and (value.author == "émile" or value.text startswith \'allô\')',
         'error == "E" and (value.author == ? or value.text startswith ?)'),
        ("attempts > 3 and value.likes > 3", "attempts > 3 and value.likes > ?"),
        ('"x" in value.tags', "? in value.tags"),
        ("value.author in ('émile', 'zoé') or value.id == -15", "value.author in ? or value.id == ?"),
        ("1 <= value.likes < 4", "? <= value.likes < ?"),
        ("value.author == 'é' 'mile' and error == 'é'", "value.author == ? and error == 'é'"),
        ("value != None", "value != ?"),
        ("value.author endswith ('a', ('b'))", "value.author endswith ?"),
    ],
)  # fmt: skip
def test_nothing_that_is_compared_with_the_value_is_kept(text: str, kept: str) -> None:
    assert parse(text, NAMES).redacted() == kept
