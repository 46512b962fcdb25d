"""Files delivered to a bucket."""

from __future__ import annotations

import hashlib
import json
import os
import urllib.request
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

import weirflow as wf
from connectors.policy import Policy
from connectors.problem import ConnectorProblem
from engine.cli.main import run_command_line
from tests.connectors.storage.conftest import BOTH, delivering, failure, reading, target
from tests.servers.s3 import Bucket
from tests.workflows import ENGINES


def head(bucket: Bucket, key: str) -> Any:
    """What the server says of an object to somebody without keys."""
    request = urllib.request.Request(f"{bucket.endpoint}/{bucket.name}/{key}", method="HEAD")
    with urllib.request.urlopen(request, timeout=10) as answer:
        return answer.headers


@pytest.mark.parametrize("engine", ENGINES)
def test_a_file_lies_in_the_bucket_with_its_size_and_hash_told(shop: Bucket, tmp_path: Path, engine: str) -> None:
    result = wf.run(delivering(f"{shop.name}/daily", plugin="s3"), engine=engine, base=tmp_path)
    [delivered] = result.deliveries
    assert shop.get("daily/report.csv") == BOTH
    assert (delivered.target, delivered.rows) == (f"s3://{shop.name}/daily/report.csv", 2)
    assert (delivered.bytes, delivered.sha256) == (len(BOTH), hashlib.sha256(BOTH).hexdigest())
    assert delivered.link is None


def test_an_object_that_stands_there_is_not_overwritten_unasked(shop: Bucket, tmp_path: Path) -> None:
    shop.put("report.csv", b"old")
    found = failure(delivering(f"s3://{shop.name}"), tmp_path)
    assert (found.code, found.message) == ("IR605", f"s3://{shop.name}/report.csv exists already")
    assert shop.get("report.csv") == b"old"
    wf.run(delivering(f"s3://{shop.name}", options={"overwrite": True}), base=tmp_path)
    assert shop.get("report.csv") == BOTH


@pytest.mark.parametrize("size", [0, 5, 9 * 1024**2], ids=["empty", "small", "in parts"])
def test_an_object_made_meanwhile_stays_as_it_is(shop: Bucket, tmp_path: Path, size: int) -> None:
    with target(f"s3://{shop.name}/report.csv", tmp_path).stage() as staged:
        with staged.path.open("wb") as file:
            file.truncate(size)
        shop.put("report.csv", b"theirs")
        with pytest.raises(ConnectorProblem, match="IR605"):
            staged.commit()
    assert shop.get("report.csv") == b"theirs"
    assert unfinished(shop) == 0


def unfinished(bucket: Bucket) -> int:
    """How many uploads were begun and neither completed nor aborted."""
    return bucket._ask("GET", "?uploads").count(b"<UploadId>")


