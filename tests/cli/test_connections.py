"""`weirflow connections`: what a workflow reaches, and whether it answers."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from engine.cli.main import run_command_line
from tests.servers.mongodb import Documents
from tests.servers.running import Database
from tests.servers.s3 import Bucket
from tests.servers.smtp import MailServer

WORKFLOW = """
ir_version: "3.1"
goal: g
data_sources:
  - {type: database, alias: stock, location: shop.db, database_config: {connection: {plugin_key: sqlite}, table: stock}}
  - type: database
    alias: sold
    database_config: {connection: {plugin_key: sqlite, credentials_ref: env:SOLD_DB}, query: select 1}
  - {type: database, alias: bought, database_config: {connection: {plugin_key: sqlite, credentials_ref: env:SOLD_DB},
     table: bought}}
  - {type: file, alias: prices, location: prices.csv}
  - {type: file, alias: calls, location: "s3://calls/{{date}}/*.csv"}
delivery_rules:
  database_delivery: {plugin_key: sqlite, path: shop.db, table: total}
  file_delivery:
    - {format: csv, destination: {plugin_key: s3, path: reports/daily, credentials_ref: env:S3}}
    - {format: csv, id: here}
"""


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    with closing(sqlite3.connect("shop.db")) as connection:
        connection.execute("create table stock (n integer)")
    Path("w.yaml").write_text(WORKFLOW)
    return tmp_path


def printed(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, Any]:
    code = run_command_line(["connections", *arguments, "--format", "json"])
    return code, json.loads(capsys.readouterr().out)


def told(found: Mapping[str, Any], *keys: str) -> tuple[Any, ...]:
    return tuple(found[key] for key in keys)


@pytest.mark.usefixtures("shop")
def test_every_connection_is_listed_once_with_what_uses_it(capsys: pytest.CaptureFixture[str]) -> None:
    code, found = printed(capsys, "list", "w.yaml")
    assert code == 0
    assert [told(each, "names", "plugin", "credentials_ref", "place") for each in found] == [
        (["stock", "database_delivery"], "sqlite", None, "shop.db"),
        (["sold", "bought"], "sqlite", "env:SOLD_DB", ""),
        (["calls"], "s3", "s3", "s3://calls"),
        (["file_delivery"], "s3", "env:S3", "s3://reports"),
    ]
    assert found[0]["uses"] == ["reads stock", "insert into total"]


def test_the_connections_of_one_name_are_tested(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, [found] = printed(capsys, "test", "w.yaml", "stock")
    assert (code, found["works"], found["place"]) == (0, True, str(shop / "shop.db"))
    assert found["server"]["product"] == "SQLite"
    assert 0 <= found["seconds"] < 30


@pytest.mark.usefixtures("shop")
def test_one_that_does_not_work_ends_with_1(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    code, [found] = printed(capsys, "test", "w.yaml", "bought")
    assert (code, found["works"], found["problem"]["code"]) == (1, False, "IR590")
    monkeypatch.setenv("SOLD_DB", "sqlite:///no/where.db")
    code, [found] = printed(capsys, "test", "w.yaml", "bought")
    assert (code, found["problem"]["code"]) == (1, "IR505")


@pytest.mark.usefixtures("shop")
def test_a_credential_is_tested_by_itself(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOLD_DB", "sqlite:///shop.db")
    code, [found] = printed(capsys, "test", "env:SOLD_DB", "--plugin", "sqlite")
    assert (code, found["works"], found["credentials_ref"]) == (0, True, "env:SOLD_DB")
    code, [found] = printed(capsys, "test", "shop.db", "--plugin", "sqlite")
    assert (code, found["works"], found["credentials_ref"]) == (0, True, None)
    code, [found] = printed(capsys, "test", "postgres")
    assert (code, found["credentials_ref"], found["problem"]["code"]) == (1, "postgres", "IR590")


@pytest.mark.usefixtures("shop")
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["w.yaml", "stok"], 'did you mean "stock"?'),
        (["none.yaml"], "none.yaml"),
        (["env:X", "--plugin", "oracle"], '"oracle" is not one of postgres'),
        (["postgresql://app:hunter22@db/x"], "this is a credential"),
        (["postgresql://app:hunter22@db/x", "--plugin", "postgres"], "if it is the secret itself"),
    ],
)
def test_what_cannot_be_tested_is_refused_and_no_secret_repeated(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command_line(["connections", "test", *arguments]) == 2
    printed = capsys.readouterr().err
    assert said in printed
    assert "hunter22" not in printed


@pytest.mark.parametrize(("plugin", "product"), [("postgres", "PostgreSQL"), ("mysql", "MariaDB")])
def test_a_server_says_who_is_let_in_and_what_for(
    plugin: str, product: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    database: Database = request.getfixturevalue("mariadb" if plugin == "mysql" else plugin)
    database.execute("create table stock (n integer)")
    monkeypatch.setenv("SHOP", database.url)
    code, [found] = printed(capsys, "test", "env:SHOP", "--plugin", plugin)
    assert code == 0
    assert (found["server"]["product"], found["server"]["database"]) == (product, database.name)
    assert found["server"]["user"].startswith(database.user)
    assert found["server"]["may"] == {"read": True, "write": True, "create": True}


@pytest.mark.parametrize("plugin", ["postgres", "mysql"])
def test_a_wrong_password_is_told_and_not_shown(
    plugin: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    database: Database = request.getfixturevalue("mariadb" if plugin == "mysql" else plugin)
    monkeypatch.setenv("SHOP", database.url_as(database.user, "wr0ng/pass@word"))
    code, [found] = printed(capsys, "test", "env:SHOP", "--plugin", plugin)
    assert (code, found["works"]) == (1, False)
    assert "wr0ng" not in json.dumps(found)
    assert "://" not in json.dumps(found)


def test_a_mongodb_server_says_who_is_let_in_and_what_for(
    mongodb: Documents, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SHOP", mongodb.url)
    code, [found] = printed(capsys, "test", "env:SHOP", "--plugin", "mongodb")
    assert code == 0
    assert (found["server"]["product"], found["server"]["user"]) == ("MongoDB", mongodb.access.user)
    assert found["server"]["may"] == {"read": True, "write": True, "create": True}


def test_a_bucket_that_is_there_works_and_one_that_is_not_does_not(
    s3: Bucket, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    parts = {"endpoint_url": s3.endpoint, "key": s3.access_key, "secret": s3.secret_key, "region": s3.region}
    monkeypatch.setenv("STORE", json.dumps(parts))
    code, [found] = printed(capsys, "test", f"s3://{s3.name}", "--credentials-ref", "env:STORE")
    assert (code, found["works"]) == (0, True)
    code, [found] = printed(capsys, "test", "s3://no-such-bucket-here", "--credentials-ref", "env:STORE")
    assert (code, found["works"]) == (1, False)
    assert s3.secret_key not in json.dumps(found)


@pytest.mark.usefixtures("shop")
def test_people_read_what_answers(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command_line(["connections", "test", "w.yaml", "sold", "stock"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("stock, database_delivery: sqlite ")
    assert lines[1].startswith("  works: SQLite 3.")
    assert lines[-3:-1] == ["sold, bought: sqlite, credentials env:SOLD_DB",
                          "  does not work [IR590]: the environment has no SOLD_DB"]  # fmt: skip


@pytest.mark.usefixtures("shop")
def test_json_stays_json_whatever_a_secret_looks_like(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for odd in ('": "', "true", "0.0", "names"):
        monkeypatch.setenv("SOLD_DB", json.dumps({"path": "shop.db", "password": odd}))
        code, [found] = printed(capsys, "test", "env:SOLD_DB", "--plugin", "sqlite")
        assert (code, found["works"]) == (0, True)


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("env:PG_URL", "there is no file env:PG_URL; a credential is tested with --plugin"),
        ("mongodb+srv://me:s3cretword@db.example.com/shop", "this is a credential"),
    ],
)
def test_a_credential_alone_is_told_how_it_is_tested(
    target: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command_line(["connections", "test", target]) == 2
    printed = capsys.readouterr()
    assert said in " ".join(printed.err.split())
    assert "s3cretword" not in printed.out + printed.err


MESSAGES = """
ir_version: "3.1"
goal: g
data_sources:
  - {type: tabular, source: inline, config: {rows: [{id: 1, mail: a@example.com}]}}
delivery_rules:
  per_item_delivery: {recipient_source: mail, subject: s, body_template: b}
  summary_delivery: {id: boss, recipient: b@example.com, subject: s, body_template: b, credentials_ref: env:OFFICE}
"""


def test_mail_accounts_are_listed_and_tested(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], mail_server: MailServer
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OFFICE", "smtp://127.0.0.1:1")
    Path("w.yaml").write_text(MESSAGES)
    _, listed = printed(capsys, "list", "w.yaml")
    code, (first, second) = printed(capsys, "test", "w.yaml")
    alone, _ = printed(capsys, "test", "email")

    assert [(each["names"], each["credentials_ref"], each["uses"]) for each in listed] == [
        (["per_item_delivery"], "email", ["mails each row"]), (["boss"], "env:OFFICE", ["mails a summary"]),
    ]  # fmt: skip
    assert (code, alone) == (1, 0)
    assert (first["works"], first["place"]) == (True, f"127.0.0.1:{mail_server.port}")
    assert first["server"]["product"] == "a mail server of mails up to 33,554,432 bytes"
    assert first["server"]["may"] == {"encrypted": False, "addresses beyond ASCII": True}
    assert (second["works"], second["problem"]["code"]) == (False, "IR682")
    assert mail_server.mails == []
