"""Files read from a bucket; of Parquet only what is wanted."""

from __future__ import annotations

import gzip
import io
from pathlib import Path
from typing import Any
from urllib.parse import quote

import polars as pl
import pytest

import weirflow as wf
from tests.connectors.storage.conftest import reading
from tests.servers.s3 import Bucket
from tests.servers.s3_faults import Faults
from tests.workflows import ENGINES, both_engines


def parquet(frame: pl.DataFrame, **options: Any) -> bytes:
    sink = io.BytesIO()
    frame.write_parquet(sink, **options)
    return sink.getvalue()


LARGE = pl.DataFrame({"id": range(200_000), "day": [number // 20_000 for number in range(200_000)]}).with_columns(
    text=pl.col("id").hash(1).cast(pl.String()), other=pl.col("id").hash(2).cast(pl.String())
)
"""Ten row groups of a day each, whose texts do not compress."""


@pytest.mark.parametrize("form", ["csv", "ndjson", "json", "parquet", "arrow", "xlsx", "txt", "csv.gz"])
def test_every_format_is_read(shop: Bucket, form: str) -> None:
    frame = pl.DataFrame({"id": [1, 2], "city": ["Bern", "Zürich"]})
    sink = io.BytesIO()
    if form == "txt":
        shop.put("in/a.txt", b"one\ntwo\n")
        assert both_engines(reading(f"s3://{shop.name}/in/a.txt")).rows() == [("one",), ("two",)]
        return
    if form == "csv.gz":
        sink.write(gzip.compress(frame.write_csv().encode()))
    else:
        {"csv": frame.write_csv, "ndjson": frame.write_ndjson, "json": frame.write_json, "parquet": frame.write_parquet,
         "arrow": frame.write_ipc, "xlsx": frame.write_excel}[form](sink)  # fmt: skip
    shop.put(f"in/a.{form}", sink.getvalue())
    assert both_engines(reading(f"s3://{shop.name}/in/a.{form}")).rows() == [(1, "Bern"), (2, "Zürich")]


def test_globs_are_sorted_and_know_folders(shop: Bucket) -> None:
    for day in ("day=2", "day=1"):
        for number in (2, 1):
            shop.put(f"in/{day}/{number}.csv", f"a\n{number}\n".encode())
    shop.put("in/readme.txt", b"x")
    document = reading(f"s3://{shop.name}/in/*/*.csv", file_column="file", partitioned=True)
    frame = both_engines(document)
    assert frame.select("a", "day").rows() == [(1, 1), (2, 1), (1, 2), (2, 2)]
    assert frame["file"][0] == f"s3://{shop.name}/in/day=1/1.csv"


@pytest.mark.parametrize("name", ["ä b+c", "a%20b", "a#1", "a?b", "a[1]", "a*b", "it's&b=c"])
@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_odd_names_are_read_by_themselves_and_by_globs(shop: Bucket, name: str, form: str) -> None:
    body = parquet(pl.DataFrame({"a": [1]})) if form == "parquet" else b"a\n1\n"
    shop._ask("PUT", f"/in/{quote(name)}.{form}", body)
    for location in (f"in/{name}.{form}", f"in/*.{form}"):
        assert both_engines(reading(f"s3://{shop.name}/{location}"))["a"].to_list() == [1]


@pytest.mark.parametrize("engine", ENGINES)
def test_of_a_parquet_file_only_the_wanted_columns_and_row_groups_are_fetched(
    faults: Faults, tmp_path: Path, engine: str
) -> None:
    content = parquet(LARGE, row_group_size=20_000)
    faults.bucket.put("in/large.parquet", content)
    document = reading(
        "s3://shop/in/large.parquet", {"format": "csv", "columns": ["id", "text"], "filename_template": "o.csv"}
    )
    document["filters"] = [{"field": "day", "operator": "equals", "value": 3}]
    plan = wf.compile(document, engine=engine, base=tmp_path)
    assert faults.sent["/shop/in/large.parquet"] <= 64 * 1024
    plan.run(out=tmp_path)
    written = pl.read_csv(tmp_path / "o.csv", schema={"id": pl.Int64(), "text": pl.String()})
    assert written.equals(LARGE.filter(pl.col("day") == 3).select("id", "text"))
    assert faults.sent["/shop/in/large.parquet"] < len(content) * 0.2
    # beside the footers one part was asked for: three of the four columns of one of the ten row groups
    [part] = [each for each in faults.ranges if each and not each.startswith("bytes=-")][1:]
    first, last = (int(each) for each in part.removeprefix("bytes=").split("-"))
    assert last - first < len(content) * 0.06


@pytest.mark.parametrize("engine", ENGINES)
def test_parquet_files_of_a_glob_are_one_source(shop: Bucket, engine: str, tmp_path: Path) -> None:
    for number in range(3):
        shop.put(f"in/{number}.parquet", parquet(LARGE.filter(pl.col("day") == number)))
    shop.put("in/3.parquet", parquet(LARGE.head(2).with_columns(pl.col("day").cast(pl.Int32()))))
    plan = wf.compile(reading(f"s3://{shop.name}/in/*.parquet", file_column="file"), engine=engine)
    frame = plan.collect("data")
    assert frame.height == 60_002
    assert frame["file"].unique().sort()[0] == f"s3://{shop.name}/in/0.parquet"
    assert frame["day"].dtype == pl.Int64()


def test_a_file_that_has_other_columns_than_planned_stops_the_run(shop: Bucket, tmp_path: Path) -> None:
    shop.put("a.parquet", parquet(pl.DataFrame({"a": [1]})))
    plan = wf.compile(reading(f"s3://{shop.name}/a.parquet"), base=tmp_path)
    shop.put("a.parquet", parquet(pl.DataFrame({"b": ["x"]})))
    with pytest.raises(wf.WorkflowError, match="IR528"):
        plan.run(out=tmp_path)


def test_a_file_with_other_rows_than_planned_is_read_as_it_is_now(shop: Bucket, tmp_path: Path) -> None:
    shop.put("a.parquet", parquet(pl.DataFrame({"a": [1]})))
    plan = wf.compile(reading(f"s3://{shop.name}/a.parquet"), base=tmp_path)
    shop.put("a.parquet", parquet(pl.DataFrame({"a": [1, 2]})))
    assert plan.collect("data")["a"].to_list() == [1, 2]


def test_what_is_no_parquet_file_is_told(shop: Bucket) -> None:
    shop.put("a.parquet", b"a,b\n1,2\n" * 100)
    with pytest.raises(wf.WorkflowError, match="IR523"):
        wf.compile(reading(f"s3://{shop.name}/a.parquet"))


def test_a_footer_that_is_longer_than_usual_is_read(shop: Bucket) -> None:
    frame = pl.DataFrame({f"column {number:05d} {'x' * 60}": [number] for number in range(2000)})
    shop.put("wide.parquet", parquet(frame))
    assert both_engines(reading(f"s3://{shop.name}/wide.parquet")).row(0) == tuple(range(2000))


def test_scripts_and_plans_hold_no_keys(shop: Bucket, tmp_path: Path) -> None:
    shop.put("a.parquet", parquet(pl.DataFrame({"a": [1]})))
    for engine in ENGINES:
        plan = wf.compile(reading(f"s3://{shop.name}/a.parquet"), base=tmp_path, engine=engine)
        script = plan.to_polars_code()
        assert f'"s3://{shop.name}/a.parquet"' in script
        told = f"{script}{plan}{plan!r}{plan.explain()}{plan.compiled.graph.relations}{plan.polars().explain()}"
        for secret in (shop.secret_key, shop.access_key):
            assert secret not in told
    assert f"READ_PARQUET(['s3://{shop.name}/a.parquet']" in plan.sql()


@pytest.mark.parametrize("fault", [{"status": 503}, {"lost": True}, {"status": 500}])
def test_reading_is_tried_again(faults: Faults, fault: dict[str, Any]) -> None:
    faults.bucket.put("in/a.csv", b"a\n1\n")
    faults.bucket.put("in/b.parquet", parquet(pl.DataFrame({"a": [1]})))
    for file in ("a.csv", "b.parquet"):
        faults.fail("GET", f"in/{file}", **fault)
        faults.fail("HEAD", f"in/{file}", **{**fault, "body": ""})
        assert both_engines(reading(f"s3://shop/in/{file}"))["a"].to_list() == [1]


@pytest.mark.parametrize(
    ("status", "error", "code", "said"),
    [
        (403, "AccessDenied", "IR586", "access was denied"),
        (400, "ExpiredToken", "IR586", "the session token has expired"),
        (403, "InvalidAccessKeyId", "IR586", "the store does not know these keys"),
        (403, "SignatureDoesNotMatch", "IR586", "secret_access_key does not fit access_key_id"),
        (403, "RequestTimeTooSkewed", "IR586", "the clock here and the store's are too far apart"),
        (404, "NoSuchBucket", "IR587", 'there is no bucket "shop"'),
        (503, "SlowDown", "IR589", "again and again"),
    ],
)
@pytest.mark.parametrize("location", ["s3://shop/in/*.csv", "s3://shop/in/a.csv"])
def test_what_the_store_says_is_told(
    faults: Faults, status: int, error: str, code: str, said: str, location: str
) -> None:
    for method in ("GET", "HEAD"):
        faults.fail(method, "/shop", status=status, times=100, body=faults.error(error) if method == "GET" else "")
    with pytest.raises(wf.WorkflowError) as stopped:
        wf.compile(reading(location))
    [found] = stopped.value.diagnostics
    assert found.code == code
    assert said in found.message


def test_a_server_that_is_no_store_is_told(monkeypatch: pytest.MonkeyPatch, faults: Faults) -> None:
    for method in ("GET", "HEAD"):
        faults.fail(method, "/shop", status=200, body="<html>hello</html>", times=100)
    with pytest.raises(wf.WorkflowError) as stopped:
        wf.compile(reading("s3://shop/in/*.csv"))
    assert [each.code for each in stopped.value.diagnostics] == ["IR589"]
