"""What the engines once did not agree on: each a rule now, its value worked out by hand."""

from __future__ import annotations

from typing import Any

import pytest

from docs.generator.examples import plain_rows
from tests.workflows import both_engines, inline, workflow

ROW: dict[str, Any] = {"i": 1, "big": 9223372036854775807, "s": "é", "none": None, "words": ["a", None], "empty": [],
                       "day": "2024-01-31", "ts": "2024-01-31T00:00:00"}  # fmt: skip
SCHEMA = {"i": "integer", "big": "integer", "s": "string", "none": "string", "words": "list(string)",
          "empty": "list(string)",
          "day": "date", "ts": "datetime"}  # fmt: skip


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # DuckDB took a null separator for none
        ("split('a,b', none)", None),
        # Polars took null for blanks
        ("ltrim(' a', none)", None),
        ("trim(' a ', none)", None),
        # DuckDB added 1 to a place beyond 64 bits
        ("list_get(words, big)", None),
        ("list_get(words, -1)", None),
        ("list_get(words, 0)", "a"),
        # DuckDB refused what is no JSON, and read a path without $ as a key
        ("json_get(s, 'a')", None),
        ("json_get('[1, 2]', '[1]')", "2"),
        ("json_get('{\"a key\": {\"b\": [\"x\"]}}', 'a key.b[0]')", "x"),
        ("json_get('{\"a.b\": 1}', 'a.b')", None),
        # DuckDB gives null for nothing but nulls
        ("list_join(empty, ',')", ""),
        ("list_join(list_slice(words, 1), ',')", ""),
        ("list_join(words, ',')", "a"),
        # Polars has SS for ß and a final sigma, DuckDB one character for one
        ("upper('straße ŉ ﬁ ᾳ')", "STRAẞE ŉ ﬁ ᾼ"),
        ("lower('İΣΑΣ')", "iσασ"),
        ("initcap('ßtraße')", "ẞtraße"),
        # DuckDB leaves out the 0 of a decimal that has no digits before the point
        ("cast(0.05 as string)", "0.05"),
        ("'x' || (0.05 - 0.10)", "x-0.05"),
        # engines keep other things together as one letter
        ("reverse('a\r\nb')", "b\n\ra"),
        ("reverse('e\u0301x')", "x\u0301e"),
    ],
)  # fmt: skip
def test_a_value_is_the_same_on_both_engines(text: str, expected: object) -> None:
    document = workflow(
        [inline("main", [ROW], SCHEMA)],
        transforms=[{"type": "map", "config": {"columns": {"found": text}, "select": ["found"]}}],
    )
    assert plain_rows(both_engines(document)) == [{"found": expected}]
