"""The parts of a SELECT that its parser is made of: names, windows, tables and the select list."""

from __future__ import annotations

from ir.expression_cursor import MAX_DEPTH, seen
from ir.expression_lexer import ExpressionSyntax, Span, Token
from ir.expression_nodes import Call, Column, Expression, Over, SortItem
from ir.expression_values import RESERVED
from ir.expressions import Parser
from ir.statement_nodes import AllColumns, Derived, How, Item, Joined, Query, Table, TableName

_ENDS_A_NAME = RESERVED | {
    "inner", "left", "right", "full", "cross", "semi", "anti", "natural", "positional", "asof", "lateral", "using",
    "qualify", "offset", "except", "intersect", "window", "with", "order", "fetch", "for", "tablesample", "pivot",
    "unpivot", "sample", "asc", "desc", "nulls",
}  # fmt: skip
"""Words that go on with the statement, so that they are no alias without `as`."""

_KINDS: dict[str, How] = {"inner": "inner", "left": "left", "right": "right", "full": "full", "cross": "cross",
                          "semi": "semi", "anti": "anti"}  # fmt: skip
_REFUSED_JOINS = {
    "natural": "write the columns: join t using (a, b)",
    "positional": "number the rows of both sides and join on the numbers",
    "asof": "join on the key and qualify row_number() over (partition by … order by …) = 1",
    "lateral": "join a query of its own",
}


