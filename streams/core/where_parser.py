"""A question about a record as an operator types it: `error == "RateLimitError" and attempts >= 3`.

Python's grammar, of which little is taken: comparisons, `in`, `and`, `or`, `not`, literals, names, fields of `value`,
and the words `startswith` and `endswith` between two terms. Nothing is called or computed, and nothing is looked up but
what the caller gives; `where` tells how it is decided.
"""

import ast
import contextlib
import io
import operator
import tokenize
import warnings
from collections.abc import Collection
from typing import Final

from streams.core.where import (
    VALUE,
    Compare,
    Part,
    Where,
    at,
    chained,
    compared,
    contains,
    ends_with,
    is_true,
    named,
    starts_with,
)

MAX_CHARS: Final = 1_000
MAX_DEPTH: Final = 30
_INFIX: Final = {"startswith": "@", "endswith": "%"}
"""Words that Python's grammar lacks, and an operator of its own that stands in for each while it is parsed."""
_COMPARE: Final[dict[type[ast.cmpop], Compare]] = {
    ast.Eq: operator.eq, ast.NotEq: operator.ne, ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt,
    ast.GtE: operator.ge, ast.In: contains, ast.NotIn: lambda left, right: not contains(left, right),
}  # fmt: skip
_NAMED: Final[dict[type[ast.AST], str]] = {
    ast.Call: "a call", ast.Subscript: "a subscript", ast.Lambda: "a lambda", ast.IfExp: "a conditional",
    ast.BinOp: "arithmetic", ast.JoinedStr: "an f-string", ast.NamedExpr: "an assignment", ast.Dict: "a dictionary",
    ast.ListComp: "a comprehension", ast.SetComp: "a comprehension", ast.DictComp: "a comprehension",
    ast.GeneratorExp: "a comprehension", ast.Starred: "a star", ast.Await: "await", ast.UnaryOp: "arithmetic",
    ast.Constant: "a literal of this kind", ast.Compare: "a comparison as a term", ast.BoolOp: "a condition as a term",
}  # fmt: skip
_SHOWN_CHARS: Final = 40


class WhereError(ValueError):
    """The expression holds something that is not allowed; the message says what and at which column, from 1."""


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
    return Where(text, test, tuple(parser.secrets))


class _Parser:
    """Turns the nodes that are allowed into functions of a lookup, and refuses the others."""

    def __init__(self, text: str, names: Collection[str]) -> None:
        self.secrets: list[tuple[int, int]] = []
        self._text = text
        self._names = names

    def condition(self, node: ast.expr, depth: int) -> Part:
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
                holds = starts_with if isinstance(op, ast.MatMult) else ends_with
                return lambda lookup: compared(holds, first(lookup), last(lookup))
            case ast.Name() | ast.Attribute():
                term = self._term(node, depth)
                return lambda lookup: is_true(term(lookup))
            case ast.Constant():
                raise self._refused(node, "a literal alone, which is always the same,")
        raise self._refused(node)

    def _comparison(self, node: ast.Compare, depth: int) -> Part:
        nodes = [node.left, *node.comparators]
        self._keep_secrets(node, nodes)
        first, *others = [self._term(one, depth + 1) for one in nodes]
        compares = [_COMPARE[type(op)] for op in node.ops if type(op) in _COMPARE]
        if len(compares) < len(node.ops):
            raise self._refused(node, "`is`")
        return chained(first, list(zip(compares, others, strict=True)))

    def _term(self, node: ast.expr, depth: int) -> Part:
        self._check_depth(node, depth)
        match node:
            case ast.Name(name):
                return self._name(node, name)
            case ast.Attribute():
                return self._field(node)
        literal = self._literal(node, depth)
        return lambda _: literal

    def _name(self, node: ast.Name, name: str) -> Part:
        if name not in self._names:
            raise self._refused(node, f"a name other than {', '.join(sorted(self._names))}")
        return lambda lookup: named(lookup, name)

    def _field(self, node: ast.Attribute) -> Part:
        path: list[str] = []
        inner: ast.expr = node
        while isinstance(inner, ast.Attribute):
            path.insert(0, inner.attr)
            inner = inner.value
        if not (isinstance(inner, ast.Name) and inner.id == VALUE and VALUE in self._names):
            raise self._refused(node, f"a field of anything but {VALUE}")
        return lambda lookup: at(lookup(VALUE), path)

    def _literal(self, node: ast.expr, depth: int) -> object:
        self._check_depth(node, depth)
        match node:
            case ast.Constant(str() | int() | float() | None as literal):
                return literal
            case ast.UnaryOp(ast.USub(), ast.Constant(int() | float() as number)) if not isinstance(number, bool):
                return -number
            case ast.Tuple(elements) | ast.List(elements) | ast.Set(elements):
                return [self._literal(element, depth + 1) for element in elements]
        raise self._refused(node)

    def _keep_secrets(self, node: ast.expr, operands: list[ast.expr]) -> None:
        """Notes the literals that an operator compares with a value: they may tell who somebody is."""
        if not any(isinstance(inner, ast.Name) and inner.id == VALUE for one in operands for inner in ast.walk(one)):
            return
        for one in operands:
            if isinstance(one, (ast.Name, ast.Attribute)):
                continue
            self.secrets.append((one.col_offset, one.end_col_offset or one.col_offset))

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
