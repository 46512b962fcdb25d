"""Files of the web: what the server says decides between a missing file and one that cannot be had."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

import weirflow as wf
from connectors.problem import ConnectorProblem


class Answers(BaseHTTPRequestHandler):
    """Knows one file, keeps one to itself, and has no ranges."""

    def do_GET(self) -> None:
        name = self.path.split("?")[0]
        self.send_response({"/shop/a.csv": 200, "/shop/secret.csv": 403}.get(name, 404))
        self.end_headers()
        if name == "/shop/a.csv" and self.command == "GET":
            self.wfile.write(b"id,name\n1,x\n")

    do_HEAD = do_GET

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as serving:
        threading.Thread(target=serving.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{serving.server_port}/shop"
        serving.shutdown()


def test_a_file_of_a_server_without_ranges_is_read_on_both_engines(server, open_source, rows_on_both):
    assert rows_on_both(open_source(f"{server}/a.csv?token=1")).rows() == [(1, "x")]


@pytest.mark.parametrize(
    ("name", "code", "message"),
    [
        ("b.csv", "IR505", "b.csv does not exist"),
        ("secret.csv", "IR506", "could not be opened: the server answered 403"),
    ],
)
def test_a_missing_file_and_a_refused_one_are_told_apart(server, open_source, name, code, message):
    with pytest.raises(ConnectorProblem, match=code) as raised:
        open_source(f"{server}/{name}")
    assert message in raised.value.message


def test_a_server_that_is_not_there_is_no_missing_file(open_source):
    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as closed:
        port = closed.server_port
    with pytest.raises(ConnectorProblem, match="IR506") as raised:
        open_source(f"http://127.0.0.1:{port}/a.csv")
    assert "does not exist" not in raised.value.message


@pytest.mark.parametrize("location", ["gs://folder/a.csv", "abfs://folder/a.csv"])
def test_a_location_whose_package_is_not_installed_validates(location):
    source = {"type": "file", "location": location}
    found = wf.validate({"ir_version": "3.1", "goal": "read from a cloud drive", "data_sources": [source]})
    assert [(each.code, each.severity) for each in found] == [("IR508", "warning")]
