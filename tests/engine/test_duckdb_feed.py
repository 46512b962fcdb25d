"""What DuckDB reads through Polars: the same rows in the same order, anew for each scan, only the columns it uses."""

from __future__ import annotations

import json

import duckdb
import polars as pl
import pytest

import weirflow as wf
from engine.duckdb_feed import Feed


@pytest.fixture
def opened(monkeypatch):
    """The columns of each stream that was opened."""
    streams: list[tuple[str, ...]] = []
    stream = Feed._stream

    def noted(self, names):
        streams.append(tuple(names))
        return stream(self, names)

    monkeypatch.setattr(Feed, "_stream", noted)
    return streams


def query(frame: pl.LazyFrame, sql: str) -> list[tuple[object, ...]]:
    with duckdb.connect() as connection:
        connection.register("feed", Feed(frame))
        return connection.execute(sql).fetchall()


def test_only_the_columns_of_the_query_are_read(opened):
    frame = pl.LazyFrame({"a": [1, 2], "b": ["x", "y"], "c": [0.5, None]})
    assert query(frame, "select sum(c), sum(a) from feed where a > 0") == [(0.5, 3)]
    assert [set(names) for names in opened] == [{"a", "c"}]


def test_rows_are_counted_where_no_column_is_asked_for():
    assert query(pl.LazyFrame({"a": [1, None, 3]}), "select count(*) from feed") == [(3,)]


def test_a_table_that_stands_twice_is_read_anew():
    frame = pl.LazyFrame({"a": [1, 2, 2]})
    assert query(frame, "select count(*) from feed one join feed two using (a)") == [(5,)]


def test_rows_come_in_order_over_many_batches():
    frame = pl.LazyFrame({"a": pl.int_range(350_000, eager=True)})
    wrong = "select count(*) from (select a, row_number() over () - 1 place from feed) where a <> place"
    assert query(frame, wrong) == [(0,)]


def test_times_are_of_duckdbs_common_type():
    frame = pl.LazyFrame({"a": ["12:30:00"]}).select(pl.col("a").str.to_time())
    assert query(frame, "select typeof(a), a = time '12:30:00' from feed") == [("TIME", True)]


def test_a_stream_may_be_left_before_its_end():
    frame = pl.LazyFrame({"a": pl.int_range(2_000_000, eager=True)})
    assert query(frame, "select a from feed limit 3") == [(0,), (1,), (2,)]


def test_a_run_reads_the_columns_it_needs(tmp_path, opened):
    (tmp_path / "orders.csv").write_text("id,amount,note\n1,5,x\n2,7,y\n")
    result = wf.run(
        {
            "ir_version": "3.1",
            "goal": "The sum",
            "data_sources": [{"type": "file", "location": "orders.csv"}],
            "transforms": [{"type": "aggregate", "config": {"aggregates": {"total": "sum(amount)"}}}],
            "delivery_rules": {"file_delivery": {"format": "csv", "filename_template": "total.csv"}},
        },
        engine="duckdb",
        base=tmp_path,
    )
    assert result.status == "succeeded"
    assert (tmp_path / "total.csv").read_text() == "total\n12\n"
    assert opened == [("amount",)]


def test_several_deliveries_of_one_frame_cost_one_scan(tmp_path, opened):
    (tmp_path / "orders.csv").write_text("id,amount\n1,5\n2,7\n")
    result = wf.run(
        {
            "ir_version": "3.1",
            "goal": "The same rows three times",
            "data_sources": [{"type": "file", "location": "orders.csv"}],
            "transforms": [{"type": "filter", "config": {"where": "amount > 5"}}],
            "delivery_rules": {"file_delivery": [{"format": "csv"}, {"format": "json"}, {"format": "parquet"}]},
        },
        engine="duckdb",
        base=tmp_path,
    )
    assert [each.rows for each in result.deliveries] == [1, 1, 1]
    assert len(opened) == 1


@pytest.mark.parametrize("sides", ["large join small", "small join large"])
def test_the_smaller_table_is_the_one_a_join_keeps_in_memory(sides):
    frame = pl.LazyFrame({"a": [1, 2], "b": [3, 4]})
    with duckdb.connect() as connection:
        connection.register("large", Feed(frame.rename({"b": "large"}), estimated_rows=1_000_000))
        connection.register("small", Feed(frame.rename({"b": "small"}), estimated_rows=1_000))
        explained = connection.execute(f"explain (format json) from {sides} using (a)").fetchone()
    [join] = _joins(json.loads(explained[1]))
    probed, kept = (json.dumps(child) for child in join["children"])
    assert '"large"' in probed
    assert '"small"' in kept


def _joins(nodes):
    for node in nodes:
        if "join" in node["name"].lower():
            yield node
        yield from _joins(node["children"])


@pytest.mark.parametrize("estimate", [None, 1, 5, 1_000_000_000])
def test_an_estimate_that_is_wrong_changes_no_rows(estimate):
    frame = pl.LazyFrame({"a": pl.int_range(1_000, eager=True)})
    with duckdb.connect() as connection:
        connection.register("feed", Feed(frame, estimated_rows=estimate))
        for counted in (
            "feed",
            "(from feed limit 2000)",
            "(from feed order by a limit 2000)",
            "feed join feed other using (a)",
            "(select distinct a from feed)",
        ):
            assert connection.execute(f"select count(*) from {counted}").fetchone() == (1_000,)


def test_a_run_tells_how_large_its_files_are(tmp_path, monkeypatch):
    told = {}
    made = Feed.__init__

    def noted(self, rows, looked_at=(), *, estimated_rows=None):
        told[len(rows.collect_schema())] = estimated_rows
        made(self, rows, looked_at, estimated_rows=estimated_rows)

    monkeypatch.setattr(Feed, "__init__", noted)
    (tmp_path / "orders.csv").write_text("id,amount,customer\n" + "1000001,10.25,17\n" * 1_000)
    (tmp_path / "customers.csv").write_text("customer,name\n17,Ada\n")
    document = {
        "ir_version": "3.1",
        "goal": "What each customer spent",
        "data_sources": [
            {"type": "file", "alias": "orders", "location": "orders.csv"},
            {"type": "file", "alias": "customers", "location": "customers.csv"},
        ],
        "transforms": [{"type": "join", "input": "orders", "config": {"source": "customers", "on": ["customer"]}}],
        "delivery_rules": {"file_delivery": {"format": "csv"}},
    }
    wf.run(document, engine="duckdb", base=tmp_path, out=tmp_path)
    assert 500 < told[3] < 2_000
    assert told[2] < 10


def test_rows_are_counted_only_by_a_scan_that_goes_to_the_end():
    feed = Feed(pl.LazyFrame({"a": pl.int_range(3_000_000, eager=True)}))
    with duckdb.connect() as connection:
        connection.register("feed", feed)
        assert connection.execute("select a from feed limit 1").fetchall() == [(0,)]
        assert feed.counted is None
        assert connection.execute("select sum(a) from feed where a < 2").fetchall() == [(1,)]
        assert feed.counted == 3_000_000
