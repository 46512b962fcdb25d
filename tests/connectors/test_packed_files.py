"""Compressed files: unpacked once, never beyond their limits, and damage is told."""

from __future__ import annotations

import bz2
import gzip
import io
import zipfile
from pathlib import Path

import polars as pl
import pytest
import zstandard

from connectors.files.reading import open_files
from connectors.files.unpacking import unpack
from connectors.policy import Policy
from connectors.problem import ConnectorProblem

CSV = b"a,b\n1,x\n2,y\n"


def zipped(**members: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name if "." in name else name.replace("__", "/").replace("_", "."), content)
    return packed.getvalue()


PACKED = {
    "rows.csv.gz": gzip.compress(CSV),
    "rows.csv.bz2": bz2.compress(CSV),
    "rows.csv.zst": zstandard.compress(CSV),
    "rows.csv.zip": zipped(rows_csv=CSV),
    "other.zip": zipped(folder__rows_csv=CSV, **{"__MACOSX/rows.csv": b"junk"}),
}


@pytest.mark.parametrize("name", PACKED)
def test_each_compression_is_read(tmp_path: Path, open_source, rows_on_both, name):
    (tmp_path / name).write_bytes(PACKED[name])
    assert rows_on_both(open_source(name)).rows() == [(1, "x"), (2, "y")]


def test_compressions_mix_in_one_glob_in_the_order_of_paths(tmp_path: Path, open_source, rows_on_both):
    (tmp_path / "1.csv.gz").write_bytes(gzip.compress(b"a,b\n1,x\n"))
    (tmp_path / "2.csv").write_bytes(b"a,b\n2,y\n")
    (tmp_path / "3.csv.zst").write_bytes(zstandard.compress(b"a,b\n3,z\n"))
    relation = open_source("*.csv*")
    assert rows_on_both(relation).rows() == [(1, "x"), (2, "y"), (3, "z")]
    assert relation.files == ("1.csv.gz", "2.csv", "3.csv.zst")


def test_gzip_of_several_members_and_zstd_of_several_frames_are_read_whole(tmp_path: Path, open_source, rows_on_both):
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(b"a,b\n1,x\n") + gzip.compress(b"2,y\n"))
    (tmp_path / "b.csv.zst").write_bytes(zstandard.compress(b"a,b\n1,x\n") + zstandard.compress(b"2,y\n"))
    assert rows_on_both(open_source("a.csv.gz")).rows() == [(1, "x"), (2, "y")]
    assert rows_on_both(open_source("b.csv.zst")).rows() == [(1, "x"), (2, "y")]


@pytest.mark.parametrize("ending", ["parquet", "arrow", "ndjson", "txt"])
def test_every_format_may_be_compressed(tmp_path: Path, open_source, rows_on_both, ending):
    frame = pl.DataFrame({"line": ["x", "y"]})
    plain = io.BytesIO()
    match ending:
        case "parquet":
            frame.write_parquet(plain)
        case "arrow":
            frame.write_ipc(plain)
        case "ndjson":
            frame.write_ndjson(plain)
        case _:
            plain.write(b"x\ny\n")
    (tmp_path / f"a.{ending}.gz").write_bytes(gzip.compress(plain.getvalue()))
    assert rows_on_both(open_source(f"a.{ending}.gz")).rows() == [("x",), ("y",)]


def test_a_file_is_unpacked_once_for_both_engines(tmp_path: Path, open_source):
    (tmp_path / "rows.csv.gz").write_bytes(PACKED["rows.csv.gz"])
    relation = open_source("rows.csv.gz")
    first = relation.copies(tmp_path / "scratch")
    (tmp_path / "rows.csv.gz").unlink()
    assert relation.copies(tmp_path / "scratch") == first


