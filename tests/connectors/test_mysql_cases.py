"""The examples of diagnostics that only MariaDB can give."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from docs.generator.findings import FailingCase, failing_cases
from tests.servers.running import Database

CASES = [each for each in failing_cases() if each.server == "mariadb"]


@pytest.fixture
def shop(mariadb: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    """Credentials in the environment: SHOP, WRONG, NOWHERE, and INSERTER of a user who may only add orders."""
    inserter = f"inserter_{mariadb.name[-12:]}"
    mariadb.execute(
        "create table orders (id integer primary key, amount decimal(8,2))",
        "create table items (id integer, price integer)",
        "create view broken as select price from items",
        "alter table items drop column price",
    )
    mariadb.execute(
        f"create user {inserter} identified by 'kept'", f"grant insert on {mariadb.name}.orders to {inserter}",
        is_admin=True,
    )  # fmt: skip
    admin = (mariadb.access.admin, mariadb.access.admin_password)
    monkeypatch.setenv("SHOP", mariadb.url)
    monkeypatch.setenv("WRONG", mariadb.url_as(mariadb.user, "another"))
    monkeypatch.setenv("NOWHERE", mariadb.url_as(*admin, name="shoop"))
    monkeypatch.setenv("INSERTER", mariadb.url_as(inserter, "kept"))
    yield mariadb
    mariadb.execute(f"drop user {inserter}", is_admin=True)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.code}/{case.golden.stem}")
def test_the_example_of_mariadb_says_its_golden_text(case: FailingCase, shop: Database) -> None:
    golden = case.golden.read_text(encoding="utf-8")

    said = case.said().replace(f" on {shop.host}:{shop.port}", " on db.example").replace(shop.name, "shop")
    said = said.replace(f"inserter_{shop.name[-12:]}", "inserter").replace(shop.host, "db.example")
    assert said == golden
