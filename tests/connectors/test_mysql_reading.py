"""Tables of MariaDB as sources: what is sent, what goes wrong, and what a driver may not do."""

from __future__ import annotations

import datetime as dt
import os
import signal
import subprocess
import time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import weirflow as wf
from connectors.databases.address import Address, address_of
from connectors.databases.mysql.database import DATABASE
from connectors.databases.mysql.reading import DriverFailed, read
from connectors.databases.mysql.session import driver_url
from connectors.problem import ConnectorProblem
from connectors.secrets.secret import Secret
from tests.connectors.database_sources import reads, rows_on_both
from tests.servers.fixtures import home
from tests.servers.running import Database, Instance
from tests.servers.wire import wire_to


@pytest.fixture
def shop(mariadb: Database) -> Database:
    mariadb.execute(
        "create table orders (id integer primary key, customer varchar(20), amount decimal(8,2), paid boolean)",
        "insert into orders values (1, 'Ada', 10.50, true), (2, 'bo', 7.00, false), (3, null, 1.25, null), "
        "(4, 'Ädne', -3.10, true)",
    )
    return mariadb


def address_on(database: Database, options: str = "") -> Address:
    return address_of("mysql", Secret("env:TEST", database.url + options), base=Path())


def problem_of(document: dict[str, Any], engine: str = "polars") -> wf.Diagnostic:
    with pytest.raises(wf.WorkflowError) as failure:
        wf.compile(document, engine=engine).collect()
    (found,) = failure.value.diagnostics
    return found


