"""A question about a record as an operator types it: `error == "RateLimitError" and attempts >= 3`.

Python's grammar, of which little is taken: comparisons, `in`, `and`, `or`, `not`, literals, names, fields of `value`,
and the words `startswith` and `endswith` between two terms. Nothing is called or computed, and nothing is looked up but
what the caller gives. A field that is missing makes its comparison false, whichever it is; so does a wrong type.
"""

import ast
import contextlib
import io
import operator
import tokenize
import warnings
from collections.abc import Callable, Collection
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

MAX_CHARS: Final = 1_000
MAX_DEPTH: Final = 30
VALUE: Final = "value"
"""The one name that has fields: what the caller gives for it is JSON, or None."""

Lookup = Callable[[str], object]
_Part = Callable[[Lookup], Any]

_MISSING: Final = object()
_INFIX: Final = {"startswith": "@", "endswith": "%"}
"""Words that Python's grammar lacks, and an operator of its own that stands in for each while it is parsed."""
_COMPARE: Final[dict[type[ast.cmpop], Callable[[Any, Any], object]]] = {
    ast.Eq: operator.eq, ast.NotEq: operator.ne, ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt,
    ast.GtE: operator.ge, ast.In: lambda left, right: left in right, ast.NotIn: lambda left, right: left not in right,
}  # fmt: skip
_NAMED: Final[dict[type[ast.AST], str]] = {
    ast.Call: "a call", ast.Subscript: "a subscript", ast.Lambda: "a lambda", ast.IfExp: "a conditional",
    ast.BinOp: "arithmetic", ast.JoinedStr: "an f-string", ast.NamedExpr: "an assignment", ast.Dict: "a dictionary",
    ast.ListComp: "a comprehension", ast.SetComp: "a comprehension", ast.DictComp: "a comprehension",
    ast.GeneratorExp: "a comprehension", ast.Starred: "a star", ast.Await: "await", ast.UnaryOp: "arithmetic",
    ast.Constant: "a literal of this kind", ast.Compare: "a comparison as a term", ast.BoolOp: "a condition as a term",
}  # fmt: skip
_DIGEST_DIGITS: Final = 12
_SHOWN_CHARS: Final = 40


class WhereError(ValueError):
    """The expression holds something that is not allowed; the message says what and at which column, from 1."""


@dataclass(frozen=True, slots=True)
class Where:
    """A parsed expression."""

    text: str
    reads_value: bool
    _test: _Part
    _secrets: tuple[tuple[int, int, str], ...]

    def holds(self, lookup: Lookup) -> bool:
        """Tells whether it is true; never raises for what the lookup returns.

        Args:
            lookup: returns what a name stands for; asked only for names that the parser was given.
        """
        return bool(self._test(lookup))

    def redacted(self, salt: str) -> str:
        """Returns the text for a record that is kept, each string that is compared with the value as a salted digest.

        Who knows the string and the salt can show that it was this one; nobody can read it.
        """
        text = self.text.encode()
        for start, end, said in sorted(self._secrets, reverse=True):
            digest = sha256(f"{salt}:{said}".encode("utf-8", "replace")).hexdigest()[:_DIGEST_DIGITS]
            text = text[:start] + f'"#{digest}"'.encode() + text[end:]
        return text.decode()


def parse(text: str, names: Collection[str]) -> Where:
    """Parses an expression.

    Args:
        text: at most `MAX_CHARS` characters on one line.
        names: what it may name.

    Raises:
        WhereError: it is too long, too deep, no expression, or holds what is not allowed.
    """
    text = text.strip()
    if not text:
        raise WhereError("the expression is empty")
    if len(text) > MAX_CHARS:
        raise WhereError(f"the expression has {len(text)} characters; {MAX_CHARS} are allowed")
    if not text.isprintable():
        raise WhereError("the expression holds a character that cannot be printed")
    parser = _Parser(text, names)
    test = parser.condition(_tree(text).body, 0)
    return Where(text, parser.reads_value, test, tuple(parser.secrets))


