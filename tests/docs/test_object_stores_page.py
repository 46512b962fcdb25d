"""The page about object stores says what its example does, and knows the parts of credentials."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path

import polars as pl
import pytest
import yaml

import weirflow as wf
from connectors.storage.drive import credentials as drive
from connectors.storage.dropbox import credentials as dropbox
from connectors.storage.s3 import credentials as s3_credentials
from tests.servers.s3 import Bucket
from tests.workflows import ENGINES

PAGE = (Path(__file__).parents[2] / "docs" / "object-stores.md").read_text(encoding="utf-8")
[EXAMPLE] = re.findall(r"```yaml\n(.*?)```", PAGE, flags=re.DOTALL)


@pytest.mark.parametrize("engine", ENGINES)
def test_the_example_reads_and_delivers(
    s3: Bucket, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, engine: str
) -> None:
    credentials = {"access_key_id": s3.access_key, "secret_access_key": s3.secret_key, "endpoint_url": s3.endpoint}
    monkeypatch.setenv("SHOP", json.dumps({**credentials, "region": s3.region}))
    for month, amounts in (("01", [1.5, 2.0]), ("02", [4.0, 8.0])):
        sink = io.BytesIO()
        pl.DataFrame({"city": ["Rome", "Bern"], "amount": amounts, "other": ["x", "y"]}).write_parquet(sink)
        s3.put(f"orders/2026-{month}.parquet", sink.getvalue())
    document = yaml.safe_load(
        EXAMPLE.replace("s3://shop", f"s3://{s3.name}").replace("shop/reports", f"{s3.name}/reports")
    )
    result = wf.run(document, engine=engine, base=tmp_path)
    assert result.status == "succeeded"
    assert s3.get("reports/sold.csv") == b"city,total\nBern,10.0\nRome,5.5\n"


@pytest.mark.parametrize(
    ("title", "parts"),
    [("S3", s3_credentials._PARTS), ("Google Drive", drive._PARTS), ("Dropbox", dropbox._PARTS)],
)
def test_every_part_of_credentials_is_on_the_page(title: str, parts: dict[str, tuple[str, ...]]) -> None:
    section = PAGE.partition(f"### {title}\n")[2].partition("\n#")[0]
    ignored = {"type", "private_key_id", "project_id", "quota_project_id", "auth_uri", "auth_provider_x509_cert_url",
               "client_x509_cert_url", "universe_domain", "account"}  # fmt: skip
    assert [each for each in parts if each not in ignored and f"`{each}`" not in section] == []


@pytest.mark.parametrize("link", re.findall(r"\]\(([^)#]+)(?:#([^)]*))?\)", PAGE))
def test_links_lead_somewhere(link: tuple[str, str]) -> None:
    page, anchor = link
    text = (Path(__file__).parents[2] / "docs" / page).read_text(encoding="utf-8")
    titles = {
        re.sub(r"[^\w\- ]", "", title).strip().lower().replace(" ", "-")
        for title in re.findall(r"^#+ (.*)$", text, re.M)
    }
    assert not anchor or anchor in titles