def test_rows_come_in_the_order_of_code_points_with_nulls_where_the_key_says(
    shop: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    ordered = [{"field": "customer", "nulls": "first"}]
    document = reads(shop, monkeypatch, table="orders", columns=["customer", "id"], order_by=ordered)

    # the server's own collation would put Ädne beside Ada, and bo before it
    assert rows_on_both(document).rows() == [(None, 3), ("Ada", 1), ("bo", 2), ("Ädne", 4)]


def test_limit_and_offset_are_the_servers(shop: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    document = reads(shop, monkeypatch, table="orders", order_by=[{"field": "id"}], limit=2, offset=1, columns=["id"])

    assert rows_on_both(document).rows() == [(2,), (3,)]


def test_a_table_of_another_database_of_the_server_is_named_with_it(
    shop: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = shop.url_as(shop.user, shop.password, name="information_schema")
    document = reads(shop, monkeypatch, url=other, table=f"{shop.name}.orders", columns=["id"])

    assert rows_on_both(document)["id"].sort().to_list() == [1, 2, 3, 4]


def test_a_view_is_read_as_a_table(shop: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.execute("create view paid as select id, amount from orders where paid")

    assert rows_on_both(reads(shop, monkeypatch, table="paid", order_by=[{"field": "id"}])).rows() == [
        (1, Decimal("10.50")),
        (4, Decimal("-3.10")),
    ]


def test_names_with_any_character_are_quoted(mariadb: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    mariadb.execute('create table `odd ``" %s` (`a ``"?%` integer)', 'insert into `odd ``" %s` values (7)')

    assert rows_on_both(reads(mariadb, monkeypatch, table='"odd `"" %s"')).to_dicts() == [{'a `"?%': 7}]


def test_an_empty_table_has_its_columns(mariadb: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    mariadb.execute("create table nothing (id integer, at datetime)")

    found = rows_on_both(reads(mariadb, monkeypatch, table="nothing"))
    assert found.columns == ["id", "at"]
    assert found.height == 0


def test_a_table_that_is_not_there_is_met_with_one_that_is(shop: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    found = problem_of(reads(shop, monkeypatch, table="oders"))

    assert (found.code, found.hint) == ("IR570", 'did you mean "orders"?')


def test_a_column_that_is_not_there_is_met_with_one_that_is(shop: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    found = problem_of(reads(shop, monkeypatch, table="orders", columns=["id", "amout"]))

    assert (found.code, found.hint) == ("IR521", 'did you mean "amount"?')


def test_a_wrong_password_is_not_repeated(shop: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    found = problem_of(reads(shop, monkeypatch, url=shop.url_as(shop.user, "wr0ng/horse"), table="orders"))

    assert found.code == "IR561"
    assert "wr0ng" not in str(found)


def test_an_unknown_database_is_named(shop: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    url = shop.url_as(shop.access.admin, shop.access.admin_password, name="shoop")
    found = problem_of(reads(shop, monkeypatch, url=url, table="orders"))

    assert found.code == "IR562"
    assert "shoop on 127.0.0.1" in found.message


def test_an_unknown_option_of_the_credential_is_named(shop: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    found = problem_of(reads(shop, monkeypatch, url=shop.url + "?charset=latin1", table="orders"))

    assert found.code == "IR591"
    assert '"charset"' in found.message


def test_a_table_that_may_not_be_read_is_refused(shop: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.execute(
        f"create user {shop.name} identified by 'kept'", f"grant select (id) on {shop.name}.orders to {shop.name}",
        is_admin=True,
    )  # fmt: skip
    document = reads(shop, monkeypatch, url=shop.url_as(shop.name, "kept"), table="orders", columns=["id"])

    try:
        assert rows_on_both(document).height == 4  # the other columns are not even seen
    finally:
        shop.execute(f"drop user {shop.name}", is_admin=True)


def test_a_connection_that_is_cut_in_the_middle_is_told(mariadb: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    mariadb.execute("create table many as select seq as id, repeat('x', 100) as filler from seq_1_to_100000")
    with wire_to(mariadb.host, mariadb.port) as wire:
        url = mariadb.url_as(mariadb.user, mariadb.password, port=wire.port)
        plan = wf.compile(reads(mariadb, monkeypatch, url=url, table="many"))
        wire.cut_after = wire.passed["down"] + 2_000_000
        with pytest.raises(wf.WorkflowError) as failure:
            plan.collect()

    (found,) = failure.value.diagnostics
    assert found.code == "IR568"
    assert mariadb.password not in str(found)


def test_a_statement_that_is_killed_is_told(mariadb: Database) -> None:
    mariadb.execute("create table many as select seq as id, repeat('x', 1000) as filler from seq_1_to_100000")
    batches = DATABASE.batches(address_on(mariadb), _statement("select * from many"), batch_rows=1000)
    next(batches)
    mariadb.disconnect()

    with pytest.raises(ConnectorProblem) as failure:
        list(batches)
    assert failure.value.code == "IR568"


def test_a_statement_that_takes_too_long_is_ended(mariadb: Database) -> None:
    with pytest.raises(ConnectorProblem) as failure:
        list(DATABASE.batches(address_on(mariadb, "?statement_timeout=200"), _statement("select sleep(20)"),
                              batch_rows=10))  # fmt: skip

    assert failure.value.code == "IR567"


def test_a_lock_that_others_hold_is_not_waited_for_long(shop: Database) -> None:
    statement = _statement("select * from orders")
    with shop.connect() as other, other.cursor() as cursor:
        cursor.execute("lock tables orders write")
        with pytest.raises(ConnectorProblem) as failure:
            list(DATABASE.batches(address_on(shop, "?lock_timeout=1000"), statement, batch_rows=10))

    assert failure.value.code == "IR567"


def test_a_server_that_goes_away_between_plan_and_run_is_told(
    mariadb_instance: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    mariadb_instance.database.execute("create table orders (id integer)")
    plan = wf.compile(reads(mariadb_instance.database, monkeypatch, table="orders"))
    mariadb_instance.kill()

    with pytest.raises(wf.WorkflowError) as failure:
        plan.collect()
    (found,) = failure.value.diagnostics
    assert found.code == "IR560"


def test_a_panic_of_the_driver_is_a_problem_and_nothing_more(mariadb: Database) -> None:
    url = driver_url(address_on(mariadb))
    # asked for in this way the driver panics at a time below zero
    with pytest.raises(DriverFailed):
        list(read(url, "select cast('-10:00:00' as time) as t", session=[], batch_rows=10))

    (rows,) = read(url, "select 1 as one", session=[], batch_rows=10)
    assert rows.rows() == [(1,)]


def test_a_driver_that_dies_is_a_problem_and_nothing_more(mariadb: Database) -> None:
    mariadb.execute("create table many as select seq as id, repeat('x', 100) as filler from seq_1_to_100000")
    address = address_on(mariadb)
    batches = DATABASE.batches(address, _statement("select * from many"), batch_rows=1000)
    next(batches)
    (child,) = _drivers()
    os.kill(child, signal.SIGKILL)

    with pytest.raises(ConnectorProblem) as failure:
        list(batches)
    assert failure.value.code == "IR568"
    (rows,) = DATABASE.batches(address, _statement("select 1 as one"), batch_rows=10)
    assert rows.rows() == [(1,)]


def test_who_stops_early_ends_the_statement(mariadb: Database) -> None:
    mariadb.execute("create table many as select seq as id, repeat('x', 1000) as filler from seq_1_to_100000")
    batches = DATABASE.batches(address_on(mariadb), _statement("select * from many"), batch_rows=1000)
    assert next(batches).height == 1000
    batches.close()  # type: ignore[attr-defined]

    running = "select count(*) from information_schema.processlist where info like 'select * from many%'"
    until = time.monotonic() + 60
    while mariadb.execute(running, is_admin=True) != [(0,)]:
        assert time.monotonic() < until, "the statement goes on"
        time.sleep(0.05)


def test_a_session_reads_only(shop: Database) -> None:
    with pytest.raises(ConnectorProblem) as failure:
        list(DATABASE.batches(address_on(shop), _statement("insert into orders values (9, 'x', 1, 1)"), batch_rows=10))

    assert "READ ONLY" in str(failure.value)


@pytest.mark.parametrize("text", ["it's", "back\\slash", "' or 1=1 -- ", "a\0b", "😀 %s ?", ""])
def test_a_parameter_is_the_same_text_whatever_is_in_it(mariadb: Database, text: str) -> None:
    from connectors.databases.database import Statement

    statement = Statement(sql="select ? as said, '?' as mark", parameters=[text])
    (rows,) = DATABASE.batches(address_on(mariadb), statement, batch_rows=10)

    assert rows.rows() == [(text, "?")]


def test_the_server_says_what_it_is_and_what_this_user_may(shop: Database) -> None:
    found = DATABASE.server(address_on(shop))

    assert found.product == "MariaDB"
    assert found.user == f"{shop.user}@%"
    assert found.abilities == {"read": True, "write": True, "create": True}


def _statement(text: str) -> Any:
    from connectors.databases.database import Statement

    return Statement(sql=text)


def _drivers() -> list[int]:
    """The processes of this one that run the driver and do something."""
    told = subprocess.run(
        ["ps", "-A", "-ww", "-o", "pid=,ppid=,args="], capture_output=True, text=True, check=True
    ).stdout
    lines = [line.split(None, 2) for line in told.splitlines() if "mysql/driver.py" in line]
    return [int(pid) for pid, parent, _ in lines if int(parent) == os.getpid()]


def test_a_query_is_read_with_its_inputs_bound(shop: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    query = (
        "select customer, count(*) as n, sum(amount) as total, max(amount) > {{inputs.least}} as large "
        "from orders where customer <> {{inputs.without}} or customer is null group by customer order by n, total"
    )
    document = reads(shop, monkeypatch, query=query) | {
        "runtime_inputs": [{"name": "least", "type": "number"}, {"name": "without", "type": "text"}]
    }
    inputs = {"least": "5", "without": "bo' or '1' = '1"}
    plans = [wf.compile(document, engine=engine, inputs=inputs) for engine in ("polars", "duckdb")]

    assert [str(each) for _, each in plans[0].schema().items()] == ["string", "integer", "decimal(30,2)", "integer"]
    for plan in plans:
        assert sorted(plan.collect().rows(), key=str) == [
            ("Ada", 1, Decimal("10.50"), 1), ("bo", 1, Decimal("7.00"), 1), ("Ädne", 1, Decimal("-3.10"), 0),
            (None, 1, Decimal("1.25"), 0),
        ]  # fmt: skip


def test_a_zero_date_of_a_query_is_a_bad_row(mariadb: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    mariadb.execute("set sql_mode = ''", "create table shipped (id integer, at date)",
                    "insert into shipped values (1, '2026-01-02'), (2, '0000-00-00')")  # fmt: skip
    document = reads(
        mariadb, monkeypatch, query="select id, at from shipped", config={"on_bad_row": "null", "max_bad": 1}
    )

    assert sorted(rows_on_both(document).rows()) == [(1, dt.date(2026, 1, 2)), (2, None)]


def test_a_name_that_a_query_does_not_know_is_told_in_the_servers_words(
    shop: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = problem_of(reads(shop, monkeypatch, query="select amout from orders"))

    assert found.code == "IR565"
    assert "Unknown column 'amout'" in found.message


CERTIFICATE = "ssl_ca={home}/cert.pem"


@pytest.mark.parametrize(("options", "is_encrypted"), [
    ("", True), ("?ssl_mode=disabled", False), ("?ssl_mode=required", True), (f"?{CERTIFICATE}", True),
    (f"?ssl_mode=verify_identity&{CERTIFICATE}", True),
])  # fmt: skip
def test_rows_come_encrypted_as_the_credential_says(
    encrypted_mariadb: Database, options: str, is_encrypted: bool
) -> None:
    address = address_on(encrypted_mariadb, options.format(home=home("encrypted_mariadb")))
    cipher = (
        "select variable_value <> '' as it from information_schema.session_status where variable_name = 'ssl_cipher'"
    )
    (rows,) = DATABASE.batches(address, _statement(cipher), batch_rows=10)

    assert rows.rows() == [(int(is_encrypted),)]


def test_a_certificate_that_nobody_known_has_signed_is_refused(encrypted_mariadb: Database) -> None:
    with pytest.raises(ConnectorProblem, match="is not trusted") as failure:
        DATABASE.server(address_on(encrypted_mariadb, "?ssl_mode=verify_ca"))

    assert failure.value.code == "IR560"


def test_encryption_that_a_server_does_not_speak_is_told(mariadb: Database) -> None:
    with pytest.raises(ConnectorProblem, match="speaks no TLS") as failure:
        DATABASE.server(address_on(mariadb, "?ssl_mode=required"))

    assert failure.value.code == "IR560"


COLLATED = [
    "create table c (id int, s varchar(9) collate utf8mb4_general_ci, u varchar(9) collate utf8mb4_unicode_ci,"
    " l varchar(9) character set latin1) character set utf8mb4",
    "insert into c values (1, 'a', 'a', 'a'), (2, 'b', 'B', 'ß'), (3, null, 'c', 'c')",
]


@pytest.mark.parametrize(
    ("condition", "kept"),
    [
        ("s = u", [1]),
        ("s <> u", [2]),
        ("s = l", [1]),
        ("l = '😀'", []),
        ("l <> '😀'", [1, 2, 3]),
        ("l in ('😀', 'ß')", [2]),
        ("u in (s, l, 'x')", [1, 3]),
    ],
)
def test_texts_of_other_collations_and_characters_are_compared(
    condition: str, kept: list[int], mariadb: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    mariadb.execute(*COLLATED)
    steps = [{"type": "filter", "config": {"where": condition}}, {"type": "sort", "config": {"by": ["id"]}}]

    found = rows_on_both(reads(mariadb, monkeypatch, table="c", transforms=steps))

    assert found["id"].to_list() == kept


def test_tables_are_joined_by_texts_of_two_collations(mariadb: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    mariadb.execute(*COLLATED)
    document = reads(mariadb, monkeypatch, table="c", columns=["id", "s"], transforms=[
        {"type": "join", "config": {"source": "other", "on": {"s": "u"}}}])  # fmt: skip
    other = document["data_sources"][0] | {"alias": "other"}
    other["database_config"] = other["database_config"] | {"columns": ["u"]}
    document["data_sources"].append(other)

    assert rows_on_both(document).rows() == [(1, "a")]