@pytest.mark.parametrize("size", [0, 5, 8 * 1024**2, 8 * 1024**2 + 1, 20 * 1024**2])
def test_files_of_any_size_arrive_as_they_are(shop: Bucket, tmp_path: Path, size: int) -> None:
    content = bytes(range(256)) * (size // 256 + 1)
    with target(f"s3://{shop.name}/large.bin", tmp_path).stage() as staged:
        staged.path.write_bytes(content[:size])
        staged.commit()
    assert shop.get("large.bin") == content[:size]
    assert unfinished(shop) == 0
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("delivery", "media_type"),
    [
        ({"format": "csv"}, "text/csv; charset=utf-8"),
        ({"format": "csv", "options": {"encoding": "latin-1"}}, "text/csv; charset=latin-1"),
        ({"format": "csv", "options": {"compression": "gz"}}, "application/gzip"),
        ({"format": "json"}, "application/json"),
        ({"format": "xlsx"}, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        ({"format": "parquet"}, "application/vnd.apache.parquet"),
        ({"format": "csv", "options": {"content_type": "text/plain; charset=x"}}, "text/plain; charset=x"),
    ],
)
def test_the_media_type_is_the_formats_or_what_is_asked_for(
    shop: Bucket, tmp_path: Path, delivery: dict[str, Any], media_type: str
) -> None:
    delivery = {**delivery, "options": {**delivery.get("options", {}), "public": True}}
    wf.run(delivering(f"s3://{shop.name}", **{"filename_template": "report", **delivery}), base=tmp_path)
    assert head(shop, "report")["Content-Type"] == media_type


def test_a_public_file_is_read_by_its_link_and_others_are_not(shop: Bucket, tmp_path: Path) -> None:
    document = delivering(f"s3://{shop.name}/a b", options={"public": True}, filename_template="ä+.csv")
    [delivered] = wf.run(document, base=tmp_path).deliveries
    assert delivered.link == f"{shop.endpoint}/{shop.name}/a%20b/%C3%A4%2B.csv"
    with urllib.request.urlopen(delivered.link, timeout=10) as answer:
        assert answer.read() == BOTH
    assert delivered.as_json()["link"] == delivered.link
    acl = shop._ask("GET", "/a%20b/%C3%A4%2B.csv?acl")
    assert acl.count(b"AllUsers") == 1


def test_groups_are_files_of_their_own_and_all_or_none(shop: Bucket, tmp_path: Path) -> None:
    split = {"filename_template": "{{group.key}}.csv", "options": {"split_by": "city"}}
    [delivered] = wf.run(delivering(f"s3://{shop.name}/cities", **split), base=tmp_path).deliveries
    assert shop.keys() == ["cities/Bern.csv", "cities/Rome.csv"]
    assert [each.rows for each in delivered.files] == [1, 1]
    shop.put("more/Rome.csv", b"old")
    [failed] = wf.run(delivering(f"s3://{shop.name}/more", **split), base=tmp_path).deliveries
    assert failed.error == f"s3://{shop.name}/more/Rome.csv exists already"
    assert shop.keys() == ["cities/Bern.csv", "cities/Rome.csv", "more/Rome.csv"]


def test_files_of_groups_are_taken_away_again_where_one_is_refused(
    shop: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from connectors.storage import destination

    monkeypatch.setattr("engine.split_output.check_all_free", lambda targets: None)
    assert destination.check_all_free
    shop.put("more/Rome.csv", b"old")
    split = {"filename_template": "{{group.key}}.csv", "options": {"split_by": "city"}}
    [failed] = wf.run(delivering(f"s3://{shop.name}/more", **split), base=tmp_path).deliveries
    assert failed.error == f"s3://{shop.name}/more/Rome.csv was made by someone else meanwhile"
    assert shop.keys() == ["more/Rome.csv"]


def test_a_plan_shows_the_bucket_and_asks_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SHOP", json.dumps({"access_key_id": "AKIA", "secret_access_key": "hunter2",
                                           "endpoint_url": "http://127.0.0.1:1"}))  # fmt: skip
    document = delivering("shop/daily", plugin="s3", options={"public": True})
    plan = wf.compile(document, base=tmp_path)
    assert "s3://shop/daily/report.csv" in str(plan)
    assert "hunter2" not in f"{plan}{plan!r}{plan.explain()}{plan.compiled.outputs}"
    assert wf.validate(document, base=tmp_path) == []


def test_a_missing_secret_is_told_at_its_place(tmp_path: Path) -> None:
    found = failure(delivering("s3://shop", ref="env:NO_SUCH_SECRET"), tmp_path)
    assert found.code == "IR590"
    assert found.pointer == ("delivery_rules", "file_delivery", "destination", "credentials_ref")


@pytest.mark.parametrize(
    ("secret", "message"),
    [
        ('{"access_key_id": "A"}', "secret_access_key is missing"),
        ('{"acces_key_id": "A"}', 'have no part "acces_key_id"'),
        ('{"access_key_id": 1, "secret_access_key": "B"}', "access_key_id is no text"),
        ('{"addressing_style": "odd"}', "addressing_style is none that S3 has"),
        ('{"endpoint_url": "minio.example.com"}', "endpoint_url is no URL of a server"),
        ("hunter2", "the text is no URL"),
    ],
)
def test_credentials_that_are_none_are_told_without_their_values(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, secret: str, message: str
) -> None:
    monkeypatch.setenv("SHOP", secret)
    found = failure(delivering("s3://shop"), tmp_path)
    assert found.code == "IR585"
    assert message in found.message
    assert "hunter2" not in str(found)


