"""SQL scalar expressions: text in, a tree of known nodes out. Nothing of the text reaches an engine."""

from __future__ import annotations

from decimal import Decimal

from ir.expression_cursor import MAX_DEPTH, no_subquery, seen, too_deep
from ir.expression_lexer import ExpressionSyntax, tokenize
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
    Over,
    SortItem,
    Star,
    TimeLiteral,
    Unary,
)
from ir.expression_values import Values

__all__ = ["Between", "Binary", "Call", "Case", "Cast", "Column", "Expression", "ExpressionSyntax", "InList",
           "Interval", "Is", "Like", "Literal", "Logic", "Over", "SortItem", "Star", "TimeLiteral", "Unary",
           "parse_expression"]  # fmt: skip

_BINDING: dict[str, int] = {"||": 5, "+": 6, "-": 6, "*": 7, "/": 7, "//": 7, "%": 7}
_COMPARISON = {"=": "=", "<>": "<>", "!=": "<>", "<": "<", "<=": "<=", ">": ">", ">=": ">="}


def parse_expression(text: str) -> Expression:
    """The tree of `text`, whose spans count characters of `text`.

    Raises:
        ExpressionSyntax: what was seen, where, and what to write.
    """
    parser = Parser(tokenize(text))
    if parser.token.kind == "end":
        raise ExpressionSyntax("the expression is empty", (0, max(1, len(text))), "write a column or a calculation")
    found = parser.expression()
    parser.expect_end()
    return found


class Parser(Values):
    """Precedence climbing: or, and, not, comparison, ||, + -, * / // %, sign, ::, value."""

    def expect_end(self) -> None:
        token = self.token
        if token.kind == "end":
            return
        if self.is_word("over"):
            raise ExpressionSyntax("a window is not written inside the expression", token.span,
                                   "use a transform of type window with partition_by and order_by")  # fmt: skip
        if self.is_word("as"):
            raise ExpressionSyntax("the name of a column is not written inside the expression", token.span,
                                   "write it as the key: name: expression")  # fmt: skip
        hint = "a text stands in single quotes, a column with an odd name in double quotes"
        raise ExpressionSyntax(f"{seen(token)} follows a complete expression", token.span, hint)

    def expression(self) -> Expression:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise too_deep(self.token.span)
        found = self._logic("or")
        self.depth -= 1
        return found

    def _logic(self, word: str) -> Expression:
        first = self._logic("and") if word == "or" else self._negation()
        if not self.is_word(word):
            return first
        terms = [first]
        while self.accept_word(word):
            terms.append(self._logic("and") if word == "or" else self._negation())
        return Logic("or" if word == "or" else "and", tuple(terms), (first.span[0], terms[-1].span[1]))

    def _negation(self) -> Expression:
        start = self.token.span[0]
        count = 0
        while self.accept_word("not"):
            count += 1
        found = self._comparison()
        return Unary("not", found, (start, found.span[1])) if count % 2 else found

    def _comparison(self) -> Expression:
        left = self.arithmetic(5)
        first = True
        while (following := self._compared(left)) is not None:
            left = following
            self.lengthen(first=first)
            first = False
        return left

    def _compared(self, left: Expression) -> Expression | None:
        """`left` with the comparison that follows it, or None when none does."""
        token = self.token
        start = left.span[0]
        if token.kind == "operator" and token.text in _COMPARISON:
            self.at += 1
            right = self.arithmetic(5)
            operator: BinaryOperator = _COMPARISON[token.text]  # type: ignore[assignment]
            return Binary(operator, left, right, (start, right.span[1]))
        if token.kind != "name":
            return None
        if self.accept_word("is"):
            return self._tested(left)
        following = self.tokens[min(self.at + 1, len(self.tokens) - 1)]
        negated = token.text == "not" and following.kind == "name" and following.text in {"like", "ilike", "in",
                                                                                        "between"}  # fmt: skip
        if negated:
            self.at += 1
        found: Expression
        if self.accept_word("between"):
            low = self.arithmetic(5)
            self.expect_word("and")
            high = self.arithmetic(5)
            found = Between(left, low, high, (start, high.span[1]))
        elif self.accept_word("in"):
            self.expect("(")
            if self.is_word("select"):
                raise no_subquery(self.token.span)
            choices = self.closed_list(")")
            found = InList(left, choices, (start, self.tokens[self.at - 1].span[1]))
        elif self.is_word("like") or self.is_word("ilike"):
            any_case = self.token.text == "ilike"
            self.at += 1
            pattern = self.arithmetic(5)
            escape = self.arithmetic(5) if self.accept_word("escape") else None
            found = Like(left, pattern, (start, (escape or pattern).span[1]), any_case, escape)
        else:
            return None
        return Unary("not", found, found.span) if negated else found

    def _tested(self, left: Expression) -> Expression:
        negated = self.accept_word("not")
        token = self.token
        found: Expression
        if self.accept_word("distinct"):
            self.expect_word("from")
            right = self.arithmetic(5)
            found = Binary("is distinct from", left, right, (left.span[0], right.span[1]))
        elif token.kind == "name" and token.text in {"null", "true", "false"}:
            self.at += 1
            what = {"null": None, "true": True, "false": False}[token.text]
            found = Is(left, what, (left.span[0], token.span[1]))
        else:
            raise ExpressionSyntax(f"{seen(token)} cannot follow is", token.span,
                                   "write is null, is not null, is true, is false or is distinct from")  # fmt: skip
        return Unary("not", found, found.span) if negated else found

    def arithmetic(self, least: int) -> Expression:
        left = self._signed()
        first = True
        while self.token.kind == "operator" and _BINDING.get(self.token.text, 0) >= least:
            operator: BinaryOperator = self.token.text  # type: ignore[assignment]
            self.at += 1
            right = self.arithmetic(_BINDING[operator] + 1)
            left = Binary(operator, left, right, (left.span[0], right.span[1]))
            self.lengthen(first=first)
            first = False
        return left

    def _signed(self) -> Expression:
        token = self.token
        if token.kind == "operator" and token.text in {"-", "+"}:
            self.at += 1
            self.depth += 1
            if self.depth > MAX_DEPTH:
                raise too_deep(token.span)
            value = self._signed()
            self.depth -= 1
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
        value = self.value()
        while self.accept("::"):
            kind_start = self.token.span[0]
            end = self.skip_type()
            value = Cast(value, self.type_at(kind_start, end), (value.span[0], end))
            self.lengthen()
        return value