class Clauses(Parser):
    """Reads the clauses; the statement around them is `Statement`'s."""

    def query(self) -> Query:
        raise NotImplementedError

    def deeper(self) -> None:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise ExpressionSyntax(f"the query is nested deeper than {MAX_DEPTH} levels", self.token.span,
                                   "make a part a transform of its own")  # fmt: skip

    def name(self, what: str) -> Token:
        token = self.token
        if token.kind == "quoted" or (token.kind == "name" and token.text not in RESERVED):
            self.at += 1
            return token
        raise ExpressionSyntax(f"{seen(token)} stands where {what} is needed", token.span, self.cut_off())

    def alias(self) -> str | None:
        """The alias that follows, with or without `as`."""
        if self.accept_word("as"):
            return written(self.name("a name"))
        token = self.token
        if token.kind == "quoted" or (token.kind == "name" and token.text not in _ENDS_A_NAME):
            self.at += 1
            return written(token)
        return None

    def filtered(self, call: Call) -> Expression:
        found = super().filtered(call)
        if not isinstance(found, Call) or not self.accept_word("over"):
            return found
        if not self.is_operator("("):
            raise ExpressionSyntax("a named window cannot stand here", self.token.span,
                                   "write it out: over (partition by … order by …)")  # fmt: skip
        self.expect("(")
        partition_by: tuple[Expression, ...] = ()
        order_by: tuple[SortItem, ...] = ()
        if self.accept_word("partition"):
            self.expect_word("by")
            partition_by = self.items()
        if self.accept_word("order"):
            self.expect_word("by")
            order_by = self.order()
        frame = self._frame()
        self.expect(")")
        return Over(found, partition_by, order_by, (call.span[0], self.last_end()), frame)

    def _frame(self) -> tuple[int | None, int | None] | None:
        token = self.token
        if not (self.is_word("rows") or self.is_word("range") or self.is_word("groups")):
            return None
        self.at += 1
        if self.accept_word("between"):
            start = self._bound()
            self.expect_word("and")
            end = self._bound()
        else:
            start, end = self._bound(), 0
        span = (token.span[0], self.last_end())
        if token.text == "rows":
            if start == _PAST or end == -_PAST or start > end:
                raise ExpressionSyntax("the window's frame holds no rows", span, "rows between start and end")
            return (None if start == -_PAST else start, None if end == _PAST else end)
        if (start, end) == (-_PAST, 0) and token.text == "range":
            return None
        if (start, end) == (-_PAST, _PAST):
            return None, None
        raise ExpressionSyntax(f"a {token.text} frame counts no rows", span, "write rows between … and …")

    def _bound(self) -> int:
        token = self.token
        self.at += 1
        if token.kind == "name" and token.text == "unbounded":
            return _PAST if self._direction() == "following" else -_PAST
        if token.kind == "name" and token.text == "current":
            self.expect_word("row")
            return 0
        if token.kind == "number" and token.text.isdigit() and len(token.text) < 10:
            return int(token.text) if self._direction() == "following" else -int(token.text)
        self.at -= 1
        raise ExpressionSyntax(f"{seen(token)} stands where a window's frame begins or ends", token.span,
                               "such as unbounded preceding, 3 preceding, current row, 3 following")  # fmt: skip

    def _direction(self) -> str:
        for word in ("preceding", "following"):
            if self.accept_word(word):
                return word
        raise ExpressionSyntax(f"{seen(self.token)} stands where preceding or following is needed", self.token.span)

    def select_list(self) -> tuple[Item | AllColumns, ...]:
        found = [self._item()]
        while self.accept(","):
            if self.is_word("from"):  # DuckDB takes a comma after the last one
                break
            found.append(self._item())
        return tuple(found)

    def _item(self) -> Item | AllColumns:
        token = self.token
        after = self.tokens[self.at + 1 : self.at + 3]
        if self.accept("*"):
            return self._all_columns(None, token.span)
        if token.kind in {"name", "quoted"} and [each.text for each in after] == [".", "*"]:
            self.at += 3
            return self._all_columns(written(token), (token.span[0], self.last_end()))
        value = self.expression()
        name = self.alias()
        if name is None and isinstance(value, Column):
            name = value.path[-1]
        return Item(value, name, value.span)

    def _all_columns(self, table: str | None, span: Span) -> AllColumns:
        exclude: list[tuple[str, Span]] = []
        replace: list[tuple[str, Expression]] = []
        if self.accept_word("exclude"):
            many = self.accept("(")
            while True:
                token = self.name("a column")
                exclude.append((written(token), token.span))
                if not (many and self.accept(",")):
                    break
            if many:
                self.expect(")")
        if self.accept_word("replace"):
            self.expect("(")
            while True:
                value = self.expression()
                self.expect_word("as")
                replace.append((written(self.name("a column")), value))
                if not self.accept(","):
                    break
            self.expect(")")
        return AllColumns(span, table, tuple(exclude), tuple(replace))

    def tables(self) -> Table:
        found = self._joined()
        while self.accept(","):
            right = self._joined()
            found = Joined(found, right, "inner", right.span, comma=True)
        return found

    def _joined(self) -> Table:
        found = self._table()
        while (how := self._join_words()) is not None:
            right = self._table()
            if how == "cross":
                found = Joined(found, right, how, right.span)
            elif self.accept_word("on"):
                condition = self.expression()
                found = Joined(found, right, how, condition.span, on=condition)
            elif self.accept_word("using"):
                self.expect("(")
                using = [self.name("a column")]
                while self.accept(","):
                    using.append(self.name("a column"))
                self.expect(")")
                found = Joined(found, right, how, right.span, using=tuple((written(each), each.span) for each in using))
            else:
                raise ExpressionSyntax(f"{seen(self.token)} stands where on or using is needed", self.token.span,
                                       "on a.key = b.key, using (key), or cross join")  # fmt: skip
        return found

    def _join_words(self) -> How | None:
        """The kind of join that begins here, or None."""
        token = self.token
        if token.kind == "name" and token.text in _REFUSED_JOINS:
            raise ExpressionSyntax(f"{token.text} joins are not read", token.span, _REFUSED_JOINS[token.text])
        if self.accept_word("join"):
            return "inner"
        if token.kind != "name" or token.text not in _KINDS:
            return None
        self.at += 1
        self.accept_word("outer")
        self.expect_word("join")
        return _KINDS[token.text]

    def _table(self) -> Table:
        token = self.token
        if self.accept("("):
            if self.is_word("select") or self.is_word("with") or self.is_word("from") or self.is_operator("("):
                self.deeper()
                query = self.query()
                self.depth -= 1
                self.expect(")")
                return Derived(query, self.alias(), (token.span[0], self.last_end()))
            found = self.tables()
            self.expect(")")
            return found
        name = self.name("a frame")
        if self.is_operator("("):
            raise ExpressionSyntax(f"{name.original} is a function, and rows come only from frames", name.span,
                                   "declare it in data_sources and write its alias here")  # fmt: skip
        if self.is_operator("."):
            raise ExpressionSyntax("a frame has no schema in front of its name", self.token.span,
                                   "write the frame's name alone")  # fmt: skip
        if name.kind == "quoted" and ("/" in name.text or "." in name.text):
            raise ExpressionSyntax(f"{name.original} is no frame", name.span,
                                   "a file is declared in data_sources, and its alias written here")  # fmt: skip
        plain = written(name)
        return TableName(plain, self.alias() or plain, name.span)


_PAST = 1 << 40
"""Unbounded, as a number of rows."""


def written(token: Token) -> str:
    """The name as its author wrote it; names are case-sensitive."""
    return token.text if token.kind == "quoted" else token.original
