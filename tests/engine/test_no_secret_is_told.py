"""A full run over every kind of store, with what fails in it: no secret is found in anything that it says or leaves."""

from __future__ import annotations

import base64
import json
import logging
import os
import traceback
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import pytest

import weirflow as wf
from tests.connectors.vault_server import SECRETS, TOKEN, vault_server
from tests.servers.mongodb import Documents
from tests.servers.running import Database
from tests.servers.s3 import Bucket
from tests.warm_processes import ran

WRONG = "wr0ng/p@ss:word"
ROOT = Path(__file__).parents[2]

WORKFLOW = """
ir_version: "3.1"
name: shop
goal: Orders of everywhere
data_sources:
  - type: database
    alias: orders
    database_config: {connection: {plugin_key: postgres, credentials_ref: "file:secrets.toml#pg"}, table: orders}
    config: {incremental: {cursor: id}}
  - type: database
    alias: items
    database_config: {connection: {plugin_key: mysql, credentials_ref: env:MARIA}, table: items}
  - type: database
    alias: notes
    database_config: {connection: {plugin_key: mongodb, credentials_ref: "vault:secret/shop#url"}, table: notes}
  - type: database
    alias: stock
    database_config: {connection: {plugin_key: sqlite, credentials_ref: stock-db}, table: stock}
  - type: file
    alias: prices
    location: s3://BUCKET/prices.csv
    credentials_ref: env:STORE
    config: {schema: {id: integer, price: "decimal(10,2)"}, max_bad: 5}
transforms:
  - {type: enrich, config: {source: items, on: [id], columns: [n]}}
  - {type: enrich, config: {source: notes, on: [id], columns: [note]}}
  - {type: enrich, config: {source: stock, on: [id], columns: [pieces]}}
  - {type: enrich, config: {source: prices, on: [id], columns: [price]}}
delivery_rules:
  file_delivery:
    - format: csv
      destination: {plugin_key: s3, path: BUCKET/out, credentials_ref: env:STORE}
      options: {overwrite: true}
    - {id: local, format: xlsx, options: {overwrite: true}}
  database_delivery:
    - plugin_key: postgres
      credentials_ref: "file:secrets.toml#pg"
      table: totals
      operation: upsert
      key_fields: [id]
      create_table: true
    - {id: taken, plugin_key: mysql, credentials_ref: env:MARIA, table: taken, operation: insert}
"""


@dataclass(frozen=True, kw_only=True)
class Shop:
    """Where the workflow lies, what its commands see, and every secret of it."""

    folder: Path
    environment: dict[str, str]
    secrets: tuple[str, ...]
    said: list[str]

    def command(self, *arguments: str, **changes: str) -> int:
        """Run weirflow; what it says is kept."""
        done = ran(arguments, cwd=self.folder, env={**self.environment, **changes})
        self.said.append(f"$ {' '.join(arguments)}\n{done.stdout}{done.stderr}")
        return done.returncode

    def compile(self, **changes: str) -> None:
        """Compile the workflow with another environment, which fails; what that says is kept."""
        with pytest.MonkeyPatch.context() as patch:
            for name, value in changes.items():
                patch.setenv(name, value)
            with pytest.raises(wf.WorkflowError) as failure:
                wf.compile(self.folder / "shop.yaml")
        self.said.append("".join(traceback.format_exception(failure.value)))

    def leaks(self) -> list[str]:
        """Where a secret shows: in what was said, or in a file of the workflow's folder, but for those of secrets."""
        forms = [(each, form.encode()) for each in self.secrets for form in written(each)]
        found = [f"{each!r} in {text[:3000]}" for each, form in forms for text in self.said if form in text.encode()]
        for path in sorted(self.folder.rglob("*")):
            if path.is_file() and path.name not in {"secrets.toml"}:
                content = path.read_bytes()
                found += [f"{each!r} in {path}" for each, form in forms if form in content]
        return found


def written(secret: str) -> set[str]:
    """The ways in which a secret may stand in a text."""
    return {
        secret, quote(secret), quote(secret, safe=""), quote_plus(secret), json.dumps(secret)[1:-1], repr(secret)[1:-1],
        base64.b64encode(secret.encode()).decode(),
    }  # fmt: skip


@pytest.fixture
def shop(
    postgres: Database, mariadb: Database, mongodb: Documents, s3: Bucket, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Shop]:  # fmt: skip
    import sqlite3

    postgres.execute("create table orders (id integer primary key, city text)",
                     "insert into orders values (1, 'Oslo'), (2, 'Rome'), (3, 'Bonn')")  # fmt: skip
    mariadb.execute("create table items (id integer primary key, n integer)", "insert into items values (1, 5), (2, 7)",
                    "create table taken (id integer primary key, city text, n integer, note text, pieces integer, "
                    "price decimal(10,2))", "insert into taken (id) values (2)")  # fmt: skip
    mongodb.insert("notes", {"id": 1, "note": "first"}, {"id": 3, "note": "third"})
    s3.put("prices.csv", b"id,price\n1,9.50\nx,1.00\n3,2.25\n")
    connection = sqlite3.connect(tmp_path / "stock.db")
    connection.execute("create table stock (id integer, pieces integer)")
    connection.execute("insert into stock values (1, 10)")
    connection.commit()
    connection.close()
    (tmp_path / "shop.yaml").write_text(WORKFLOW.replace("BUCKET", s3.name))
    parts = {"host": postgres.host, "port": postgres.port, "user": postgres.user, "password": postgres.password,
             "database": postgres.name}  # fmt: skip
    lines = [f"{key} = {json.dumps(value)}" for key, value in parts.items()]
    home = tmp_path / "home"
    home.mkdir()
    for path, text in ((tmp_path / "secrets.toml", "\n".join(["[pg]", *lines, ""])),
                       (home / "secrets.toml", f'stock-db = "sqlite:///{tmp_path}/stock.db"\n')):  # fmt: skip
        path.write_text(text)
        path.chmod(0o600)
    store = {"endpoint_url": s3.endpoint, "key": s3.access_key, "secret": s3.secret_key, "region": s3.region}
    monkeypatch.setitem(SECRETS, "secret/data/shop", {"data": {"data": {"url": mongodb.url}}})
    with vault_server() as vault:
        environment = {
            "WEIRFLOW_HOME": str(home), "MARIA": mariadb.url, "STORE": json.dumps(store), "VAULT_ADDR": vault,
            "VAULT_TOKEN": TOKEN, "NO_COLOR": "1",
        }  # fmt: skip
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        yield Shop(
            folder=tmp_path, environment={**os.environ, "PYTHONPATH": str(ROOT)}, said=[],
            secrets=(postgres.password, mariadb.password, mongodb.access.password, s3.secret_key, TOKEN, WRONG),
        )  # fmt: skip


