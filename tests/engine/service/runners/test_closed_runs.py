"""What workflows of a service try that they may not: each is refused, and nothing is read, written, sent or asked."""

from __future__ import annotations

import json
import socket
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.engine.service.carrying import Carrying, carrying

ROWS = {"type": "tabular", "source": "inline", "alias": "a", "config": {"rows": [{"x": "1", "mail": "a@example.com"}]}}
CSV = {"file_delivery": {"format": "csv", "filename_template": "got_{{run.id}}.csv"}}
SECRET = "correct-horse-battery"


@dataclass(slots=True)
class Ear:
    """A port of this machine that counts who knocks."""

    server: socket.socket
    knocks: list[tuple[str, int]] = field(default_factory=list)

    @property
    def port(self) -> int:
        return int(self.server.getsockname()[1])

    def listen(self) -> None:
        while True:
            try:
                peer, address = self.server.accept()
            except OSError:
                return
            self.knocks.append(address)
            peer.close()


@pytest.fixture(scope="module")
def ear() -> Iterator[Ear]:
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        found = Ear(server)
        threading.Thread(target=found.listen, daemon=True).start()
        yield found


@pytest.fixture(scope="module")
def carried(tmp_path_factory: pytest.TempPathFactory, ear: Ear) -> Iterator[Carrying]:
    """A service whose home lies in the folder of its workflows, with all that it should not give away."""
    outside = tmp_path_factory.mktemp("service")
    folder = outside / "shop"
    home = folder / "state"
    (folder / "sub").mkdir(parents=True)
    home.mkdir()
    for path in (outside / "outside.csv", folder / ".env", home / "kept.csv", folder / "sub" / ".hidden.csv"):
        path.write_text(f"x\n{SECRET}\n")
    (folder / "own.csv").write_text("x\n1\n")
    (folder / "own.yaml").write_text("x: 1\n")
    (folder / "link.csv").symlink_to(outside / "outside.csv")
    (folder / "folder_link").symlink_to(outside, target_is_directory=True)
    with closing(sqlite3.connect(outside / "outside.db")) as connection:
        connection.execute("create table t (x text)")
        connection.execute("insert into t values (?)", (SECRET,))
        connection.commit()
    (home / "config.toml").write_text(
        f'[mail]\nurl = "smtp://127.0.0.1:{ear.port}"\nfrom = "a@example.com"\n'
        f'[ai]\nbase_url = "http://127.0.0.1:{ear.port}/v1"\nmodel = "m"\napi_key = "{SECRET}"\n'
        f'[mcp.files]\ncommand = "touch"\nargs = ["{outside / "started"}"]\n'
        f'[mcp.web]\nurl = "http://127.0.0.1:{ear.port}/mcp"\n'
    )
    variables = {
        "SHOP_TOKEN": SECRET, "WEIRFLOW_OTHER_DB": f"sqlite:///{outside}/outside.db", "WEIRFLOW_HTTP": SECRET,
        "WEIRFLOW_W_DB": f"postgresql://u:p@127.0.0.1:{ear.port}/db", "WEIRFLOW_W_FILE": f"sqlite:///{outside}/outside.db",
        "WEIRFLOW_W_MAIL": f"smtp://127.0.0.1:{ear.port}?from=a@example.com", "AWS_SECRET_ACCESS_KEY": SECRET,
        "WEIRFLOW_W_STORE": json.dumps({"key": "a", "secret": "b", "endpoint_url": f"http://127.0.0.1:{ear.port}"}),
        "WEIRFLOW_W_MONGO": f"mongodb://127.0.0.1:{ear.port}/db", "WEIRFLOW_W_MYSQL": f"mysql://u:p@127.0.0.1:{ear.port}/db",
        "WEIRFLOW_W_SOCKET": "postgresql://u:p@example.com/db?host=/var/run/postgresql",
    }  # fmt: skip
    with carrying(folder, home=home, variables=variables) as found:
        yield found


def file(location: str, **more: Any) -> dict[str, Any]:
    return {"data_sources": [{"type": "file", "alias": "a", "location": location, **more}], "delivery_rules": CSV}


def database(connection: dict[str, Any], **more: Any) -> dict[str, Any]:
    found = {"type": "database", "alias": "a", "database_config": {"connection": connection, "table": "t"}, **more}
    return {"data_sources": [found], "delivery_rules": CSV}


