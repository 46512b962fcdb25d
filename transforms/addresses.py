"""The addresses that cells link to, each made of a template over its row."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import polars as pl

from ir.expressions import Cast, Column, Literal
from ir.records import dataclass
from ir.templates import Reference, TemplateSyntax, parse_template
from ir.types import Schema, String
from transforms import sql
from transforms.building import Building
from transforms.expressions import Bound, to_polars, to_sql
from transforms.expressions.polars_columns import all_exact
from transforms.frame import Frame
from transforms.operation import Lowering, Operation

if TYPE_CHECKING:
    from sqlglot import exp

_UNRESERVED = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~"
"""What stands unescaped in a value (RFC 3986)."""
SAFE = r'^(?i:https?://|ftp://|mailto:|tel:)[^\s"<>\x00-\x1f\x7f]+$'
"""An address that a reader may follow: no script, no local file, nothing that breaks out of an attribute."""
_SCHEMES = re.compile(r"(?:https?://|ftp://|mailto:|tel:)", re.IGNORECASE)

Piece = tuple[Bound, bool]
"""A text, and whether it is a value that is percent-encoded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Addresses(Operation):
    """The same rows with a text column for each of `links`; null where a value is, or where it is no safe address."""

    links: tuple[tuple[str, tuple[Piece, ...]], ...]

    def summary(self) -> str:
        return "addresses of " + ", ".join(name for name, _ in self.links)

    def to_polars(self, *rows: pl.LazyFrame, lowering: Lowering) -> pl.LazyFrame:
        made = []
        for name, pieces in self.links:
            texts = [
                _encoded(to_polars(bound, clock=lowering.clock)) if escaped else to_polars(bound, clock=lowering.clock)
                for bound, escaped in pieces
            ]
            address = pl.concat_str(texts)  # null where one of them is
            made.append(pl.when(address.str.contains(SAFE)).then(address).alias(name))
        return rows[0].with_columns(made).select(all_exact(self.schema.names))

    def to_sql(self, *rows: str, lowering: Lowering) -> exp.Query:
        from sqlglot import exp

        shown: list[exp.Expression] = list(sql.columns(self.inputs[0].schema))
        for name, pieces in self.links:
            address: exp.Expression | None = None
            for bound, escaped in pieces:
                text = to_sql(bound, clock=lowering.clock)
                text = sql.call("url_encode", text) if escaped else text
                address = text if address is None else exp.DPipe(this=sql.wrap(address), expression=sql.wrap(text))
            assert address is not None
            safe = sql.call("regexp_matches", address, sql.text(SAFE))
            shown.append(sql.named(exp.Case(ifs=[exp.If(this=safe, true=address)]), name))
        return sql.select(shown, rows[0])


def _encoded(text: pl.Expr) -> pl.Expr:
    """Every byte as %XX, and those that need it not back as they were."""
    bytes_ = text.str.encode("hex").str.to_uppercase().str.replace_all("(..)", "%$1")
    return bytes_.str.replace_many([f"%{ord(each):02X}" for each in _UNRESERVED], list(_UNRESERVED))


def with_addresses(rows: Frame, links: tuple[tuple[str, tuple[Piece, ...]], ...]) -> Addresses:
    """The rows with a column for each link."""
    schema = Schema([*rows.schema.items(), *((name, String()) for name, _ in links)])
    return Addresses(inputs=(rows,), schema=schema, order=rows.order, formats=rows.formats, keeps_arrival=True,
                     keeps_count=True, links=links)  # fmt: skip


def bound_address(text: str, schema: Schema, building: Building, *at: str | int) -> tuple[Piece, ...] | None:
    """The pieces of an address, or None after errors at their places in the template.

    What the template begins with is taken as it is, so that a column may hold the address's beginning or all of it.
    """
    place = (*building.at, *at)
    try:
        template = parse_template(text)
    except TemplateSyntax as problem:
        building.problems.error("IR111", problem.message, at=place, within=(problem.start, problem.end))
        return None
    first = template.parts[0] if template.parts else ""
    if isinstance(first, str) and not _SCHEMES.match(first):
        building.error("IR205", f'"{text}" is no address that a reader can follow', *at,
                       hint="it begins with https://, http://, ftp://, mailto: or tel:, or with a column")  # fmt: skip
        return None
    pieces: list[Piece] = []
    for index, part in enumerate(template.parts):
        tree = Literal(part, (0, 0)) if isinstance(part, str) else _column(part)
        if tree is None:
            building.problems.error("IR303", f"{part} is no value of this row", at=place, within=_span(part),
                                    hint="name a column, as in {{id}}")  # fmt: skip
            return None
        found = building.bound_tree(Cast(tree, String(), tree.span), building.scope(schema), *at)
        if found is None:
            return None
        pieces.append((found, index > 0 and not isinstance(part, str)))
    return tuple(pieces)


def _column(reference: Reference) -> Column | None:
    path = reference.path[1:] if reference.root == "item" and len(reference.path) > 1 else reference.path
    if not all(isinstance(each, str) for each in path):
        return None
    return Column(tuple(str(each) for each in path), reference.span)


def _span(part: str | Reference) -> tuple[int, int]:
    assert isinstance(part, Reference)
    return part.span
