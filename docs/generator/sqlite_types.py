"""The types of SQLite."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from decimal import Decimal

from docs.generator.cells import BAD, Cell

ABOUT = """\
A declared type is a wish in SQLite: any column may hold any value, outside of strict tables. A value that is none of
the declared type makes a bad row: statements look for them in every row they pass over, so that a filter finds its rows
by an index in strict tables only. Dates and times are texts there; a number in such a column can be seconds, days or
milliseconds, so that only a query can say which: `select datetime(created, 'unixepoch') as created`. A column whose
type says nothing (`any`, `uuid`, an expression of a view or query) has the type of the values in its first 10,000 rows,
string where they are mixed."""

CELLS = (
    Cell("integer", "integer", "-9223372036854775808", -(2**63)),
    Cell("integer", "integer", "'42'", 42, "SQLite makes a number of a text that is one"),
    Cell("integer", "integer", "'many'", BAD),
    Cell("integer", "integer", "1.5", BAD),
    Cell("bigint unsigned", "integer", "9223372036854775807", 2**63 - 1),
    Cell("tinyint(1)", "integer", "1", 1, "only `boolean` and `bool` are booleans here"),
    Cell("boolean", "boolean", "true", True),
    Cell("boolean", "boolean", "0", False),
    Cell("boolean", "boolean", "2", BAD),
    Cell("real", "number", "0.1", 0.1),
    Cell("double", "number", "9e999", float("inf")),
    Cell("double precision", "number", "3", 3.0),
    Cell("float", "number", "'fast'", BAD),
    Cell("numeric", "number", "1.5", 1.5),
    Cell("numeric", "number", "9007199254740993", BAD, "a number would round it; declare numeric(16,0)"),
    Cell("decimal(10,2)", "decimal(10,2)", "1234.5", Decimal("1234.50")),
    Cell("decimal(10,2)", "decimal(10,2)", "-7", Decimal("-7.00")),
    Cell("decimal(16,2)", "decimal(16,2)", "12345678901234.56", Decimal("12345678901234.56"),
         "the real nearest to a decimal of this scale"),
    Cell("decimal(10,2)", "decimal(10,2)", "10.125", BAD, "three digits behind the point"),
    Cell("decimal(5,2)", "decimal(5,2)", "1000", BAD),
    Cell("decimal(5,2)", "decimal(5,2)", "'1,50'", BAD),
    Cell("text", "string", "'Jürgen 😀 漢字'", "Jürgen 😀 漢字"),
    Cell("varchar(3)", "string", "'longer'", "longer", "SQLite keeps to no length"),
    Cell("text", "string", "char(97, 0, 98, 10, 39, 92)", "a\0b\n'\\"),
    Cell("text", "string", "42", "42", "SQLite makes a text of it"),
    Cell("text", "string", "x'c3a9'", "é", "bytes are taken as UTF-8, and told of (IR573) where they are none"),
    Cell("blob", "string", "x'00ff'", "00ff"),
    Cell("blob", "string", "'é'", "c3a9", "the bytes of a text"),
    Cell("blob", "string", "42", BAD),
    Cell("date", "date", "'2026-02-28'", date(2026, 2, 28)),
    Cell("date", "date", "'2026-02-28 00:00:00'", date(2026, 2, 28)),
    Cell("date", "date", "'2026-02-30'", BAD),
    Cell("date", "date", "'28.2.2026'", BAD),
    Cell("date", "date", "'0000-00-00'", BAD),
    Cell("date", "date", "20260228", BAD),
    Cell("date", "date", "'2026-02-28 12:00:00'", BAD, "a time of the day would be lost"),
    Cell("datetime", "datetime", "'2026-02-28 23:59:59.123456'", datetime(2026, 2, 28, 23, 59, 59, 123_456)),
    Cell("datetime", "datetime", "'2026-02-28T23:59'", datetime(2026, 2, 28, 23, 59)),
    Cell("datetime", "datetime", "'2026-02-28'", datetime(2026, 2, 28)),
    Cell("datetime", "datetime", "'2026-02-28 23:59:59+02:00'", datetime(2026, 2, 28, 21, 59, 59),
         "in UTC, as SQLite's functions take it"),
    Cell("timestamp", "datetime", "1767225600", BAD, "seconds or milliseconds? a query says which"),
    Cell("timestamp", "datetime", "'2026-02-28 24:00:00'", BAD),
    Cell("timestamptz", "datetime with time zone", "'2026-02-28T23:59:59.5Z'",
         datetime(2026, 2, 28, 23, 59, 59, 500_000, tzinfo=UTC)),
    Cell("timestamp with time zone", "datetime with time zone", "'2026-02-28 23:59:59-01:30'",
         datetime(2026, 3, 1, 1, 29, 59, tzinfo=UTC)),
    Cell("time", "time", "'12:34:56.5'", time(12, 34, 56, 500_000)),
    Cell("time", "time", "'12:34'", time(12, 34)),
    Cell("time", "time", "'25:00'", BAD),
    Cell("json", "json", """'{"b": 1.50, "a": null}'""", '{"b": 1.50, "a": null}'),
    Cell("json", "json", "'{b'", BAD),
    Cell("uuid", "string", "'123E4567-E89B-12D3-A456-426655440000'", "123E4567-E89B-12D3-A456-426655440000",
         "as it was written"),
    Cell("any", "integer", "42", 42),
    Cell("any", "number", "1.5", 1.5),
    Cell("", "string", "'x'", "x"),
)  # fmt: skip
