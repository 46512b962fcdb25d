"""One SELECT: text in, a tree of known clauses out. Nothing of the text reaches an engine."""

from __future__ import annotations

from ir.expression_cursor import seen
from ir.expression_lexer import ExpressionSyntax, Span, tokenize
from ir.expression_nodes import Expression, SortItem
from ir.statement_clauses import Clauses, written
from ir.statement_nodes import AllColumns, Body, Query, Select, SetOperation

_WRITES = frozenset({
    "insert", "update", "delete", "create", "drop", "alter", "copy", "attach", "detach", "set", "pragma", "install",
    "load", "call", "export", "import", "merge", "truncate", "vacuum", "begin", "commit", "use", "grant", "execute",
})  # fmt: skip


def parse_statement(text: str) -> Query:
    """The tree of one SELECT, whose spans count characters of `text`.

    Raises:
        ExpressionSyntax: what was seen, where, and what to write.
    """
    parser = Statement(tokenize(text, statement=True))
    if parser.token.kind == "end":
        raise ExpressionSyntax("the query is empty", (0, max(1, len(text))), "select … from a frame")
    query = parser.query()
    ended = parser.accept(";")
    while parser.accept(";"):
        pass
    if not parser.is_end():
        hint = "write one SELECT; a second one is a transform of its own" if ended else None
        raise ExpressionSyntax(f"{seen(parser.token)} follows a complete query", parser.token.span, hint)
    return query


def one_line(text: str) -> str:
    """The statement without its comments, on one line."""
    tokens = tokenize(text, statement=True)[:-1]
    pieces: list[str] = []
    end = 0
    for token in tokens:
        pieces.append(" " * (token.span[0] > end > 0) + token.original)
        end = token.span[1]
    return "".join(pieces).rstrip("; ")


class Statement(Clauses):
    """with, select, union, order by and limit around the clauses."""

    def query(self) -> Query:
        start = self.token.span[0]
        named: list[tuple[str, Span, Query]] = []
        if self.accept_word("with"):
            if self.is_word("recursive"):
                raise ExpressionSyntax("a recursive query is not read", self.token.span)
            named.append(self._named())
            while self.accept(","):
                named.append(self._named())
        body = self._set_operations()
        order_by: tuple[SortItem, ...] = ()
        if self.accept_word("order"):
            self.expect_word("by")
            if self.is_word("all"):
                raise ExpressionSyntax("order by all is not read", self.token.span, "write the columns")
            order_by = self.order()
        limit, offset, span = self._limit()
        return Query(body, (start, self.last_end()), tuple(named), order_by, limit, offset, span)

    def _named(self) -> tuple[str, Span, Query]:
        name = self.name("the name of a query")
        self.expect_word("as")
        if self.accept_word("not"):
            self.expect_word("materialized")
        else:
            self.accept_word("materialized")
        self.expect("(")
        self.deeper()
        query = self.query()
        self.depth -= 1
        self.expect(")")
        return written(name), name.span, query

    def _limit(self) -> tuple[int | None, int, Span]:
        start = self.token.span[0]
        limit, offset = None, 0
        while self.is_word("limit") or self.is_word("offset"):
            word = self.token
            self.at += 1
            number = self.token
            if number.kind != "number" or not number.text.isdigit() or len(number.text) > 18:
                raise ExpressionSyntax(f"{seen(number)} stands where a number of rows is needed", number.span)
            self.at += 1
            if self.is_operator("%"):
                raise ExpressionSyntax("a share of the rows is not read", self.token.span, "use a transform of type "
                                       "sample")  # fmt: skip
            if word.text == "limit":
                limit = int(number.text)
            else:
                offset = int(number.text)
        return limit, offset, (start, max(start + 1, self.last_end()))

    def _set_operations(self) -> Body:
        found = self._intersections()
        while self.is_word("union") or self.is_word("except"):
            token = self.token
            self.at += 1
            is_union, every = token.text == "union", self.accept_word("all")
            if every and not is_union:
                raise ExpressionSyntax("except all is not read", token.span, "except drops doubles as well")
            by_name = self.accept_word("by")
            if by_name:
                self.expect_word("name")
            right = self._intersections()
            self.lengthen()
            found = SetOperation("union all" if every else "union" if is_union else "except", found, right,
                                 token.span, by_name)  # fmt: skip
        return found

    def _intersections(self) -> Body:
        found = self._term()
        while self.is_word("intersect"):
            token = self.token
            self.at += 1
            if self.accept_word("all"):
                raise ExpressionSyntax("intersect all is not read", token.span, "intersect drops doubles as well")
            right = self._term()
            self.lengthen()
            found = SetOperation("intersect", found, right, token.span)
        return found

    def _term(self) -> Body:
        if self.accept("("):
            self.deeper()
            inner = self.query()
            self.depth -= 1
            self.expect(")")
            return inner
        return self._select()

    def _select(self) -> Select:
        token = self.token
        table = None
        if self.accept_word("from"):
            table = self.tables()
            if not self.is_word("select"):
                items: tuple[AllColumns, ...] = (AllColumns((token.span[0], self.last_end())),)
                return self._clauses(Select(items, token.span, table))
        if not self.accept_word("select"):
            if token.kind == "name" and token.text in _WRITES:
                raise ExpressionSyntax(f"{token.original} is no query", token.span, "a sql transform is one SELECT; "
                                       "rows are written by delivery_rules")  # fmt: skip
            raise ExpressionSyntax(f"{seen(token)} stands where select is needed", token.span, self.cut_off())
        distinct = self.accept_word("distinct")
        if distinct and self.is_word("on"):
            raise ExpressionSyntax("distinct on is not read", self.token.span,
                                   "qualify row_number() over (partition by … order by …) = 1")  # fmt: skip
        self.accept_word("all")
        listed = self.select_list()
        if self.is_word("from"):
            if table is not None:
                raise ExpressionSyntax("from stands twice", self.token.span)
            self.at += 1
            table = self.tables()
        return self._clauses(Select(listed, token.span, table, distinct))

    def _clauses(self, select: Select) -> Select:
        where = self.expression() if self.accept_word("where") else None
        group_by: tuple[Expression, ...] = ()
        by_all = False
        if self.accept_word("group"):
            self.expect_word("by")
            by_all = self.accept_word("all")
            if not by_all:
                for word in ("rollup", "cube", "grouping"):
                    if self.is_word(word) and self.tokens[self.at + 1].text in {"(", "sets"}:
                        raise ExpressionSyntax(f"{word} is not read", self.token.span,
                                               "use a transform of type aggregate with totals: rollup")  # fmt: skip
                group_by = self.items()
        having = self.expression() if self.accept_word("having") else None
        if self.is_word("window"):
            raise ExpressionSyntax("a named window cannot stand here", self.token.span,
                                   "write it out: over (partition by … order by …)")  # fmt: skip
        qualify = self.expression() if self.accept_word("qualify") else None
        return Select(select.items, select.span, select.table, select.distinct, where, group_by, by_all, having,
                      qualify)  # fmt: skip