def api(endpoint: str, **more: Any) -> dict[str, Any]:
    found = {
        "type": "api",
        "alias": "a",
        "plugin_key": "http",
        "endpoint": endpoint,
        "config": {"items": "rows"},
        **more,
    }
    return {"data_sources": [found], "delivery_rules": CSV}


def delivering(**rules: Any) -> dict[str, Any]:
    return {"data_sources": [ROWS], "delivery_rules": rules}


def operation(key: str, kind: str, config: dict[str, Any], **more: Any) -> dict[str, Any]:
    step = {"id": "s", "plugin_key": key, "operation_type": kind, "config": config, "output_variable": "s", **more}
    return {"data_sources": [ROWS], "plugin_operations": [step], "delivery_rules": CSV}


READING = {
    "another folder": file("../outside.csv"),
    "an absolute path": file("/etc/passwd", config={"format": "txt"}),
    "a file URL": file("file:///etc/passwd", config={"format": "txt"}),
    "the home of a user": file("~/.bashrc", config={"format": "txt"}),
    "a link": file("link.csv"),
    "through a linked folder": file("folder_link/outside.csv"),
    "a glob of another folder": file("../*.csv"),
    "a glob through a link": file("folder_link/*.csv"),
    "a file with a point": file(".env", config={"format": "csv"}),
    "a nested file with a point": file("sub/.hidden.csv"),
    "the service's home": file("state/kept.csv"),
    "the service's configuration": file("state/config.toml", config={"format": "txt"}),
    "the environment of the process": file("/proc/self/environ", config={"format": "txt"}),
    "a device": file("/dev/zero", config={"format": "txt"}),
    "the journal": database({"plugin_key": "sqlite"}, location="state/journal.db"),
    "a database elsewhere": database({"plugin_key": "sqlite"}, location="../outside.db"),
    "a database elsewhere, by an own secret": database({"plugin_key": "sqlite", "credentials_ref": "w_file"}),
    "another's secret": database({"plugin_key": "sqlite", "credentials_ref": "other_db"}),
    "the journal's own URL": database({"plugin_key": "postgres", "credentials_ref": "env:WEIRFLOW_JOURNAL"}),
    "a variable": database({"plugin_key": "postgres", "credentials_ref": "env:SHOP_TOKEN"}),
    "a file as a secret": database({"plugin_key": "postgres", "credentials_ref": "file:state/config.toml#ai.api_key"}),
}


@pytest.mark.parametrize("engine", ["polars", "duckdb"])
@pytest.mark.parametrize("tried", READING)
def test_what_is_not_the_workflows_is_not_read(carried: Carrying, ear: Ear, tried: str, engine: str) -> None:
    refused(carried, ear, {**READING[tried], "settings": {"engine": engine}})


def written_to(path: str, name: str = "written.csv") -> dict[str, Any]:
    return {"file_delivery": {"format": "csv", "destination": {"path": path}, "filename_template": name}}


WRITING: dict[str, dict[str, Any]] = {
    "another folder": written_to(".."),
    "an absolute path": written_to("/tmp/weirflow-attack"),
    "through a link": written_to("folder_link"),
    "the home": written_to("state"),
    "a folder with a point": written_to(".git"),
    "over a workflow": written_to(".", "own.yaml"),
    "a database elsewhere": {"database_delivery": {"plugin_key": "sqlite", "path": "../outside.db", "table": "t2"}},
    "the journal": {
        "database_delivery": {"plugin_key": "sqlite", "path": "state/journal.db", "table": "weirflow_keys"}
    },
    "a store with the machine's keys": written_to("s3://bucket/x"),
}


@pytest.mark.parametrize("tried", WRITING)
def test_nothing_is_written_outside(carried: Carrying, ear: Ear, tried: str) -> None:
    refused(carried, ear, delivering(**WRITING[tried]))
    assert not list(carried.folder.parent.rglob("written.csv"))
    assert not Path("/tmp/weirflow-attack").exists()


