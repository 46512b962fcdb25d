"""Texts among a query's values, cast to the types that the server expects where they stand, such as a day's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connectors.databases.address import Address
from connectors.databases.parameters import bound, statement_of
from connectors.databases.postgres.connecting import catalog_connection
from connectors.databases.query_inputs import is_guessed

if TYPE_CHECKING:
    from sqlglot import exp

_TEXTS = frozenset({"text", "character varying", "character", "unknown", "-"})


def with_expected_types(address: Address, query: exp.Expression) -> exp.Expression:
    """The query, each text of it a value of the type that its place has. One that cannot be told stays a text."""
    from sqlglot import exp

    places = [each for each in query.find_all(exp.Cast) if is_guessed(each)]
    if not places:
        return query
    open_query = query.copy()
    for number, each in enumerate([each for each in open_query.find_all(exp.Cast) if is_guessed(each)]):
        each.replace(bound(number))
    statement = statement_of(open_query, "postgres")
    with catalog_connection(address) as connection:
        prepared = connection.pgconn.prepare(b"", statement.sql.encode())
        described = connection.pgconn.describe_prepared(b"")
        if prepared.status != 1 or described.status != 1:  # PGRES_COMMAND_OK
            connection.rollback()
            return query
        oids = [described.param_type(each) for each in range(described.nparams)]
        names = dict(connection.execute("select o, pg_catalog.format_type(o, null) from unnest(%s::oid[]) o",
                                        [oids]).fetchall())  # fmt: skip
    for number, oid in zip(statement.parameters, oids, strict=False):
        if isinstance(number, int) and names[oid] not in _TEXTS:
            place = places[number]
            place.replace(exp.Cast(this=place.copy(), to=exp.DataType.build(names[oid], dialect="postgres")))
    return query
