"""The files of a bucket as actions of a plugin, against an S3 server; what is asked is held to Amazon's own model."""

from __future__ import annotations

import urllib.request
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from botocore.handlers import handle_copy_source_param
from botocore.validate import ParamValidator

from connectors.http.blocking import waited_for
from connectors.plugins.account import PluginAccount
from connectors.plugins.checking.replaying import with_files
from connectors.plugins.files import FileStore
from connectors.plugins.json_schemas import plain
from connectors.plugins.object_files.asked import ASKED
from connectors.plugins.object_files.session import FilesSession, operation_of
from connectors.plugins.registry import find_plugin
from connectors.plugins.session import open_session
from connectors.policy import Policy
from connectors.problem import ConnectorProblem
from tests.connectors.plugins.calling import FakePace
from tests.servers.s3 import Bucket

_S3 = find_plugin("s3")
_EXAMPLES = [(action, example) for action in _S3.actions.values() for example in action.manifest.examples]
_MEGABYTE = 1024**2


class Store:
    """A bucket, the plugin that reaches it, and the operations that its client was asked for."""

    def __init__(self, bucket: Bucket, folder: Path) -> None:
        parts = {"access_key_id": bucket.access_key, "secret_access_key": bucket.secret_key,
                 "endpoint_url": bucket.endpoint, "region": bucket.region}  # fmt: skip
        self.bucket, self.files = bucket, FileStore(folder)
        account = PluginAccount(ref=None, base=Path(), policy=Policy.open(), parts=parts)
        opened = open_session(_S3, account, files=self.files, pace=FakePace())
        assert isinstance(opened, FilesSession)
        self.session = opened
        self.asked: list[str] = []
        store = opened._operations.store

        async def watched() -> None:
            client = await store.system.set_session()
            client.meta.events.register("before-parameter-build.s3",
                                        lambda model, **_: self.asked.append(model.name))  # fmt: skip

        store.waited_for(watched())

    def __call__(self, action: str, key: str = "item-1", **params: Any) -> Any:
        params = {"bucket": self.bucket.name, **params}
        return waited_for(self.session.call(_S3.action(action), params, key=key)).output


@pytest.fixture
def store(s3: Bucket, tmp_path: Path) -> Store:
    return Store(s3, tmp_path / "files")


@pytest.fixture(scope="module")
def model() -> Any:
    return botocore.session.get_session().get_service_model("s3")


@pytest.mark.parametrize(("action", "example"), _EXAMPLES, ids=lambda each: each.name)
def test_what_an_example_asks_for_is_what_amazons_model_has(
    action: Any, example: Any, model: Any, tmp_path: Path
) -> None:
    params = action.checked(with_files(plain(example.parameters), FileStore(tmp_path)))
    operation, asked = ASKED[operation_of(action)](params)
    assert operation == action.manifest.spec_operation
    if "CopySource" in asked:
        handle_copy_source_param(asked)  # botocore's own way of writing one
    report = ParamValidator().validate(asked, model.operation_model(operation).input_shape)
    assert not report.has_errors(), report.generate_report()


def test_a_file_is_stored_listed_looked_at_fetched_copied_and_deleted(store: Store) -> None:
    report = store.files.put("süd.csv", b"a,b\n1,2\n", mime="text/csv")
    found = store("upload_file", folder="2026/01", file=report)
    assert found == {"bucket": store.bucket.name, "path": "2026/01/süd.csv", "size": 8,
                     "url": f"s3://{store.bucket.name}/2026/01/süd.csv"}  # fmt: skip
    assert store.bucket.get("2026/01/süd.csv") == b"a,b\n1,2\n"
    store("copy_file", path="2026/01/süd.csv", to_path="2026/b.csv")
    assert [(each["path"], each["is_folder"]) for each in store("list_files", folder="2026", recursive=False)] == [
        ("2026/01", True), ("2026/b.csv", False)]  # fmt: skip
    assert [each["path"] for each in store("list_files")] == ["2026/01/süd.csv", "2026/b.csv"]
    assert store("get_file_metadata", path="2026/b.csv")["size"] == 8
    fetched = store("download_file", path="2026/01/süd.csv")
    assert (fetched["name"], fetched["mime"], store.files.read(fetched)) == ("süd.csv", "text/csv", b"a,b\n1,2\n")
    store("delete_file", path="2026/b.csv")
    assert store("delete_files", paths=["2026/01/süd.csv", "not there"]) == {"deleted": 2}
    assert store.bucket.keys() == []
    assert store.asked == ["PutObject", "CopyObject", "ListObjectsV2", "ListObjectsV2", "HeadObject", "GetObject",
                           "DeleteObject", "DeleteObjects"]  # fmt: skip


def test_a_file_that_is_there_stays_where_nothing_may_be_overwritten(store: Store) -> None:
    first = store.files.put("a.csv", b"first", mime="text/csv")
    store("upload_file", file=first, overwrite=False)
    with pytest.raises(ConnectorProblem) as refused:
        store("upload_file", key="item-2", file=store.files.put("a.csv", b"second"), overwrite=False)
    assert (refused.value.code, refused.value.key) == ("IR605", ("config", "overwrite"))
    assert store.bucket.get("a.csv") == b"first"
    store("upload_file", key="item-1", file=first, overwrite=False)  # a second attempt at the first one


def test_a_large_file_is_stored_in_parts(store: Store) -> None:
    content = bytes(9 * _MEGABYTE)
    store("upload_file", file=store.files.put("large.bin", content))
    assert store.bucket.get("large.bin") == content
    assert store.asked.count("UploadPart") == 2


def test_a_link_works_for_who_has_it(store: Store) -> None:
    store.bucket.put("a.csv", b"a,b")
    url = store("create_link", path="a.csv", expires_in_s=60)["url"]
    with urllib.request.urlopen(url, timeout=10) as answer:
        assert answer.read() == b"a,b"


def test_what_is_not_there_is_named(store: Store) -> None:
    with pytest.raises(ConnectorProblem, match="there is no file s3://") as file:
        store("download_file", path="none.csv")
    assert (file.value.code, file.value.key) == ("IR505", ("config", "path"))
    with pytest.raises(ConnectorProblem, match='there is no bucket "no-such-bucket"') as bucket:
        store("list_files", bucket="no-such-bucket")
    assert bucket.value.key == ("config", "bucket")


def test_a_limit_ends_a_listing(store: Store) -> None:
    for each in ("a", "b", "c"):
        store.bucket.put(each, b"x")
    assert [each["path"] for each in store("list_files", limit=2)] == ["a", "b"]
    assert [each["path"] for each in store("list_files", after="a")] == ["b", "c"]
