"""Where files are, which of them a run may touch, and what their paths tell."""

from __future__ import annotations

from pathlib import Path

import fsspec
import pytest

from connectors.files.reading import open_files
from connectors.location import locate
from connectors.policy import Policy
from connectors.problem import ConnectorProblem
from connectors.storage.stored import find_files

CSV = "a,b\n1,x\n"


@pytest.fixture
def memory():
    system = fsspec.filesystem("memory")
    yield system
    for path in system.find("/"):
        system.rm(path)


def found(text: str, base: Path, policy: Policy | None = None) -> list[str]:
    return [each.shown for each in find_files(text, base=base, policy=policy or Policy.open())]


def test_relative_paths_start_at_the_base_and_are_shown_as_written(tmp_path: Path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "a.csv").write_text(CSV)
    assert found("data/a.csv", tmp_path) == ["data/a.csv"]
    assert found("../data/a.csv", tmp_path / "data") == ["a.csv"]
    assert found(str(tmp_path / "data/a.csv"), Path("/")) == [f"{tmp_path}/data/a.csv"]
    assert found(f"file://{tmp_path}/data/a.csv", Path("/")) == [f"{tmp_path}/data/a.csv"]


def test_globs_are_sorted_by_path_and_skip_folders(tmp_path: Path):
    for name in ("b/2.csv", "a/10.csv", "a/9.csv", "c.csv/inner.csv"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(CSV)
    assert found("**/*.csv", tmp_path) == ["a/10.csv", "a/9.csv", "b/2.csv", "c.csv/inner.csv"]


def test_a_file_whose_name_looks_like_a_glob_is_itself(tmp_path: Path, open_source, rows_on_both):
    (tmp_path / "a[1]*?.csv").write_text(CSV)
    (tmp_path / "a1xy.csv").write_text("other\n1\n")
    assert rows_on_both(open_source("a[1]*?.csv")).rows() == [(1, "x")]


def test_odd_file_names_are_read_on_both_engines(tmp_path: Path, open_source, rows_on_both):
    name = 'it\'s "q" 100% é 😀 {x};--.csv'
    (tmp_path / name).write_text(CSV)
    assert rows_on_both(open_source(name, file_column="path")).rows() == [(1, "x", name)]


@pytest.mark.parametrize(
    ("location", "code", "hint"),
    [("flihgts.csv", "IR505", 'did you mean "flights.csv"?'), ("nowhere/x.csv", "IR505", "does not exist either"),
     ("folder", "IR505", "name its files with a glob, such as folder/*.csv"), ("*.json", "IR505", "allow_empty"),
     ("", "IR501", "write a path"), ("zip::https://x/a.zip", "IR501", "name the file itself"),
     ("zip://a.csv::shop.zip", "IR501", "name the file itself"),
     ("shop.zip/in/a.csv", "IR505", "name a file inside a zip with !, as in shop.zip!in/a.csv"),
     ("nosuch://x/a.csv", "IR506", "scheme fsspec knows")],
)  # fmt: skip
def test_a_location_that_names_no_file_is_told(tmp_path: Path, open_source, location, code, hint):
    (tmp_path / "flights.csv").write_text(CSV)
    (tmp_path / "folder").mkdir()
    (tmp_path / "shop.zip").write_bytes(b"PK")
    with pytest.raises(ConnectorProblem, match=code) as raised:
        open_source(location)
    assert raised.value.key == ("location",)
    assert hint in (raised.value.hint or "")


def test_files_of_several_formats_are_not_one_source(tmp_path: Path, open_source):
    (tmp_path / "a.csv").write_text(CSV)
    (tmp_path / "a.json").write_text("[]")
    with pytest.raises(ConnectorProblem, match="several formats: csv, json"):
        open_source("a.*")


def test_an_unknown_ending_asks_for_the_format(tmp_path: Path, open_source, rows_on_both):
    (tmp_path / "a.dat").write_text(CSV)
    with pytest.raises(ConnectorProblem, match="IR520"):
        open_source("a.dat")
    assert rows_on_both(open_source("a.dat", format="csv")).rows() == [(1, "x")]


def test_a_glob_without_files_has_the_declared_columns_and_no_rows(open_source, rows_on_both):
    frame = rows_on_both(
        open_source("*.csv", allow_empty=True, schema={"a": "integer", "d": "decimal(5,2)"}, file_column="p")
    )
    assert (frame.columns, frame.height) == (["a", "d", "p"], 0)
    with pytest.raises(ConnectorProblem, match="nothing tells the columns"):
        open_source("*.csv", allow_empty=True)


def test_the_path_becomes_a_column(tmp_path: Path, open_source, rows_on_both):
    (tmp_path / "1.csv").write_text(CSV)
    (tmp_path / "2.csv").write_text("a,b\n2,y\n")
    relation = open_source("*.csv", file_column="path")
    assert rows_on_both(relation).rows() == [(1, "x", "1.csv"), (2, "y", "2.csv")]
    assert relation.schema.names == ("a", "b", "path")
    with pytest.raises(ConnectorProblem, match='already has a column "a"'):
        open_source("*.csv", file_column="a")


def test_urls_are_read_through_fsspec(memory, tmp_path: Path, rows_on_both):
    memory.pipe("/bucket/1.csv", CSV.encode())
    memory.pipe("/bucket/2.csv", b"a,b\n2,y\n")
    relation = open_files(location="memory://bucket/*.csv", config={"file_column": "from"}, base=tmp_path,
                          policy=Policy.open(), name="rows")  # fmt: skip
    assert rows_on_both(relation).rows() == [(1, "x", "memory:///bucket/1.csv"), (2, "y", "memory:///bucket/2.csv")]


def test_a_url_without_a_file_is_told(memory, tmp_path: Path):
    with pytest.raises(ConnectorProblem, match=r"IR505: memory://bucket/none\.csv does not exist"):
        found("memory://bucket/none.csv", tmp_path)


def test_secrets_in_urls_are_never_shown(tmp_path: Path):
    with pytest.raises(ConnectorProblem) as raised:
        found("nosuch://user:hunter2@host/a.csv?token=hunter2", tmp_path)
    assert "hunter2" not in str(raised.value)


def test_a_closed_policy_reads_its_folder_and_nothing_else(tmp_path: Path):
    inside, outside = tmp_path / "in", tmp_path / "out"
    for folder in (inside, outside):
        folder.mkdir()
        (folder / "a.csv").write_text(CSV)
    (inside / "link.csv").symlink_to(outside / "a.csv")
    (inside / "linked").symlink_to(outside)
    policy = Policy.closed(inside)
    assert found("a.csv", inside, policy) == ["a.csv"]
    for location in ("../out/a.csv", "link.csv", "linked/a.csv", str(outside / "a.csv"), "*.csv", "linked/*.csv",
                     "../out/missing.csv"):  # fmt: skip
        with pytest.raises(ConnectorProblem, match="IR503"):
            found(location, inside, policy)
    for location in ("memory://a.csv", "https://example.com/a.csv", "s3://bucket/a.csv"):
        with pytest.raises(ConnectorProblem, match="IR502"):
            found(location, inside, policy)


def test_a_folder_that_only_begins_like_an_allowed_one_is_outside(tmp_path: Path):
    (tmp_path / "data2").mkdir()
    with pytest.raises(ConnectorProblem, match="IR503"):
        Policy.closed(tmp_path / "data").check_write(tmp_path / "data2" / "a.csv")


def test_a_policy_lists_hosts_and_secrets(tmp_path: Path):
    hosts, resolvers = frozenset({"example.com"}), frozenset({"env"})
    policy = Policy(hosts=hosts, secret_resolvers=resolvers, secret_names=frozenset({"A"}))
    policy.check_read("https://example.com/a.csv")
    policy.check_secret("env", "A")
    with pytest.raises(ConnectorProblem, match="IR502"):
        policy.check_read("https://example.com.evil.org/a.csv")
    with pytest.raises(ConnectorProblem, match="IR502"):
        policy.check_write("https://example.com@evil.org/a.csv")
    for resolver, name in (("vault", "A"), ("env", "B")):
        with pytest.raises(ConnectorProblem, match="IR504"):
            policy.check_secret(resolver, name)


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "10.1.2.3", "169.254.169.254", "localhost"])
def test_private_addresses_are_refused_where_the_policy_says_so(host):
    with pytest.raises(ConnectorProblem, match="IR502"):
        Policy(private_networks=False).check_read(f"http://{host}/a.csv")


def test_a_template_file_is_asked_for_like_a_source(tmp_path: Path):
    Policy.closed(tmp_path).check_template(tmp_path / "letter.xlsx")
    with pytest.raises(ConnectorProblem, match="IR503"):
        Policy.closed(tmp_path / "a").check_template(tmp_path / "letter.xlsx")


@pytest.mark.parametrize(
    ("text", "scheme", "path", "member"),
    [("a.csv", "file", "/base/a.csv", None), ("/x/a.zip!b/c.csv", "file", "/x/a.zip", "b/c.csv"),
     ("file:///x/a%20b.csv", "file", "/x/a b.csv", None), ("S3://bucket/k.csv", "s3", None, None),
     ("what!.csv", "file", "/base/what!.csv", None)],
)  # fmt: skip
def test_locations_are_taken_apart(text, scheme, path, member):
    location = locate(text, base=Path("/base"))
    assert (location.scheme, location.path, location.member) == (scheme, Path(path) if path else None, member)
