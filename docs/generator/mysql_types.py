"""The types of MySQL and MariaDB."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from docs.generator.cells import BAD, Cell

ABOUT = """\
Tested on MariaDB. The session's time zone is UTC, so that a `timestamp` is the same instant wherever the server stands;
a `datetime` has no zone. A `time` is a length, up to 838 hours either way, and arrives as a duration. Columns of a
query have the types that the server names for its result: MariaDB's `json` is a string there."""
_LONGEST = timedelta(hours=838, minutes=59, seconds=59, microseconds=999_999)

CELLS = (
    Cell("tinyint", "integer", "-128", -128),
    Cell("tinyint(1)", "boolean", "true", True, "boolean is another name of it"),
    Cell("boolean", "boolean", "false", False),
    Cell("boolean", "boolean", "2", BAD, "a query can read it as a number: `select flag + 0 as flag`"),
    Cell("tinyint unsigned", "integer", "255", 255),
    Cell("smallint", "integer", "-32768", -32_768),
    Cell("mediumint unsigned", "integer", "16777215", 16_777_215),
    Cell("int", "integer", "-2147483648", -2_147_483_648),
    Cell("int unsigned", "integer", "4294967295", 4_294_967_295),
    Cell("int(5) zerofill", "integer", "42", 42),
    Cell("bigint", "integer", "-9223372036854775808", -(2**63)),
    Cell("bigint unsigned", "decimal(20,0)", "18446744073709551615", Decimal(2**64 - 1), "an integer has 63 bits"),
    Cell("bit(1)", "boolean", "b'1'", True),
    Cell("bit(5)", "integer", "b'10101'", 21),
    Cell("bit(64)", "decimal(20,0)", "x'ffffffffffffffff'", Decimal(2**64 - 1)),
    Cell("year", "integer", "2026", 2026),
    Cell("decimal(20,4)", "decimal(20,4)", "1234567890123456.7890", Decimal("1234567890123456.7890")),
    Cell("decimal(38,12)", "decimal(38,12)", "-12345678901234567890123456.123456789012",
         Decimal("-12345678901234567890123456.123456789012")),
    Cell("decimal(5,0)", "decimal(5,0)", "12345", Decimal(12345)),
    Cell("decimal(60,20)", "decimal(38,20)", "123456789012345678.00000000000000000001",
         Decimal("123456789012345678.00000000000000000001"), "38 digits is what a decimal holds"),
    Cell("decimal(60,20)", "decimal(38,20)", "1234567890123456789", BAD, "it has 19 digits before the point"),
    Cell("float", "number", "0.1", 0.10000000149011612, "the nearest number of 32 bits, as it is"),
    Cell("double", "number", "-1.7976931348623157e308", -1.7976931348623157e308),
    Cell("date", "date", "'2026-02-28'", date(2026, 2, 28)),
    Cell("date", "date", "'9999-12-31'", date(9999, 12, 31)),
    Cell("date", "date", "'0000-00-00'", BAD),
    Cell("date", "date", "'2026-02-00'", BAD),
    Cell("date", "date", "'2026-02-31'", BAD, "with ALLOW_INVALID_DATES"),
    Cell("datetime", "datetime", "'2026-02-28 23:59:59'", datetime(2026, 2, 28, 23, 59, 59)),
    Cell("datetime(6)", "datetime", "'1969-12-31 23:59:59.000001'", datetime(1969, 12, 31, 23, 59, 59, 1)),
    Cell("datetime(3)", "datetime", "'0000-00-00 00:00:00'", BAD),
    Cell("timestamp null", "datetime with time zone", "'2026-07-01 12:00:00'", datetime(2026, 7, 1, 12, tzinfo=UTC),
         "written by a session in UTC"),
    Cell("timestamp(6) null", "datetime with time zone", "'2026-07-01 12:00:00.123456'",
         datetime(2026, 7, 1, 12, 0, 0, 123_456, tzinfo=UTC)),
    Cell("timestamp null", "datetime with time zone", "'0000-00-00 00:00:00'", BAD),
    Cell("time", "duration", "'12:34:56'", timedelta(hours=12, minutes=34, seconds=56)),
    Cell("time(6)", "duration", "'-00:00:00.000001'", -timedelta(microseconds=1)),
    Cell("time(6)", "duration", "'838:59:59.999999'", _LONGEST),
    Cell("time(6)", "duration", "'-838:59:59.999999'", -_LONGEST),
    Cell("char(5)", "string", "'ab   '", "ab", "the server keeps no spaces at the end of a char"),
    Cell("varchar(20)", "string", "'ab   '", "ab   "),
    Cell("varchar(20)", "string", "'Jürgen 😀 漢字'", "Jürgen 😀 漢字"),
    Cell("varchar(20)", "string", "char(97, 0, 98, 10, 9, 39, 92 using utf8mb4)", "a\0b\n\t'\\"),
    Cell("varchar(20) character set latin1", "string", "'é'", "é"),
    Cell("text", "string", "repeat('x', 3)", "xxx"),
    Cell("longtext", "string", "''", "", "an empty text is no null"),
    Cell("binary(3)", "string", "x'00ff'", "00ff00"),
    Cell("varbinary(3)", "string", "x'00ff'", "00ff"),
    Cell("blob", "string", "x'deadbeef'", "deadbeef"),
    Cell("longblob", "string", "''", ""),
    Cell("enum('small','large')", "string", "'large'", "large"),
    Cell("set('a','b','c')", "string", "'c,a'", "a,c"),
    Cell("json", "json", """'{"b": 1.50, "a": [null, "é"]}'""", '{"b": 1.50, "a": [null, "é"]}',
         "as it was written; MySQL orders its keys"),
    Cell("uuid", "string", "'123E4567-E89B-12D3-A456-426655440000'", "123e4567-e89b-12d3-a456-426655440000",
         "MariaDB"),
    Cell("inet6", "string", "'::ffff:192.0.2.1'", "::ffff:192.0.2.1", "MariaDB"),
    Cell("inet4", "string", "'192.0.2.1'", "192.0.2.1", "MariaDB"),
    Cell("point", "string", "point(1, 2.5)", "POINT(1 2.5)", "shapes are well-known text"),
)  # fmt: skip
