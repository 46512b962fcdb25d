"""Files that stand as base64 within a JSON answer are written to the disk without being in memory as a whole."""

from __future__ import annotations

import base64
import json
import tracemalloc
from pathlib import Path

import pytest

from connectors.plugins.http.encoded_files import decode_file
from connectors.problem import ConnectorProblem


def _decoded(tmp_path: Path, answer: bytes) -> bytes:
    (tmp_path / "answer").write_bytes(answer)
    decode_file(tmp_path / "answer", "data", tmp_path / "file", title="Mail")
    return (tmp_path / "file").read_bytes()


@pytest.mark.parametrize(
    ("answer", "content"),
    [
        (b'{"size": 5, "data": "_-8_fg"}', b"\xff\xef\x3f\x7e"),
        (b'{"data":"aGk\\u003d"}', b"hi"),
        (b'{"data":"\\/w\\n=="}', b"\xff"),
        (b'{"of": {"data": "aGk="}, "list": ["data", {"data": "x"}], "d\\u0061ta": "aG8="}', b"ho"),
        (b'{"text": "\\"data\\": \\"aGk=\\"", "data": "aG8="}', b"ho"),
        (b'{"data": ""}', b""),
        (b'{"data": null, "size": 0}', b""),
        (b'{"size": 0}', b""),
    ],
)
def test_the_bytes_are_those_that_the_key_of_the_outermost_object_holds(tmp_path, answer, content):
    assert _decoded(tmp_path, answer) == content


@pytest.mark.parametrize(
    "answer", [b"", b"[]", b"no", b'{"data": 17}', b'{"data": {"data": "aGk="}}', b'{"data": "a!Gk"}', b'{"data": "a"}']
)
def test_an_answer_without_such_a_text_is_told(tmp_path, answer):
    with pytest.raises(ConnectorProblem, match="Mail answers with no file: there is no base64 at data"):
        _decoded(tmp_path, answer)
    assert not (tmp_path / "file").exists()


def test_a_large_file_is_never_in_memory(tmp_path):
    content = bytes(range(250)) * 12_000
    (tmp_path / "answer").write_text(json.dumps({"data": base64.b64encode(content).decode()}))
    tracemalloc.start()
    try:
        decode_file(tmp_path / "answer", "data", tmp_path / "file", title="Mail")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (tmp_path / "file").read_bytes() == content
    assert peak < 2_000_000  # of 3 MB that are 4 MB in base64
