"""Azure Blob Storage and Google Cloud Storage: read from and delivered to, against Azurite and fake-gcs-server."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

import weirflow as wf
from connectors.policy import Policy
from connectors.storage.account import Account
from connectors.storage.store import Store, Upload
from tests.connectors.storage.conftest import BOTH, delivering, failure, reading
from tests.servers.azure import ACCOUNT, KEY, Container
from tests.servers.gcs import GcsBucket
from tests.workflows import both_engines


@dataclass(frozen=True)
class Shop:
    """A store whose credentials are the secret env:SHOP."""

    url: str
    server: Any
    folder: Path

    def store(self) -> Store:
        return Account(policy=Policy.open(), base=self.folder, ref="env:SHOP").store(self.url.partition("://")[0])


def of_azure(azure: Container, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Shop:
    monkeypatch.setenv("SHOP", azure.connection_string)
    return Shop(f"az://{azure.name}", azure, folder)


def of_gcs(gcs: GcsBucket, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Shop:
    monkeypatch.setenv("SHOP", json.dumps({"anonymous": True, "api_base": gcs.endpoint}))
    return Shop(f"gs://{gcs.name}", gcs, folder)


@pytest.fixture(params=["azure", "gcs"])
def shop(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, waits: list[float]) -> Shop:
    made = {"azure": of_azure, "gcs": of_gcs}[request.param]
    return made(request.getfixturevalue(request.param), tmp_path, monkeypatch)


def test_a_file_is_delivered_and_read_back_and_never_replaced_unasked(shop: Shop, tmp_path: Path) -> None:
    [delivered] = wf.run(delivering(f"{shop.url}/out"), base=tmp_path).deliveries
    assert delivered.target == f"{shop.url}/out/report.csv"
    assert shop.server.get("out/report.csv") == (BOTH, "text/csv; charset=utf-8")
    assert both_engines(reading(f"{shop.url}/out/*.csv")).rows() == [(1, "Bern"), (2, "Rome")]
    assert failure(delivering(f"{shop.url}/out"), tmp_path).code == "IR605"
    replacing = delivering(f"{shop.url}/out", rows=[{"id": 3, "city": "Oslo"}], options={"overwrite": True})
    wf.run(replacing, base=tmp_path)
    assert shop.server.get("out/report.csv")[0] == b"id,city\n3,Oslo\n"


def test_names_with_every_sign_and_folders_in_them_are_found(shop: Shop) -> None:
    store, name = shop.store(), "2026/Bücher + 100% (a&b).csv"
    shop.server.put("2026/plain.csv", b"1")
    path = shop.folder / "file"
    path.write_bytes(b"id\n1\n")
    inner = store.inner(f"{shop.url}/{name}")
    store.put(path, inner, Upload(overwrite=False))
    assert [each.path.rpartition("/")[2] for each in store.glob(store.inner(f"{shop.url}/**"))] == [
        "Bücher + 100% (a&b).csv", "plain.csv"]  # fmt: skip
    assert store.open(inner).read() == b"id\n1\n"
    assert store.tail(inner, 5, 2) == b"1\n"
    store.remove(inner)
    store.remove(inner)  # what has gone is no error
    assert store.info(inner) is None


def test_a_large_file_goes_in_parts_and_is_seen_when_all_are_there(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connectors.storage.gcs.uploading.CHUNK_BYTES", 256 * 1024)
    monkeypatch.setattr("connectors.storage.azure.uploading.BLOCK_BYTES", 256 * 1024)
    store, path = shop.store(), shop.folder / "file"
    path.write_bytes(bytes(range(256)) * 2_500)
    (shop.server.put_block if isinstance(shop.server, Container) else lambda key, _: shop.server.begin(key))(
        "half.bin", b"x"
    )
    assert store.glob(store.inner(f"{shop.url}/*")) == []
    inner = store.inner(f"{shop.url}/all.bin")
    store.put(path, inner, Upload(overwrite=True))
    [found] = store.glob(store.inner(f"{shop.url}/*"))
    assert (found.path, found.size) == (inner, 640_000)
    assert store.open(inner).read() == path.read_bytes()


def test_of_two_that_write_at_once_the_first_stays_and_its_own_lost_answer_is_known(shop: Shop) -> None:
    store, path = shop.store(), shop.folder / "file"
    path.write_bytes(b"first")
    inner, upload = store.inner(f"{shop.url}/a.csv"), Upload(overwrite=False)
    store.put(path, inner, upload)
    store.put(path, inner, upload)  # sent again, since the answer did not come
    with pytest.raises(FileExistsError):
        store.put(path, inner, Upload(overwrite=False))


def test_a_bucket_that_is_not_there_is_told_when_reading_and_when_delivering(shop: Shop, tmp_path: Path) -> None:
    nowhere = f"{shop.url.partition('://')[0]}://nowhere"
    for workflow in (reading(f"{nowhere}/*.csv"), reading(f"{nowhere}/a.csv"), delivering(f"{nowhere}/out")):
        found = failure(workflow, tmp_path)
        assert (found.code, '"nowhere"' in found.message) == ("IR587", True)
    assert failure(reading(f"{shop.url}/none.csv"), tmp_path).code == "IR505"


@pytest.mark.parametrize(
    ("scheme", "secret", "code", "said"),
    [
        ("az", {"account_name": "a"}, "IR585", "there is no key and no signature"),
        ("az", {"account_nam": "a"}, "IR585", 'no part "account_nam"'),
        ("az", {"account_name": "a", "account_key": "no base64!"}, "IR585", "account_key is no key"),
        ("az", {"account_name": "a", "sas_token": "?sp=r"}, "IR585", "holds no signature"),
        ("az", "whatever", "IR585", "no connection string"),
        ("gs", {"api_bas": "x"}, "IR585", 'no part "api_bas"'),
        ("gs", {"project_id": "p"}, "IR585", "there is no token and no key"),
        ("gs", {"client_email": "a", "private_key": "nokey"}, "IR585", "private_key is no key"),
        (
            "az",
            {"account_name": "a", "account_key": "AAAA", "api_base": "http://127.0.0.1:1"},
            "IR589",
            "does not answer",
        ),
        ("gs", {"access_token": "t", "api_base": "http://127.0.0.1:1"}, "IR589", "does not answer"),
        ("az", None, "IR586", "there are no credentials"),
        ("gs", None, "IR586", "there are no credentials"),
    ],
)
def test_what_credentials_lack_is_said(
    scheme: str, secret: Any, code: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, waits: list[float]
) -> None:
    monkeypatch.setenv("SHOP", secret if isinstance(secret, str) else json.dumps(secret or {}))
    found = failure(reading(f"{scheme}://shop/a.csv", ref="env:SHOP" if secret else None), tmp_path)
    assert (found.code, said in found.message) == (code, True)


def test_a_wrong_key_is_refused_and_never_shown(
    azure: Container, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = base64.b64encode(b"another key of that length").decode()
    secret = {"account_name": ACCOUNT, "account_key": wrong, "api_base": azure.endpoint}
    monkeypatch.setenv("SHOP", json.dumps(secret))
    for workflow in (reading(f"az://{azure.name}/a.csv"), delivering(f"az://{azure.name}")):
        found = failure(workflow, tmp_path)
        assert (found.code, "access was denied" in found.message) == ("IR586", True)
        assert wrong not in str(found)


def test_a_shared_access_signature_may_do_what_it_allows(
    azure: Container, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    azure.put("in/a.csv", b"id\n7\n")
    parts = {"sp": "rl", "ss": "b", "srt": "co", "se": "2099-01-01T00:00:00Z", "sv": "2021-12-02"}
    text = "\n".join([ACCOUNT, parts["sp"], parts["ss"], parts["srt"], "", parts["se"], "", "", parts["sv"], "", ""])
    signature = base64.b64encode(hmac.new(KEY, text.encode(), hashlib.sha256).digest()).decode()
    secret = {"account_name": ACCOUNT, "sas_token": urlencode({**parts, "sig": signature}), "api_base": azure.endpoint}
    monkeypatch.setenv("SHOP", json.dumps(secret))
    long = f"abfss://{azure.name}@{ACCOUNT}.dfs.core.windows.net/in/*.csv"
    assert both_engines(reading(long)).rows() == [(7,)]
    [denied] = wf.run(delivering(f"az://{azure.name}"), base=tmp_path).deliveries
    assert denied.finding is not None
    assert denied.finding.code == "IR586"
    other = failure(reading(f"abfss://{azure.name}@other.dfs.core.windows.net/in/*.csv"), tmp_path)
    assert 'not of "other.dfs.core.windows.net"' in other.message
