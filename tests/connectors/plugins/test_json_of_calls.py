"""The JSON of calls: short ways of writing and reading it say the same as Python's own."""

from __future__ import annotations

import json
from typing import Any

import pytest

from connectors.json_reading import read_json
from connectors.plugins.filters import json_of
from connectors.plugins.http.bodies import compiled_body
from connectors.plugins.requests import RequestManifest
from connectors.plugins.templating import Roots


@pytest.mark.parametrize("value", [
    {"channel": "c", "n": 2**80, "yes": True, "none": None, "less": -7},
    {"text": 'ä \u2028 "\\/ \x00\x1f\x7f \U0001f600\n\t'}, {},
    {"half": 1.5, "large": 1e22}, {"inside": {"list": [1, "x"]}}, ["a"], "text",
])  # fmt: skip
def test_a_body_is_the_json_that_python_writes(value: Any) -> None:
    body = compiled_body(RequestManifest(method="POST", body="{{params.it}}"))
    roots = Roots(values={"params": {"it": value}})
    assert body.written(body.value(roots), roots).content == json_of(value).encode()


@pytest.mark.parametrize("body", [
    b'{"a": 1.10, "b": [true, null], "a": 2}', b' \n{"a": 1} \r\n\t', b"\xef\xbb\xbf[1]", '{"a": "ä"}'.encode("utf-16"),
    b"NaN", b"123456789012345678901234567890",
])  # fmt: skip
def test_an_answer_is_what_python_reads_in_it(body: bytes) -> None:
    assert repr(read_json(body)) == repr(json.loads(body))


@pytest.mark.parametrize("body", [b'{"a": 1} x', b"{", b"", b'"\xff"', b"[1]\xc2\xa0"])
def test_what_is_no_json_is_refused(body: bytes) -> None:
    with pytest.raises((json.JSONDecodeError, UnicodeDecodeError)):
        read_json(body)
