"""The values an expression is made of: literals, columns, calls, casts and case."""

from __future__ import annotations

import re

from ir.expression_cursor import Cursor, no_subquery, seen
from ir.expression_lexer import ExpressionSyntax, Token
from ir.expression_literals import interval_of, is_unit, number_of, time_literal
from ir.expression_nodes import Call, Case, Cast, Column, Expression, Literal, SortItem, Star
from ir.types import DataType, parse_type

RESERVED = frozenset({
    "and", "or", "not", "case", "when", "then", "else", "end", "between", "in", "like", "ilike", "is", "null", "true",
    "false", "distinct", "from", "where", "select", "union", "having", "group", "order", "limit", "as", "on", "join",
    "over",
})  # fmt: skip


class Values(Cursor):
    """Reads one value; what stands between values is `Parser`'s."""

    def expression(self) -> Expression:
        raise NotImplementedError

    def arithmetic(self, least: int) -> Expression:
        raise NotImplementedError

    def value(self) -> Expression:
        token = self.token
        self.at += 1
        if token.kind == "number":
            return Literal(number_of(token.text), token.span)
        if token.kind == "text":
            return Literal(token.text, token.span)
        if token.kind == "quoted":
            return self.path(token)
        if token.kind == "name":
            return self.word(token)
        if token.kind == "operator" and token.text in {"(", "{{"}:
            if self.is_word("select") or self.is_word("with"):
                raise no_subquery(self.token.span)
            inside = self.expression()
            self.expect(")" if token.text == "(" else "}}")
            return inside
        self.at -= 1
        if token.kind == "end":
            raise ExpressionSyntax("the expression ends where a value is needed", token.span, self.cut_off())
        hint = "* stands only in count(*)" if token.text == "*" else None
        raise ExpressionSyntax(f"{seen(token)} stands where a value is needed", token.span, hint)

    def word(self, token: Token) -> Expression:
        """What begins with a name: a keyword's form, a call or a column."""
        word = token.text
        after = self.token
        if word in {"true", "false", "null"}:
            return Literal({"true": True, "false": False, "null": None}[word], token.span)
        if word == "case":
            return self.case(token)
        if word in {"current_date", "current_timestamp"} and not self.is_operator("("):
            return Call("today" if word == "current_date" else "now", (), token.span)
        if after.kind == "text" and word in {"date", "timestamp", "datetime", "time", "interval"}:
            self.at += 1
            span = (token.span[0], after.span[1])
            return (
                self.interval(after.text, token, after.span[1])
                if word == "interval"
                else time_literal(word, after.text, span)
            )
        if word == "interval" and after.kind == "number":
            self.at += 1
            return self.interval(after.text, token, after.span[1])
        if after.kind == "operator" and after.text == "(" and word not in {"and", "or", "not"}:
            return self.call(token)
        if word == "select":
            raise no_subquery(token.span)
        if word in RESERVED:
            raise ExpressionSyntax(f"{token.original} stands where a value is needed", token.span,
                                   f'a column of that name stands in double quotes: "{token.original}"')  # fmt: skip
        return self.path(token)

    def path(self, token: Token) -> Expression:
        names = [token.text if token.kind == "quoted" else token.original]
        end = token.span[1]
        while self.accept("."):
            part = self.token
            if part.kind not in {"name", "quoted"}:
                if part.text == "*":
                    raise ExpressionSyntax("* stands only in count(*)", part.span)
                raise ExpressionSyntax(f"{seen(part)} follows a point where a name is needed", part.span)
            self.at += 1
            names.append(part.original if part.kind == "name" else part.text)
            end = part.span[1]
        span = (token.span[0], end)
        if len(names) > 1 and self.is_operator("("):
            raise ExpressionSyntax(f"{names[-1]}( is a method call, which expressions do not have", span,
                                   "write function(value), such as upper(name) or contains(name, 'x')")  # fmt: skip
        return Column(tuple(names), span, quoted=token.kind == "quoted")

    def call(self, token: Token) -> Expression:
        self.expect("(")
        if token.text in {"cast", "try_cast"}:
            return self.cast(token)
        special = self.special_call(token)
        if special is not None:
            return special
        distinct = self.accept_word("distinct")
        args: tuple[Expression, ...] = ()
        order_by: tuple[SortItem, ...] = ()
        if self.is_operator("*") and self.tokens[self.at + 1].text == ")":
            args = (Star(self.token.span),)
            self.at += 1
        elif not self.is_operator(")"):
            if self.is_word("select"):
                raise no_subquery(self.token.span)
            args = self.items()
        if self.accept_word("order"):
            self.expect_word("by")
            order_by = self.order()
        self.expect(")")
        return self.filtered(Call(token.text, args, (token.span[0], self.last_end()), distinct, None, order_by))

    def filtered(self, call: Call) -> Expression:
        if not (self.is_word("filter") and self.tokens[self.at + 1].text == "("):
            return call
        self.at += 1
        self.expect("(")
        self.expect_word("where")
        where = self.expression()
        self.expect(")")
        return Call(call.name, call.args, (call.span[0], self.last_end()), call.distinct, where, call.order_by)

    def special_call(self, token: Token) -> Expression | None:
        """`extract(year from x)`, `position('a' in x)`, `substring(x from 2 for 3)`: None for the plain form."""
        start = self.at
        if token.text == "extract" and self.token.kind in {"name", "text"}:
            part = self.token
            self.at += 1
            if self.accept_word("from"):
                value = self.expression()
                self.expect(")")
                return Call("extract", (Literal(part.text, part.span), value), (token.span[0], self.last_end()))
            self.at = start
        if token.text == "position" and not self.is_operator(")"):
            part_of = self.arithmetic(5)
            if self.accept_word("in"):
                text = self.expression()
                self.expect(")")
                return Call("position", (text, part_of), (token.span[0], self.last_end()))
            self.at = start
        if token.text == "substring" and not self.is_operator(")"):
            text = self.expression()
            if self.accept_word("from"):
                args = [text, self.expression()]
                if self.is_word("for"):
                    self.at += 1
                    args.append(self.expression())
                self.expect(")")
                return Call("substring", tuple(args), (token.span[0], self.last_end()))
            self.at = start
        return None

    def cast(self, token: Token) -> Expression:
        value = self.expression()
        self.expect_word("as")
        start = self.token.span[0]
        end = self.skip_type()
        kind = self.type_at(start, end)
        self.expect(")")
        return Cast(value, kind, (token.span[0], self.last_end()), token.text == "try_cast")

    def skip_type(self) -> int:
        """Past the words and brackets of a type; the offset where it ends."""
        end = self.token.span[1]
        while self.token.kind == "name" and self.token.text not in RESERVED:
            end = self.token.span[1]
            self.at += 1
            if self.accept("("):
                end = self._skip_brackets()
        return end

    def _skip_brackets(self) -> int:
        """Past everything up to the bracket that closes; the offset where it ends."""
        open_brackets = 1
        while open_brackets and not self.is_end():
            open_brackets += self.is_operator("(") - self.is_operator(")")
            self.at += 1
        return self.last_end()

    def type_at(self, start: int, end: int) -> DataType:
        first = next(index for index, each in enumerate(self.tokens) if each.span[0] == start)
        text = " ".join(each.original for each in self.tokens[first : self.at])
        try:
            return parse_type(re.sub(r" ?([(),]) ?", r"\1", text))
        except ValueError as error:
            raise ExpressionSyntax(str(error), (start, max(end, start + 1)), getattr(error, "hint", None)) from error

    def case(self, token: Token) -> Expression:
        operand = None if self.is_word("when") else self.expression()
        branches: list[tuple[Expression, Expression]] = []
        while self.accept_word("when"):
            condition = self.expression()
            self.expect_word("then")
            branches.append((condition, self.expression()))
        if not branches:
            raise ExpressionSyntax(f"{seen(self.token)} stands where case needs a when", self.token.span,
                                   "write case when condition then value else other end")  # fmt: skip
        otherwise = self.expression() if self.accept_word("else") else None
        self.expect_word("end")
        return Case(tuple(branches), otherwise, (token.span[0], self.last_end()), operand)

    def interval(self, amount: str, token: Token, end: int) -> Expression:
        """`interval '90' day`, `interval 3 month`, `interval '1 day 2 hours'`."""
        unit = self.token
        if unit.kind == "name" and is_unit(unit.text):
            self.at += 1
            amount, end = f"{amount} {unit.text}", unit.span[1]
        return interval_of(amount, (token.span[0], end))

    def closed_list(self, closing: str) -> tuple[Expression, ...]:
        if self.accept(closing):
            return ()
        found = self.items()
        self.expect(closing)
        return found

    def items(self) -> tuple[Expression, ...]:
        found = [self.expression()]
        while self.accept(","):
            found.append(self.expression())
        return tuple(found)

    def order(self) -> tuple[SortItem, ...]:
        found = []
        while True:
            value = self.expression()
            descending = self.accept_word("desc")
            if not descending:
                self.accept_word("asc")
            first = False
            if self.accept_word("nulls"):
                first = self.accept_word("first")
                if not first:
                    self.expect_word("last")
            found.append(SortItem(value, descending, first))
            if not self.accept(","):
                return tuple(found)