def test_plans_runs_and_what_they_leave_hold_no_secret(shop: Shop) -> None:
    plan = wf.compile(shop.folder / "shop.yaml")
    shop.said.extend(
        [plan.explain(), repr(plan), json.dumps(plan.to_dict()), plan.to_mermaid(), plan.to_html(), plan.sql()]
    )
    assert shop.command("plan", "shop.yaml", "--format", "polars") in {0, 2}
    assert shop.command("run", "shop.yaml", "--preview", "2") in {0, 3}
    assert shop.command("run", "shop.yaml", "--format", "json") == 1
    run = json.loads(shop.said[-1].partition("\n")[2].rpartition("}")[0] + "}")
    assert {each["id"]: each["status"] for each in run["deliveries"]}["taken"] == "failed"
    assert run["dead_letters"]["count"] == 1
    assert shop.command("run", "shop.yaml", WEIRFLOW_TRACEBACK="1") == 1
    assert shop.command("connections", "test", "shop.yaml") == 0
    text = (shop.folder / "shop.yaml").read_text()
    (shop.folder / "nowhere.yaml").write_text(text.replace("/out, credentials", "-nowhere, credentials"))
    assert shop.command("run", "nowhere.yaml", WEIRFLOW_TRACEBACK="1") == 1
    shop.command("schema", "pin", "shop.yaml", "--check")
    assert list((shop.folder / "home" / "runs").glob("*/dead_letters.ndjson"))
    assert (shop.folder / "home" / "journal.db").exists()
    assert shop.leaks() == []


def wrong(url: str, password: str) -> str:
    """The URL with another password."""
    return url.replace(quote(password, safe=""), quote(WRONG, safe=""))


def test_what_fails_with_a_wrong_secret_holds_neither_it_nor_the_right_one(
    shop: Shop, mariadb: Database, mongodb: Documents
) -> None:
    closed = mariadb.url_as(mariadb.user, WRONG, port=9)
    for each in (wrong(mariadb.url, mariadb.password), closed, f"postgresql://x:{quote(WRONG)}@h/d", WRONG):
        shop.compile(MARIA=each)
    assert shop.command("run", "shop.yaml", "--format", "json", MARIA=closed, WEIRFLOW_TRACEBACK="1") == 2
    assert shop.command("connections", "test", "env:MARIA", "--plugin", "mysql", MARIA=closed) == 1
    store = json.loads(shop.environment["STORE"])
    for changes in ({"secret": WRONG, "endpoint_url": "http://127.0.0.1:9"}, {"secrte": WRONG}):
        shop.compile(STORE=json.dumps(store | changes))
    shop.compile(VAULT_TOKEN=WRONG)
    SECRETS["secret/data/shop"] = {"data": {"data": {"url": wrong(mongodb.url, mongodb.access.password)}}}
    shop.compile()
    toml = (shop.folder / "secrets.toml").read_text()
    for text in (toml.replace(json.dumps(shop.secrets[0]), json.dumps(WRONG)), f"[pg]\npassword = {WRONG}\n"):
        (shop.folder / "secrets.toml").write_text(text)
        shop.compile()
    assert shop.leaks() == []


def test_errors_and_logs_in_python_hold_no_secret(
    shop: Shop, mariadb: Database, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    file = shop.folder / "shop.yaml"
    events: list[wf.Event] = []
    with caplog.at_level(logging.DEBUG, logger="weirflow"), caplog.at_level(logging.INFO):
        result = wf.run(file, progress=events.append)
        told: Sequence[Any] = (result, result.as_json(), result.plan, result.plan and result.plan.to_dict(), *events)
        shop.said.extend([repr(each) for each in told])
        monkeypatch.setenv("MARIA", wrong(mariadb.url, mariadb.password))
        with pytest.raises(wf.WorkflowError) as failure:
            wf.compile(file)
        shop.said.append("".join(traceback.format_exception(failure.value)))
        monkeypatch.setenv("MARIA", mariadb.url)
        plan = wf.compile(file)
        mariadb.execute("drop table items")
        with pytest.raises(wf.WorkflowError) as failure:
            plan.run()
        shop.said.append("".join(traceback.format_exception(failure.value)))
    shop.said.extend([record.getMessage() for record in caplog.records])
    assert shop.leaks() == []


def test_a_secret_that_is_told_or_left_would_be_found(shop: Shop) -> None:
    (shop.folder / "out").mkdir()
    (shop.folder / "out" / "log.txt").write_text(quote(shop.secrets[1], safe=""))
    shop.said.append(f"cannot log in with {shop.secrets[0]}")
    assert len(shop.leaks()) >= 2
