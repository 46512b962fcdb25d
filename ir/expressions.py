"""SQL scalar expressions: text in, a tree of known nodes out. Nothing of the text reaches an engine."""

from __future__ import annotations

import datetime
import re
from decimal import Decimal

from ir.expression_lexer import ExpressionSyntax, Span, Token, tokenize
from ir.expression_nodes import (
    Between,
    Binary,
    BinaryOperator,
    Call,
    Case,
    Cast,
    Column,
    Expression,
    InList,
    Interval,
    Is,
    Like,
    Literal,
    Logic,
    SortItem,
    Star,
    TimeLiteral,
    Unary,
)
from ir.types import DataType, parse_type

__all__ = ["Between", "Binary", "Call", "Case", "Cast", "Column", "Expression", "ExpressionSyntax", "InList",
           "Interval", "Is", "Like", "Literal", "Logic", "SortItem", "Star", "TimeLiteral", "Unary",
           "parse_expression"]  # fmt: skip

MAX_DEPTH = 32
MAX_CHAIN = 128
"""Levels of nesting and operators of left-deep chains: together they keep every later walk over the tree
within Python's recursion limit. and, or and case branches are flat and count for nothing."""

_BINDING: dict[str, int] = {"||": 5, "+": 6, "-": 6, "*": 7, "/": 7, "//": 7, "%": 7}
_COMPARISON = {"=": "=", "<>": "<>", "!=": "<>", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
_RESERVED = frozenset(
    "and or not case when then else end between in like ilike is null true false distinct from where "
    "select union having group order limit as on join over".split()
)
_MICROSECONDS = {"hour": 3_600_000_000, "minute": 60_000_000, "second": 1_000_000, "millisecond": 1_000,
                 "microsecond": 1}  # fmt: skip
_MONTHS = {"month": 1, "quarter": 3, "year": 12}
_DAYS = {"day": 1, "week": 7}


def parse_expression(text: str) -> Expression:
    """The tree of `text`, whose spans count characters of `text`.

    Raises:
        ExpressionSyntax: what was seen, where, and what to write.
    """
    parser = _Parser(tokenize(text))
    if parser.token.kind == "end":
        raise ExpressionSyntax("the expression is empty", (0, max(1, len(text))), "write a column or a calculation")
    found = parser.expression()
    parser.expect_end()
    return found


class _Parser:
    """Precedence climbing over the tokens: or, and, not, comparison, ||, + -, * / // %, sign, ::, value."""

    def __init__(self, tokens: list[Token]) -> None:
        self._tokens = tokens
        self._at = 0
        self._depth = 0
        self._chain = 0

    @property
    def token(self) -> Token:
        return self._tokens[self._at]

    def expect_end(self) -> None:
        token = self.token
        if token.kind == "end":
            return
        if self._is_word("over"):
            raise ExpressionSyntax("a window is not written inside the expression", token.span,
                                   "use a transform of type window with partition_by and order_by")  # fmt: skip
        if self._is_word("as"):
            raise ExpressionSyntax("the name of a column is not written inside the expression", token.span,
                                   "write it as the key: name: expression")  # fmt: skip
        hint = "a text stands in single quotes, a column with an odd name in double quotes"
        raise ExpressionSyntax(f"{_seen(token)} follows a complete expression", token.span, hint)

    def expression(self) -> Expression:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise _too_deep(self.token.span)
        found = self._logic("or")
        self._depth -= 1
        return found

    def _logic(self, word: str) -> Expression:
        first = self._logic("and") if word == "or" else self._negation()
        if not self._is_word(word):
            return first
        terms = [first]
        while self._accept_word(word):
            terms.append(self._logic("and") if word == "or" else self._negation())
        return Logic("or" if word == "or" else "and", tuple(terms), (first.span[0], terms[-1].span[1]))

    def _negation(self) -> Expression:
        start = self.token.span[0]
        count = 0
        while self._accept_word("not"):
            count += 1
        found = self._comparison()
        return Unary("not", found, (start, found.span[1])) if count % 2 else found

    def _comparison(self) -> Expression:
        left = self._arithmetic(5)
        while (following := self._compared(left)) is not None:
            left = following
            self._lengthen()
        return left

    def _lengthen(self) -> None:
        self._chain += 1
        if self._chain > MAX_CHAIN:
            raise ExpressionSyntax(f"the expression has more than {MAX_CHAIN} operators", self.token.span,
                                   "compute a part in a column of its own, in a map before this step")  # fmt: skip

    def _compared(self, left: Expression) -> Expression | None:
        """`left` with the comparison that follows it, or None when none does."""
        token = self.token
        start = left.span[0]
        if token.kind == "operator" and token.text in _COMPARISON:
            self._at += 1
            right = self._arithmetic(5)
            operator: BinaryOperator = _COMPARISON[token.text]  # type: ignore[assignment]
            return Binary(operator, left, right, (start, right.span[1]))
        if token.kind != "name":
            return None
        if self._accept_word("is"):
            return self._tested(left)
        following = self._tokens[min(self._at + 1, len(self._tokens) - 1)]
        negated = token.text == "not" and following.kind == "name" and following.text in {"like", "ilike", "in",
                                                                                        "between"}  # fmt: skip
        if negated:
            self._at += 1
        found: Expression
        if self._accept_word("between"):
            low = self._arithmetic(5)
            self._expect_word("and")
            high = self._arithmetic(5)
            found = Between(left, low, high, (start, high.span[1]))
        elif self._accept_word("in"):
            self._expect("(")
            if self._is_word("select"):
                raise _no_subquery(self.token.span)
            choices = self._list(")")
            found = InList(left, choices, (start, self._tokens[self._at - 1].span[1]))
        elif self._is_word("like") or self._is_word("ilike"):
            any_case = self.token.text == "ilike"
            self._at += 1
            pattern = self._arithmetic(5)
            found = Like(left, pattern, (start, pattern.span[1]), any_case)
        else:
            return None
        return Unary("not", found, found.span) if negated else found

    def _tested(self, left: Expression) -> Expression:
        negated = self._accept_word("not")
        token = self.token
        found: Expression
        if self._accept_word("distinct"):
            self._expect_word("from")
            right = self._arithmetic(5)
            found = Binary("is distinct from", left, right, (left.span[0], right.span[1]))
        elif token.kind == "name" and token.text in {"null", "true", "false"}:
            self._at += 1
            what = {"null": None, "true": True, "false": False}[token.text]
            found = Is(left, what, (left.span[0], token.span[1]))
        else:
            raise ExpressionSyntax(f"{_seen(token)} cannot follow is", token.span,
                                   "write is null, is not null, is true, is false or is distinct from")  # fmt: skip
        return Unary("not", found, found.span) if negated else found

    def _arithmetic(self, least: int) -> Expression:
        left = self._signed()
        while self.token.kind == "operator" and _BINDING.get(self.token.text, 0) >= least:
            operator: BinaryOperator = self.token.text  # type: ignore[assignment]
            self._at += 1
            right = self._arithmetic(_BINDING[operator] + 1)
            left = Binary(operator, left, right, (left.span[0], right.span[1]))
            self._lengthen()
        return left

    def _signed(self) -> Expression:
        token = self.token
        if token.kind == "operator" and token.text in {"-", "+"}:
            self._at += 1
            self._depth += 1
            if self._depth > MAX_DEPTH:
                raise _too_deep(token.span)
            value = self._signed()
            self._depth -= 1
            span = (token.span[0], value.span[1])
            if isinstance(value, Literal) and isinstance(value.value, int | float | Decimal):
                if token.text == "+":
                    return Literal(value.value, span)
                # unary minus of a Decimal rounds to the context's 28 digits; copy_negate keeps all
                number = value.value
                return Literal(number.copy_negate() if isinstance(number, Decimal) else -number, span)
            return Unary("-" if token.text == "-" else "+", value, span)
        return self._converted()

    def _converted(self) -> Expression:
        value = self._value()
        while self._accept("::"):
            kind_start = self.token.span[0]
            end = self._skip_type()
            value = Cast(value, self._type(kind_start, end), (value.span[0], end))
            self._lengthen()
        return value

    def _value(self) -> Expression:
        token = self.token
        self._at += 1
        if token.kind == "number":
            return Literal(_number(token.text), token.span)
        if token.kind == "text":
            return Literal(token.text, token.span)
        if token.kind == "quoted":
            return self._path(token)
        if token.kind == "name":
            return self._word(token)
        if token.kind == "operator" and token.text in {"(", "{{"}:
            if self._is_word("select") or self._is_word("with"):
                raise _no_subquery(self.token.span)
            inside = self.expression()
            self._expect(")" if token.text == "(" else "}}")
            return inside
        self._at -= 1
        if token.kind == "end":
            raise ExpressionSyntax("the expression ends where a value is needed", token.span)
        hint = "* stands only in count(*)" if token.text == "*" else None
        raise ExpressionSyntax(f"{_seen(token)} stands where a value is needed", token.span, hint)

    def _word(self, token: Token) -> Expression:
        """What begins with a name: a keyword's form, a call or a column."""
        word = token.text
        after = self.token
        if word in {"true", "false", "null"}:
            return Literal({"true": True, "false": False, "null": None}[word], token.span)
        if word == "case":
            return self._case(token)
        if word in {"current_date", "current_timestamp"} and not self._is("("):
            return Call("today" if word == "current_date" else "now", (), token.span)
        if after.kind == "text" and word in {"date", "timestamp", "datetime", "time", "interval"}:
            self._at += 1
            span = (token.span[0], after.span[1])
            return self._interval(after.text, span) if word == "interval" else _time_literal(word, after.text, span)
        if word == "interval" and after.kind == "number":
            self._at += 1
            return self._interval(after.text, (token.span[0], after.span[1]))
        if after.kind == "operator" and after.text == "(" and word not in {"and", "or", "not"}:
            return self._call(token)
        if word == "select":
            raise _no_subquery(token.span)
        if word in _RESERVED:
            raise ExpressionSyntax(f"{token.original} stands where a value is needed", token.span,
                                   f'a column of that name stands in double quotes: "{token.original}"')  # fmt: skip
        return self._path(token)

    def _path(self, token: Token) -> Expression:
        names = [token.text if token.kind == "quoted" else token.original]
        end = token.span[1]
        while self._accept("."):
            part = self.token
            if part.kind not in {"name", "quoted"}:
                if part.text == "*":
                    raise ExpressionSyntax("* stands only in count(*)", part.span)
                raise ExpressionSyntax(f"{_seen(part)} follows a point where a name is needed", part.span)
            self._at += 1
            names.append(part.original if part.kind == "name" else part.text)
            end = part.span[1]
        span = (token.span[0], end)
        if len(names) > 1 and self._is("("):
            raise ExpressionSyntax(f"{names[-1]}( is a method call, which expressions do not have", span,
                                   "write function(value), such as upper(name) or contains(name, 'x')")  # fmt: skip
        return Column(tuple(names), span, quoted=token.kind == "quoted")

    def _call(self, token: Token) -> Expression:
        self._expect("(")
        if token.text in {"cast", "try_cast"}:
            return self._cast(token)
        special = self._special_call(token)
        if special is not None:
            return special
        distinct = self._accept_word("distinct")
        args: tuple[Expression, ...] = ()
        order_by: tuple[SortItem, ...] = ()
        if self._is("*") and self._tokens[self._at + 1].text == ")":
            args = (Star(self.token.span),)
            self._at += 1
        elif not self._is(")"):
            if self._is_word("select"):
                raise _no_subquery(self.token.span)
            args = self._items()
        if self._accept_word("order"):
            self._expect_word("by")
            order_by = self._order()
        self._expect(")")
        return self._filtered(Call(token.text, args, (token.span[0], self._last_end()), distinct, None, order_by))

    def _filtered(self, call: Call) -> Expression:
        if not (self._is_word("filter") and self._tokens[self._at + 1].text == "("):
            return call
        self._at += 1
        self._expect("(")
        self._expect_word("where")
        where = self.expression()
        self._expect(")")
        return Call(call.name, call.args, (call.span[0], self._last_end()), call.distinct, where, call.order_by)

    def _special_call(self, token: Token) -> Expression | None:
        """`extract(year from x)`, `position('a' in x)`, `substring(x from 2 for 3)`: None for the plain form."""
        start = self._at
        if token.text == "extract" and self.token.kind in {"name", "text"}:
            part = self.token
            self._at += 1
            if self._accept_word("from"):
                value = self.expression()
                self._expect(")")
                return Call("extract", (Literal(part.text, part.span), value), (token.span[0], self._last_end()))
            self._at = start
        if token.text == "position" and not self._is(")"):
            part_of = self._arithmetic(5)
            if self._accept_word("in"):
                text = self.expression()
                self._expect(")")
                return Call("position", (text, part_of), (token.span[0], self._last_end()))
            self._at = start
        if token.text == "substring" and not self._is(")"):
            text = self.expression()
            if self._accept_word("from"):
                args = [text, self.expression()]
                if self._is_word("for"):
                    self._at += 1
                    args.append(self.expression())
                self._expect(")")
                return Call("substring", tuple(args), (token.span[0], self._last_end()))
            self._at = start
        return None

    def _cast(self, token: Token) -> Expression:
        value = self.expression()
        self._expect_word("as")
        start = self.token.span[0]
        end = self._skip_type()
        kind = self._type(start, end)
        self._expect(")")
        return Cast(value, kind, (token.span[0], self._last_end()), token.text == "try_cast")

    def _skip_type(self) -> int:
        """Past the words and brackets of a type; the offset where it ends."""
        end = self.token.span[1]
        while self.token.kind == "name" and self.token.text not in _RESERVED:
            end = self.token.span[1]
            self._at += 1
            if self._is("("):
                depth = 0
                while self.token.kind != "end":
                    depth += (self.token.text == "(") - (self.token.text == ")")
                    end = self.token.span[1]
                    self._at += 1
                    if depth == 0:
                        break
        return end

    def _type(self, start: int, end: int) -> DataType:
        first = next(index for index, each in enumerate(self._tokens) if each.span[0] == start)
        text = " ".join(each.original for each in self._tokens[first : self._at])
        try:
            return parse_type(re.sub(r" ?([(),]) ?", r"\1", text))
        except ValueError as error:
            raise ExpressionSyntax(str(error), (start, max(end, start + 1))) from error

    def _case(self, token: Token) -> Expression:
        operand = None if self._is_word("when") else self.expression()
        branches: list[tuple[Expression, Expression]] = []
        while self._accept_word("when"):
            condition = self.expression()
            self._expect_word("then")
            branches.append((condition, self.expression()))
        if not branches:
            raise ExpressionSyntax(f"{_seen(self.token)} stands where case needs a when", self.token.span,
                                   "write case when condition then value else other end")  # fmt: skip
        otherwise = self.expression() if self._accept_word("else") else None
        self._expect_word("end")
        return Case(tuple(branches), otherwise, (token.span[0], self._last_end()), operand)

    def _interval(self, amount: str, span: Span) -> Expression:
        """`interval '90' day`, `interval 3 month`, `interval '1 day 2 hours'`."""
        unit = self.token
        if unit.kind == "name" and unit.text.rstrip("s") in _MICROSECONDS.keys() | _MONTHS.keys() | _DAYS.keys():
            self._at += 1
            amount = f"{amount} {unit.text}"
            span = (span[0], unit.span[1])
        parts = re.findall(r"\s*([+-]?\d+)\s*([A-Za-z]+)\s*", amount)
        if not parts or "".join("".join(part) for part in parts) != "".join(amount.split()):
            raise ExpressionSyntax(f"interval {amount!r} is no whole number of units", span,
                                   "write interval '90' day, or a number of year, quarter, month, week, day, "
                                   "hour, minute, second")  # fmt: skip
        months = days = microseconds = 0
        for number, word in parts:
            name = word.lower().rstrip("s")
            if name in _MONTHS:
                months += int(number) * _MONTHS[name]
            elif name in _DAYS:
                days += int(number) * _DAYS[name]
            elif name in _MICROSECONDS:
                microseconds += int(number) * _MICROSECONDS[name]
            else:
                raise ExpressionSyntax(f"{word} is no unit of an interval", span,
                                       "the units are year, quarter, month, week, day, hour, minute, second")  # fmt: skip
        if max(abs(months) // 12, abs(days) // 365, abs(microseconds) // 31_536_000_000_000) > 10_000:
            raise ExpressionSyntax("the interval is longer than 10,000 years", span)
        return Interval(months, days, microseconds, span)

    def _list(self, closing: str) -> tuple[Expression, ...]:
        if self._accept(closing):
            return ()
        found = self._items()
        self._expect(closing)
        return found

    def _items(self) -> tuple[Expression, ...]:
        found = [self.expression()]
        while self._accept(","):
            found.append(self.expression())
        return tuple(found)

    def _order(self) -> tuple[SortItem, ...]:
        found = []
        while True:
            value = self.expression()
            descending = self._accept_word("desc")
            if not descending:
                self._accept_word("asc")
            first = False
            if self._accept_word("nulls"):
                first = self._accept_word("first")
                if not first:
                    self._expect_word("last")
            found.append(SortItem(value, descending, first))
            if not self._accept(","):
                return tuple(found)

    def _is_word(self, word: str) -> bool:
        return self.token.kind == "name" and self.token.text == word

    def _accept_word(self, word: str) -> bool:
        found = self._is_word(word)
        self._at += found
        return found

    def _expect_word(self, word: str) -> None:
        if not self._accept_word(word):
            raise ExpressionSyntax(f"{_seen(self.token)} stands where {word} is needed", self.token.span)

    def _is(self, operator: str) -> bool:
        return self.token.kind == "operator" and self.token.text == operator

    def _accept(self, operator: str) -> bool:
        found = self._is(operator)
        self._at += found
        return found

    def _expect(self, operator: str) -> None:
        if not self._accept(operator):
            raise ExpressionSyntax(f"{_seen(self.token)} stands where {operator} is needed", self.token.span)

    def _last_end(self) -> int:
        return self._tokens[self._at - 1].span[1]


def _number(text: str) -> int | float | Decimal:
    """An exponent makes a number, a point a decimal with the digits as written, else an integer."""
    if "e" in text or "E" in text:
        return float(text)
    return Decimal(text) if "." in text else int(text)


def _time_literal(word: str, text: str, span: Span) -> TimeLiteral:
    kinds = {"date": datetime.date, "time": datetime.time}
    try:
        return TimeLiteral(kinds.get(word, datetime.datetime).fromisoformat(text.strip()), span)
    except ValueError as error:
        example = {"date": "2026-01-31", "time": "14:30:00"}.get(word, "2026-01-31 14:30:00")
        raise ExpressionSyntax(f"{text!r} is no {word}", span, f"write {word} '{example}'") from error


def _seen(token: Token) -> str:
    return "the end" if token.kind == "end" else token.original


def _no_subquery(span: Span) -> ExpressionSyntax:
    return ExpressionSyntax("a query cannot stand in an expression", span,
                            "use a transform: join or enrich to look rows up, sql for a whole query")  # fmt: skip


def _too_deep(span: Span) -> ExpressionSyntax:
    return ExpressionSyntax(f"the expression is nested deeper than {MAX_DEPTH} levels", span,
                            "compute a part in a column of its own, in a map before this step")  # fmt: skip