class _Parser:
    """Turns the nodes that are allowed into functions of a lookup, and refuses the others."""

    def __init__(self, text: str, names: Collection[str]) -> None:
        self.reads_value = False
        self.secrets: list[tuple[int, int, str]] = []
        self._text = text
        self._names = names

    def condition(self, node: ast.expr, depth: int) -> _Part:
        """Returns a test of truth."""
        self._check_depth(node, depth)
        match node:
            case ast.BoolOp(op, values):
                parts = [self.condition(value, depth + 1) for value in values]
                decide = all if isinstance(op, ast.And) else any
                return lambda lookup: decide(part(lookup) for part in parts)
            case ast.UnaryOp(ast.Not(), operand):
                inner = self.condition(operand, depth + 1)
                return lambda lookup: not inner(lookup)
            case ast.Compare():
                return self._comparison(node, depth)
            case ast.BinOp(left, ast.MatMult() | ast.Mod() as op, right):
                self._keep_secrets(node, [left, right])
                first, last = self._term(left, depth + 1), self._term(right, depth + 1)
                holds = str.startswith if isinstance(op, ast.MatMult) else str.endswith
                return lambda lookup: _compared(holds, first(lookup), last(lookup))
            case ast.Name() | ast.Attribute():
                term = self._term(node, depth)
                return lambda lookup: (found := term(lookup)) is not _MISSING and bool(found)
            case ast.Constant():
                raise self._refused(node, "a literal alone, which is always the same,")
        raise self._refused(node)

    def _comparison(self, node: ast.Compare, depth: int) -> _Part:
        nodes = [node.left, *node.comparators]
        self._keep_secrets(node, nodes)
        terms = [self._term(one, depth + 1) for one in nodes]
        compares = [_COMPARE.get(type(op)) for op in node.ops]
        if None in compares:
            raise self._refused(node, "`is`")
        steps = list(zip(compares, terms[1:], strict=True))

        def test(lookup: Lookup) -> bool:
            left = terms[0](lookup)
            for compare, term in steps:
                right = term(lookup)
                if compare is None or not _compared(compare, left, right):
                    return False
                left = right
            return True

        return test

    def _term(self, node: ast.expr, depth: int) -> _Part:
        self._check_depth(node, depth)
        match node:
            case ast.Name(name):
                return self._name(node, name)
            case ast.Attribute():
                return self._field(node)
        literal = self._literal(node, depth)
        return lambda _: literal

    def _name(self, node: ast.Name, name: str) -> _Part:
        if name not in self._names:
            raise self._refused(node, f"a name other than {', '.join(sorted(self._names))}")
        self.reads_value |= name == VALUE
        return lambda lookup: lookup(name)

    def _field(self, node: ast.Attribute) -> _Part:
        path: list[str] = []
        inner: ast.expr = node
        while isinstance(inner, ast.Attribute):
            path.insert(0, inner.attr)
            inner = inner.value
        if not (isinstance(inner, ast.Name) and inner.id == VALUE and VALUE in self._names):
            raise self._refused(node, f"a field of anything but {VALUE}")
        self.reads_value = True
        return lambda lookup: _at(lookup(VALUE), path)

    def _literal(self, node: ast.expr, depth: int) -> object:
        self._check_depth(node, depth)
        match node:
            case ast.Constant(str() | int() | float() | None as literal):
                return literal
            case ast.UnaryOp(ast.USub(), ast.Constant(int() | float() as number)) if not isinstance(number, bool):
                return -number
            case ast.Tuple(elements) | ast.List(elements) | ast.Set(elements):
                return tuple(self._literal(element, depth + 1) for element in elements)
        raise self._refused(node)

    def _keep_secrets(self, node: ast.expr, operands: list[ast.expr]) -> None:
        """Notes the strings that an operator compares with a value: they may be somebody's name."""
        if not any(isinstance(inner, ast.Name) and inner.id == VALUE for one in operands for inner in ast.walk(one)):
            return
        for inner in ast.walk(node):
            if isinstance(inner, ast.Constant) and isinstance(inner.value, str):
                self.secrets.append((inner.col_offset, inner.end_col_offset or inner.col_offset, inner.value))

    def _check_depth(self, node: ast.expr, depth: int) -> None:
        if depth > MAX_DEPTH:
            raise WhereError(f"the expression is nested over {MAX_DEPTH} deep at column {self._column(node)}")

    def _refused(self, node: ast.expr, what: str = "") -> WhereError:
        what = what or _NAMED.get(type(node), f"{type(node).__name__.lower()}")
        end = node.end_col_offset or node.col_offset
        said = self._text.encode()[node.col_offset : end].decode("utf-8", "replace")
        shown = said if len(said) <= _SHOWN_CHARS else f"{said[:_SHOWN_CHARS]}..."
        return WhereError(f"{what} is not allowed at column {self._column(node)}: {shown}")

    def _column(self, node: ast.expr) -> int:
        return len(self._text.encode()[: node.col_offset].decode("utf-8", "replace")) + 1


def _tree(text: str) -> ast.Expression:
    source = _as_python(text)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of escapes in strings; what they mean is Python's business
            return ast.parse(source, mode="eval")
    except SyntaxError as error:
        raise WhereError(f"not understood at column {error.offset or 1}: {error.msg}") from None
    except (ValueError, MemoryError, RecursionError):
        raise WhereError(f"the expression is nested over {MAX_DEPTH} deep") from None


def _as_python(text: str) -> str:
    """Puts an operator, padded to its width, in the place of each word that Python lacks."""
    made = list(text)
    before = ""
    with contextlib.suppress(tokenize.TokenError, SyntaxError):  # the parser says better where it is wrong
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            start, end = token.start[1], token.end[1]
            if token.type == tokenize.COMMENT or (token.type == tokenize.OP and token.string in _INFIX.values()):
                raise WhereError(f"{token.string[:_SHOWN_CHARS]} is not allowed at column {start + 1}")
            if token.type == tokenize.NAME and token.string in _INFIX and before != ".":
                made[start:end] = _INFIX[token.string].ljust(end - start)
            before = token.string
    return "".join(made)


def _compared(compare: Callable[[Any, Any], object], left: object, right: object) -> bool:
    if left is _MISSING or right is _MISSING:
        return False
    try:
        return bool(compare(left, right))
    except (TypeError, ValueError, RecursionError):
        return False


def _at(value: object, path: list[str]) -> object:
    for name in path:
        if not (isinstance(value, dict) and name in value):
            return _MISSING
        value = value[name]
    return value