def test_a_zip_with_several_files_asks_which_one(tmp_path: Path, open_source):
    (tmp_path / "a.zip").write_bytes(zipped(x_csv=CSV, y_csv=CSV))
    with pytest.raises(ConnectorProblem, match="IR505") as raised:
        open_source("a.zip")
    assert raised.value.message == "a.zip holds 2 files: x.csv, y.csv"
    assert raised.value.hint == "name one: a.zip!x.csv"


def test_a_file_inside_a_zip_is_named_behind_an_exclamation_mark(tmp_path: Path, open_source, rows_on_both):
    (tmp_path / "a.zip").write_bytes(zipped(x_csv=CSV, y_csv=b"c\n5\n"))
    relation = open_source("a.zip!y.csv", file_column="path")
    assert rows_on_both(relation).rows() == [(5, "a.zip!y.csv")]
    with pytest.raises(ConnectorProblem, match=r'holds no file "z\.csv"'):
        open_source("a.zip!z.csv")


@pytest.mark.parametrize(("content", "message"), [(b"PK nothing", "no zip file"), (zipped(), "holds no file")])
def test_a_zip_with_nothing_in_it_is_told(tmp_path: Path, open_source, content, message):
    (tmp_path / "a.zip").write_bytes(content)
    with pytest.raises(ConnectorProblem, match=message):
        open_source("a.zip")


def big_csv() -> bytes:
    return b"a,b\n" + b"".join(b"%d,text %d\n" % (index, index * 7919) for index in range(200_000))


@pytest.mark.parametrize(
    ("ending", "pack"), [("gz", gzip.compress), ("bz2", bz2.compress), ("zst", zstandard.compress)]
)
def test_a_file_cut_short_stops_the_run_and_leaves_no_copy(tmp_path: Path, open_source, ending, pack):
    packed = pack(big_csv())
    (tmp_path / f"a.csv.{ending}").write_bytes(packed[: len(packed) * 3 // 4])
    with pytest.raises(ConnectorProblem, match="IR523"):
        open_source(f"a.csv.{ending}").to_polars(tmp_path / "scratch").collect()
    assert not (tmp_path / "scratch").exists() or list((tmp_path / "scratch").iterdir()) == []


def test_what_is_not_compressed_as_its_ending_says_is_told(tmp_path: Path, open_source):
    for ending in ("gz", "bz2", "zst"):
        (tmp_path / f"a.csv.{ending}").write_bytes(CSV)
        with pytest.raises(ConnectorProblem, match="IR523"):
            open_source(f"a.csv.{ending}")


def test_an_encrypted_zip_is_told(tmp_path: Path, open_source):
    content = bytearray(zipped(a_csv=CSV))
    content[6] |= 1  # the encryption flag, in the local header and in the directory
    content[content.index(b"PK\x01\x02") + 8] |= 1
    (tmp_path / "a.zip").write_bytes(content)
    with pytest.raises(ConnectorProblem, match="is encrypted"):
        open_source("a.zip")


def test_a_bomb_is_stopped_before_it_fills_the_disk(tmp_path: Path, monkeypatch):
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(b"a,b\n" + b"1,x\n" * 5_000_000))
    policy = Policy(max_unpacked_bytes=5_000_000)
    relation = open_files(location="a.csv.gz", config={}, base=tmp_path, policy=policy, name="rows")
    with pytest.raises(ConnectorProblem, match="IR524"):
        relation.to_polars(tmp_path / "scratch")
    assert list((tmp_path / "scratch").iterdir()) == []


def test_growth_that_only_a_bomb_shows_is_stopped_under_an_open_policy(tmp_path: Path, monkeypatch):
    monkeypatch.setattr("connectors.files.unpacking._BOMB_FROM", 4 * 1024 * 1024)
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(b"a\n" + b"\n" * 20_000_000))
    relation = open_files(location="a.csv.gz", config={}, base=tmp_path, policy=Policy.open(), name="rows")
    with pytest.raises(ConnectorProblem, match="IR524"):
        unpack(relation.sources[0], tmp_path / "copy", Policy.open())
