"""A name is looked up, its address checked, and this address connected to, whatever the name leads to afterwards."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import weirflow as wf
from tests.connectors.names import ALLOWED, FORBIDDEN, NAME, STORE, names, trap
from tests.connectors.storage.conftest import delivering, reading
from tests.servers.drive import Drive
from tests.servers.fixtures import home
from tests.servers.http_receiver import HttpReceiver
from tests.servers.mongodb import Documents
from tests.servers.running import Database
from tests.servers.s3 import Bucket
from tests.workflows import inline, workflow

POLICY = wf.Policy(private_networks=False, private_hosts=frozenset({ALLOWED}))


@pytest.fixture
def shop(s3: Bucket, monkeypatch: pytest.MonkeyPatch) -> Bucket:
    """A bucket whose keys are the secret env:SHOP, and whose endpoint is a name."""
    keys = {"access_key_id": s3.access_key, "secret_access_key": s3.secret_key, "region": s3.region}
    monkeypatch.setenv("SHOP", json.dumps({**keys, "endpoint_url": f"http://{STORE}:{port_of(s3.endpoint)}"}))
    return s3


@pytest.fixture
def receiver() -> Iterator[HttpReceiver]:
    with HttpReceiver().running() as service:
        yield service


def port_of(url: str) -> int:
    return int(url.rpartition(":")[2])


def of_database(plugin: str, url: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    monkeypatch.setenv("NAMED", url.replace(f"@{ALLOWED}", f"@{NAME}"))
    source = {
        "type": "database", "alias": "orders", "credentials_ref": "env:NAMED",
        "database_config": {"connection": {"plugin_key": plugin}, "table": "orders"},
    }  # fmt: skip
    return {"ir_version": "3.1", "goal": "read by name", "data_sources": [source]}


def writing(plugin: str, url: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    monkeypatch.setenv("NAMED", url.replace(f"@{ALLOWED}", f"@{NAME}"))
    delivery = {"plugin_key": plugin, "credentials_ref": "env:NAMED", "table": "orders", "operation": "insert"}
    return workflow([inline("rows", [{"id": 3}])], delivery_rules={"database_delivery": delivery})


def read(document: dict[str, Any]) -> list[tuple[Any, ...]]:
    return sorted(wf.compile(document, policy=POLICY).collect("data").rows())


def refused(work: Callable[[], object]) -> list[str]:
    with pytest.raises(wf.WorkflowError) as stopped:
        work()
    return [each.code for each in stopped.value.diagnostics]


SQL = [("postgres", "postgres"), ("mysql", "mariadb")]


@pytest.mark.parametrize(("plugin", "fixture"), SQL)
def test_drivers_of_sql_databases_are_given_the_address_that_was_checked(
    plugin: str, fixture: str, request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database: Database = request.getfixturevalue(fixture)
    database.execute("create table orders (id int primary key)", "insert into orders values (1), (2)")
    names(monkeypatch)
    assert read(of_database(plugin, database.url, monkeypatch)) == [(1,), (2,)]
    wf.run(writing(plugin, database.url, monkeypatch), base=tmp_path, policy=POLICY)
    assert database.execute("select id from orders order by id") == [(1,), (2,), (3,)]


@pytest.mark.parametrize(("plugin", "fixture"), SQL)
@pytest.mark.parametrize("until", [1, 2, 3])
def test_sql_databases_are_not_followed_to_a_second_address(
    plugin: str, fixture: str, until: int, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    database: Database = request.getfixturevalue(fixture)
    database.execute("create table orders (id int primary key)", "insert into orders values (1)")
    names(monkeypatch, *[ALLOWED] * until, FORBIDDEN)
    with trap(database.port) as caught:
        found = refused(lambda: [read(of_database(plugin, database.url, monkeypatch)) for _ in range(3)])
    assert (found, caught) == (["IR502"], [])


def test_every_host_of_a_postgres_url_is_checked(postgres: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    postgres.execute("create table orders (id int primary key)", "insert into orders values (1)")
    names(monkeypatch)
    port = postgres.port
    with trap(port) as caught:
        for place in (
            f"{FORBIDDEN},{NAME}:{port}",
            f"{NAME}:{port}/x?hostaddr={FORBIDDEN}&application_name=",
            f"/x?host={FORBIDDEN}&application_name=",
        ):
            url = postgres.url.replace(f"@{ALLOWED}:{port}", f"@{place}")
            assert refused(lambda url=url: read(of_database("postgres", url, monkeypatch))) == ["IR502"]  # type: ignore[misc]
    assert caught == []


def test_a_certificate_has_to_be_of_the_name_although_the_address_is_connected_to(
    encrypted_mariadb: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    encrypted_mariadb.execute("create table orders (id int primary key)", "insert into orders values (1)")
    authority = home("encrypted_mariadb") / "cert.pem"
    names(monkeypatch)
    url = f"{encrypted_mariadb.url}?ssl_ca={authority}"
    assert read(of_database("mysql", f"{url}&ssl_mode=verify_ca", monkeypatch)) == [(1,)]
    assert refused(lambda: read(of_database("mysql", f"{url}&ssl_mode=verify_identity", monkeypatch))) == ["IR560"]


@pytest.mark.parametrize("answers", [[ALLOWED], [ALLOWED, FORBIDDEN], [ALLOWED, ALLOWED, FORBIDDEN]])
def test_pymongo_connects_to_addresses_that_were_checked(
    answers: list[str], mongodb_standalone: Documents, monkeypatch: pytest.MonkeyPatch
) -> None:
    mongodb_standalone.insert("orders", {"id": 1}, {"id": 2})
    found = names(monkeypatch, *answers)
    url = mongodb_standalone.url_as(mongodb_standalone.access.user, mongodb_standalone.access.password,
                                    options="&serverSelectionTimeoutMS=500&directConnection=true")  # fmt: skip
    document = of_database("mongodb", url, monkeypatch)
    document["data_sources"][0]["database_config"]["columns"] = ["id"]
    with trap(mongodb_standalone.access.port) as caught:
        if len(answers) == 1:
            assert read(document) == [(1,), (2,)]
        else:
            assert refused(lambda: read(document)) == ["IR502"]
    assert found.asked > 1
    assert caught == []


@pytest.mark.parametrize("answers", [[ALLOWED], [ALLOWED, FORBIDDEN]])
def test_buckets_are_reached_by_the_address_that_was_checked(
    answers: list[str], shop: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sink = io.BytesIO()
    pl.DataFrame({"id": [1, 2]}).write_parquet(sink)
    shop.put("a.parquet", sink.getvalue())
    shop.put("a.csv", b"id\n1\n2\n")
    with trap(port_of(shop.endpoint)) as caught:
        for name in ("a.csv", "a.parquet") if len(answers) == 1 else ("a.csv",):
            names(monkeypatch, *answers, name=STORE)
            document = reading(f"s3://{shop.name}/{name}")
            if len(answers) == 1:
                assert read(document) == [(1,), (2,)]
            else:
                assert refused(lambda document=document: read(document)) == ["IR502"]  # type: ignore[misc]
        if len(answers) == 1:
            wf.run(delivering(f"s3://{shop.name}"), base=tmp_path, policy=POLICY)
            assert shop.keys() == ["a.csv", "a.parquet", "report.csv"]
    assert caught == []


def test_polars_own_client_goes_where_the_relay_lets_it(
    shop: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sink = io.BytesIO()
    pl.DataFrame({"id": [1, 2]}).write_parquet(sink)
    shop.put("a.parquet", sink.getvalue())
    found = names(monkeypatch, name=STORE)
    plan = wf.compile(reading(f"s3://{shop.name}/a.parquet"), policy=POLICY)
    with trap(port_of(shop.endpoint)) as caught:
        found.answers = [FORBIDDEN]
        with pytest.raises(wf.WorkflowError):
            plan.collect("data")
    assert caught == []


@pytest.mark.parametrize("answers", [[ALLOWED], [ALLOWED, FORBIDDEN]])
def test_a_file_of_the_web_comes_from_the_address_that_was_checked(
    answers: list[str], receiver: HttpReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    for method in ("HEAD", "GET"):
        receiver.fail(method, "/a.csv", status=200, body="id\n1\n", times=9)
    names(monkeypatch, *answers)
    port = port_of(receiver.url)
    document = reading(f"http://{NAME}:{port}/a.csv", ref=None, format="csv")
    with trap(port) as caught:
        if len(answers) == 1:
            assert read(document) == [(1,)]
        else:
            assert refused(lambda: read(document)) == ["IR502"]
    assert caught == []


def test_a_redirect_leads_a_file_of_the_web_to_no_forbidden_address(
    receiver: HttpReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = port_of(receiver.url)
    for method in ("HEAD", "GET"):
        receiver.fail(method, "/a.csv", status=302, headers={"Location": f"http://{FORBIDDEN}:{port}/a.csv"}, times=9)
    with trap(port) as caught:
        assert refused(lambda: read(reading(f"{receiver.url}/a.csv", ref=None, format="csv"))) == ["IR502"]
    assert caught == []


@pytest.mark.parametrize("answers", [[ALLOWED], [ALLOWED, FORBIDDEN]])
def test_a_drive_is_reached_by_the_address_that_was_checked(
    answers: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Drive().running() as service:
        monkeypatch.setenv("SHOP", service.credentials().replace(ALLOWED, NAME))
        names(monkeypatch, *answers)
        with trap(port_of(service.url)) as caught:
            if len(answers) == 1:
                wf.run(delivering("gdrive://reports"), base=tmp_path, policy=POLICY)
            else:
                with pytest.raises(wf.WorkflowError, match="private address"):
                    wf.run(delivering("gdrive://reports"), base=tmp_path, policy=POLICY)
    assert caught == []
