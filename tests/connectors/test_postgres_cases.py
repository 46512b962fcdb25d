"""The failing examples of reading that need a PostgreSQL server say their golden texts."""

from __future__ import annotations

import pytest

from docs.generator.findings import FailingCase, failing_cases
from tests.servers.running import Database


@pytest.fixture
def shop(postgres: Database, monkeypatch: pytest.MonkeyPatch) -> Database:
    """What the examples read, and the credentials that they name."""
    postgres.execute("create table private (id int)", is_admin=True)
    postgres.execute(
        "create table orders (id int primary key, customer text, amount numeric(10,2))",
        "insert into orders values (1, 'Ada', 10.50), (2, 'Bo', 7), (3, null, 1.25)",
        "create table log (t text)",
        "create function noted() returns int language sql as $$insert into log values ('read') returning 1$$",
        "create view noting as select noted()",
        "create view quotients as select id, 1 / (id - 2) quotient from orders",
        "create view slow as select i, pg_sleep(0.05)::text from generate_series(1, 1000) i",
        "create view ending as select i, case when i = 2 then pg_terminate_backend(pg_backend_pid()) end stop "
        "from generate_series(1, 3) i",
    )
    monkeypatch.setenv("SHOP_DB", postgres.url)
    monkeypatch.setenv("SHOP_SHORT", f"{postgres.url}?statement_timeout=300")
    monkeypatch.setenv("SHOP_WRONG_PASSWORD", postgres.url_as("clerk", "secret"))
    monkeypatch.setenv("SHOP_WRONG_DATABASE", postgres.url_as(postgres.user, postgres.password, name="shops"))
    return postgres


CASES = [each for each in failing_cases() if each.server == "postgres" and each.code < "IR600"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.code}/{case.golden.stem}")
def test_a_case_that_needs_a_server_says_its_golden_text(case: FailingCase, shop: Database) -> None:
    said = case.said().replace(f"{shop.host}:{shop.port}", "db.example").replace(shop.name, "shop")
    golden = case.golden.read_text(encoding="utf-8")
    assert said == golden
    assert f"[{case.code}]" in golden