def private(port: int) -> dict[str, dict[str, Any]]:
    """Every way to an address of this machine."""
    here = f"127.0.0.1:{port}"
    post = {"plugin_key": "http", "config": {"url": f"http://{here}/x"}}
    mail = {"plugin_key": "smtp", "recipient_source": "mail", "subject": "s", "body_template": "b"}
    return {
        "a file": file(f"http://{here}/a.csv"), "by name": file(f"http://localhost:{port}/a.csv"),
        "of version 6": file(f"http://[::1]:{port}/a.csv"), "as one number": file(f"http://2130706433:{port}/a.csv"),
        "nowhere": file(f"http://0.0.0.0:{port}/a.csv"), "mapped": file(f"http://[::ffff:127.0.0.1]:{port}/a.csv"),
        "a cloud's credentials": file("http://169.254.169.254/latest/meta-data", config={"format": "txt"}),
        "an api": api(f"http://{here}/rows"), "an api by name": api(f"http://localhost:{port}/rows"),
        "a database": database({"plugin_key": "postgres", "credentials_ref": "w_db"}),
        "a database's socket": database({"plugin_key": "postgres", "credentials_ref": "w_socket"}),
        "mysql": database({"plugin_key": "mysql", "credentials_ref": "w_mysql"}),
        "mongodb": database({"plugin_key": "mongodb", "credentials_ref": "w_mongo"}),
        "a store": file("s3://bucket/a.csv", credentials_ref="w_store"),
        "a post": delivering(per_item_delivery=post),
        "a mail": delivering(per_item_delivery={**mail, "credentials_ref": "w_mail"}),
        "the service's mail account": delivering(per_item_delivery=mail),
        "a table": delivering(database_delivery={"plugin_key": "postgres", "credentials_ref": "w_db", "table": "t"}),
        "an MCP server": operation("mcp:web", "read", {"path": "x"}),
        "an operation": operation("http", "request", {"url": f"http://{here}/x", "method": "POST"}),
    }  # fmt: skip


@pytest.mark.parametrize("tried", private(1))
def test_no_private_address_is_reached(carried: Carrying, ear: Ear, tried: str) -> None:
    refused(carried, ear, private(ear.port)[tried])


def test_no_program_is_started(carried: Carrying, ear: Ear) -> None:
    refused(carried, ear, operation("mcp:files", "read", {"path": "x"}))
    assert not (carried.folder.parent / "started").exists()


def test_the_model_of_the_service_is_asked_only_where_workflows_may(carried: Carrying, ear: Ear) -> None:
    step = {"id": "s", "type": "summarize", "instruction": "Sum {{a.x}} up", "output_variable": "s"}
    refused(carried, ear, {"data_sources": [ROWS], "ai_operations": [step], "delivery_rules": CSV})


def test_no_template_is_read_from_outside(carried: Carrying, ear: Ear) -> None:
    workbook = {"format": "xlsx", "filename_template": "r.xlsx", "options": {"template": "../outside.xlsx"}}
    refused(carried, ear, delivering(file_delivery=workbook))


def test_no_picture_is_read_from_outside(carried: Carrying, ear: Ear) -> None:
    refused(carried, ear, {**delivering(file_delivery={"format": "html"}), "rendering": {"logo": "../outside.png"}})


def refused(carried: Carrying, ear: Ear, document: dict[str, Any]) -> None:
    """The run fails for the policy alone, and nobody hears of it."""
    ear.knocks.clear()
    start = carried.asked(document)
    outcome = carried.carry_out(start)
    told = f"{outcome.error} {outcome.code} {carried.log(start)}"
    assert outcome.status == "failed", outcome
    assert any(code in told for code in ("IR502", "IR503", "IR504", "this run may not")), told
    assert ear.knocks == []
    assert not (carried.folder / f"got_{start.run_id}.csv").exists()
    assert SECRET not in told


@pytest.mark.parametrize("engine", ["polars", "duckdb"])
def test_what_is_the_workflows_own_is_read_and_delivered(carried: Carrying, engine: str) -> None:
    start = carried.asked({**file("*.csv"), "settings": {"engine": engine}})
    assert carried.carry_out(carried.asked({**file("own.csv"), "settings": {"engine": engine}})).status == "done"
    assert carried.carry_out(start).status == "failed"  # of the glob it is the link that leads outside


def test_the_process_of_a_run_was_started_without_the_secrets_of_the_service(carried: Carrying) -> None:
    start = carried.asked(file("own.csv"))
    assert carried.carry_out(start).status == "done"
    record = carried.record(start)
    assert record is not None
    environment = Path(f"/proc/{record.pid}/environ").read_text()
    assert "WEIRFLOW_HOME=" in environment
    assert SECRET not in environment