def test_credentials_may_be_a_url(shop: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    host = shop.endpoint.removeprefix("http://")
    monkeypatch.setenv("SHOP", f"http://{shop.access_key}:{quote(shop.secret_key, safe='')}@{host}?region=us-east-1")
    wf.run(delivering(f"s3://{shop.name}"), base=tmp_path)
    assert shop.keys() == ["report.csv"]


def test_without_a_reference_the_bare_name_and_then_the_machine_is_asked(
    shop: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, waits: list[float]
) -> None:
    document = delivering(f"s3://{shop.name}", ref=None, options={"overwrite": True})
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", shop.access_key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", shop.secret_key)
    monkeypatch.setenv("AWS_ENDPOINT_URL", shop.endpoint)
    wf.run(document, base=tmp_path)
    assert shop.keys() == ["report.csv"]
    monkeypatch.setenv(
        "WEIRFLOW_S3", '{"access_key_id": "A", "secret_access_key": "B", "endpoint_url": "http://127.0.0.1:1"}'
    )
    assert failure(document, tmp_path).code == "IR589"


def test_a_closed_run_has_no_use_of_the_machines_own_keys(tmp_path: Path) -> None:
    policy = Policy(secret_resolvers=frozenset({"name", "env"}))
    with pytest.raises(wf.WorkflowError, match='may not ask "machine" for secrets'):
        wf.run(delivering("s3://shop", ref=None), base=tmp_path, policy=policy)


def test_an_endpoint_in_a_private_network_is_refused_where_the_policy_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOP", "http://AKIA:hunter2@169.254.169.254")
    with pytest.raises(wf.WorkflowError, match="IR502"):
        wf.run(delivering("s3://shop"), base=tmp_path, policy=Policy(private_networks=False))


def test_a_secret_that_others_may_read_is_told_with_the_run(shop: Bucket, tmp_path: Path) -> None:
    secret = tmp_path / "secrets.json"
    secret.write_text(json.dumps({"shop": os.environ["SHOP"]}))
    secret.chmod(0o644)
    [warning] = wf.run(delivering(f"s3://{shop.name}", ref="file:secrets.json#shop"), base=tmp_path).warnings
    assert isinstance(warning, wf.Diagnostic)
    assert warning.code == "IR595"
    [warning] = wf.compile(
        reading(f"s3://{shop.name}/report.csv", ref="file:secrets.json#shop"), base=tmp_path
    ).warnings
    assert warning.code == "IR595"


def test_the_deliverys_own_reference_is_used_where_the_destination_has_none(shop: Bucket, tmp_path: Path) -> None:
    wf.run(delivering(f"s3://{shop.name}", ref=None, credentials_ref="env:SHOP"), base=tmp_path)
    assert shop.keys() == ["report.csv"]


def test_the_command_line_shows_the_link_of_a_public_file(
    shop: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "report.json"
    file.write_text(json.dumps(delivering(f"s3://{shop.name}", options={"public": True})))
    monkeypatch.setenv("COLUMNS", "250")
    monkeypatch.setenv("WEIRFLOW_HOME", str(tmp_path / "home"))
    assert run_command_line(["run", str(file)]) == 0
    said = "".join(capsys.readouterr())
    assert f"s3://{shop.name}/report.csv, public at {shop.endpoint}/{shop.name}/report.csv" in said


@pytest.mark.parametrize("engine", ENGINES)
def test_a_public_bucket_is_read_without_keys(
    shop: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, engine: str
) -> None:
    for form in ("csv", "parquet"):
        delivery = {"format": form, "filename_template": f"r.{form}", "options": {"public": True}}
        wf.run(delivering(f"s3://{shop.name}", **delivery), base=tmp_path)
    monkeypatch.setenv("SHOP", json.dumps({"anonymous": True, "endpoint_url": shop.endpoint, "region": shop.region}))
    for form in ("csv", "parquet"):
        plan = wf.compile(reading(f"s3://{shop.name}/r.{form}"), engine=engine)
        assert plan.collect("data").rows() == [(1, "Bern"), (2, "Rome")]
