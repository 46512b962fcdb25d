"""What code in the process of a run tries behind the back of all checks: Linux itself stops it."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from engine.service.sandbox.landlock import LEAST, version
from tests.engine.service.carrying import carrying

pytestmark = pytest.mark.skipif(version() < LEAST, reason="the kernel has no Landlock")
ALLOWED = {"read what is its own", "write what is its own", "use a temporary file", "trust certificates"}
SITE = """\
import queue, threading

asked, answers = queue.Queue(), queue.Queue()

def read():
    for path in iter(asked.get, None):
        try:
            answers.put(path.read_bytes() and None)
        except OSError as error:
            answers.put(error)

threading.Thread(target=read, daemon=True).start()
"""
SINCE = {"signal the service": 6, "knock at a socket without a name": 6, "connect": 4, "listen": 4}
"""What only later versions of Landlock stop."""


@pytest.fixture(scope="module")
def tried(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """What came of each attempt."""
    place = tmp_path_factory.mktemp("service")
    folder, home, package = place / "flows" / "shop", place / "home", place / "package"
    for each in (folder, home, package / "hostile-1.0.dist-info", place / "flows" / "other"):
        each.mkdir(parents=True)
    (package / "hostile-1.0.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: hostile\nVersion: 1.0\n")
    (package / "hostile-1.0.dist-info" / "entry_points.txt").write_text(
        "[weirflow.secret_resolvers]\nhostile = tests.engine.service.sandbox.hostile:resolve\n"
    )
    (package / "sitecustomize.py").write_text(SITE)
    for path in (
        place / "outside",
        place / "log",
        home / "secrets.toml",
        home / "config.toml",
        home / "dispatch.db",
        place / "flows" / "other" / "x.csv",
    ):
        path.write_text("")
    (folder / "own.csv").write_text("x\n1\n")
    (folder / "link.csv").symlink_to(place / "outside")
    name = f"weirflow-test-{os.getpid()}"
    reference = f"hostile:{folder / 'about.json'}"
    path = os.pathsep.join([str(package), str(Path(__file__).parents[4])])
    with (
        closing(socket.socket(socket.AF_UNIX)) as ear,
        closing(socket.create_server(("127.0.0.1", 0))) as server,
        carrying(
            place / "flows",
            home=home,
            variables={"PYTHONPATH": path},
            secrets=frozenset({reference}),
            hosts=frozenset(),
            own_processes=True,
        ) as carried,
    ):
        about = {"folder": str(folder), "home": str(home), "outside": str(place / "outside"), "socket": name,
                 "port": server.getsockname()[1]}  # fmt: skip
        (folder / "about.json").write_text(json.dumps(about))
        ear.bind(f"\0{name}")
        ear.listen()
        database = {"plugin_key": "postgres", "credentials_ref": reference}
        start = carried.asked({
            "data_sources": [
                {"type": "database", "alias": "a", "database_config": {"connection": database, "table": "t"}}
            ],
            "delivery_rules": {"file_delivery": {"format": "csv"}},
        }, base=folder)  # fmt: skip
        assert carried.carry_out(start).status == "failed"
        yield json.loads((folder / "tried.json").read_text())


def test_what_is_not_a_runs_is_closed_to_it_whatever_code_asks(tried: dict[str, str]) -> None:
    unscoped = {each for each, since in SINCE.items() if version() < since}
    refused = {name: came for name, came in tried.items() if name not in ALLOWED | unscoped}
    assert refused.pop("gain privileges") == "1"
    assert refused.pop("read by another Python") == "ended with 7"
    assert {name: came for name, came in refused.items() if came not in {"EACCES", "EPERM", "EXDEV"}} == {}


def test_what_a_run_needs_is_open_to_it(tried: dict[str, str]) -> None:
    assert {name: tried[name] for name in ALLOWED} == dict.fromkeys(ALLOWED, "done")
