"""Runs whose process is locked in do what all runs do: they have their secrets, and reach stores and databases."""

from __future__ import annotations

import io
import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import polars as pl
import pytest

from tests.engine.service.carrying import Carrying, carrying
from tests.servers.mongodb import Documents
from tests.servers.running import Database
from tests.servers.s3 import Bucket
from tests.workflows import ENGINES

ROWS = "id,name\n1,ann\n2,bea\n"
SERVERS = {"postgres": "w_pg", "mysql": "w_my", "mongodb": "w_mongo"}
"""Kinds of servers, and the secrets with their URLs."""


@pytest.fixture(scope="module")
def carried(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Carrying]:
    place = tmp_path_factory.mktemp("service")
    folder, home = place / "shop", place / "home"
    folder.mkdir()
    home.mkdir()
    with closing(sqlite3.connect(folder / "own.db")) as connection:
        connection.execute("create table orders (id integer primary key, name text)")
        connection.execute("insert into orders values (1, 'ann'), (2, 'bob')")
        connection.commit()
    url = f"sqlite:///{folder}/own.db"
    (home / "secrets.toml").write_text(f'w_db = "{url}"\nother_db = "{url}"\n[w_more]\ndb = "{url}"\n')
    (folder / "rows.csv").write_text(ROWS)
    with carrying(folder, home=home, private_hosts=frozenset({"127.0.0.1"}), secrets=frozenset({"env:STORE"})) as found:
        yield found


def test_a_run_has_the_secrets_that_are_its_own_though_it_cannot_read_their_file(carried: Carrying) -> None:
    came = {
        name: carried.carry_out(carried.asked(delivering_csv(of_table("sqlite", name), name))).code
        for name in ("w_db", "w_more.db", "other_db")
    }
    assert came == {"w_db": None, "w_more.db": None, "other_db": "IR504"}
    assert [(carried.folder / f"{name}.csv").exists() for name in came] == [True, True, False]


def test_parquet_of_a_store_of_ones_own_is_read_through_the_relay_of_the_process(carried: Carrying, s3: Bucket) -> None:
    file = io.BytesIO()
    pl.DataFrame({"x": [7]}).write_parquet(file)
    s3.put("a.parquet", file.getvalue())
    carried.environment["STORE"] = keys_of(s3)
    source = {"type": "file", "location": f"s3://{s3.name}/a.parquet", "credentials_ref": "env:STORE"}
    for name in ("v", "w"):  # each has a policy of its own
        assert carried.carry_out(carried.asked(delivering_csv(source, f"parquet_{name}"), workflow=name)).error is None
        assert (carried.folder / f"parquet_{name}.csv").read_text() == "x\n7\n"


def test_rows_go_into_databases_and_stores_and_come_back_from_them(
    carried: Carrying, s3: Bucket, postgres: Database, mariadb: Database, mongodb: Documents
) -> None:
    carried.environment |= {
        "WEIRFLOW_W_STORE": keys_of(s3), "WEIRFLOW_W_PG": postgres.url, "WEIRFLOW_W_MY": mariadb.url,
        "WEIRFLOW_W_MONGO": mongodb.url,
    }  # fmt: skip
    databases: list[dict[str, Any]] = [
        *({"plugin_key": kind, "credentials_ref": name, "create_table": True} for kind, name in SERVERS.items()),
        {"plugin_key": "sqlite", "path": "own.db"},
    ]
    written = {"table": "orders", "operation": "upsert", "key_fields": ["id"]}
    file = {
        "format": "csv", "filename_template": "orders.csv", "options": {"overwrite": True},
        "destination": {"path": f"s3://{s3.name}", "credentials_ref": "w_store"},
    }  # fmt: skip
    sources = {
        **{kind: of_table(kind, name) for kind, name in SERVERS.items()},
        "sqlite": of_table("sqlite", "w_db"),
        "s3": {"type": "file", "location": f"s3://{s3.name}/orders.csv", "credentials_ref": "w_store"},
    }
    first, *others = sorted(sources)
    back = {
        "data_sources": [{**sources[name], "alias": name} for name in (first, *others)],
        "transforms": [
            {"type": "union", "input_source": first, "config": {"sources": others, "source_column": "of"}},
            {"type": "sort", "config": {"by": ["of", "id"]}},
        ],
    }
    for engine in ENGINES:
        chosen = {"settings": {"engine": engine}}
        done = carried.carry_out(carried.asked({
            **chosen,
            "data_sources": [{"type": "file", "alias": "rows", "location": "rows.csv"}],
            "delivery_rules": {"database_delivery": [{**each, **written} for each in databases], "file_delivery": file},
        }))  # fmt: skip
        assert (engine, done.error, done.status) == (engine, None, "done")
        report = {"format": "csv", "filename_template": f"{engine}.csv", "columns": ["of", "id", "name"]}
        came = carried.carry_out(carried.asked({**chosen, **back, "delivery_rules": {"file_delivery": report}}))
        assert (engine, came.error, came.status) == (engine, None, "done")
        assert (carried.folder / f"{engine}.csv").read_text() == (
            "of,id,name\n" + "".join(f"{name},1,ann\n{name},2,bea\n" for name in sorted(sources))
        )


def keys_of(s3: Bucket) -> str:
    keys = {"access_key_id": s3.access_key, "secret_access_key": s3.secret_key, "region": s3.region}
    return json.dumps({**keys, "endpoint_url": s3.endpoint})


def of_table(kind: str, secret: str) -> dict[str, Any]:
    connection = {"plugin_key": kind, "credentials_ref": secret}
    return {"type": "database", "database_config": {"connection": connection, "table": "orders"}}


def delivering_csv(source: dict[str, Any], name: str) -> dict[str, Any]:
    file = {"format": "csv", "filename_template": f"{name}.csv"}
    return {"data_sources": [{**source, "alias": "a"}], "delivery_rules": {"file_delivery": file}}
