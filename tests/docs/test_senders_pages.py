"""The pages about mail accounts and posts know every part of an account and every key of a config."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

import weirflow as wf
from connectors.configuration import SECTIONS
from connectors.messages.email.account import PARTS
from connectors.messages.http.settings import KEYS
from tests.servers.http_receiver import HttpReceiver
from tests.servers.token_service import TokenService
from tests.workflows import ENGINES

DOCS = Path(__file__).parents[2] / "docs"


def first_cells(page: str, header: str) -> set[str]:
    """The names in the first column of the table that begins with `header`."""
    text = (DOCS / page).read_text(encoding="utf-8")
    table = text[text.index(f"| {header} |") :].split("\n\n")[0]
    return {name for line in table.splitlines()[2:] for name in re.findall(r"`(\w+)`", line.split("|")[1])}


def test_every_part_of_a_mail_account_is_described() -> None:
    assert first_cells("mail-accounts.md", "part") == set(PARTS) - {"url"}
    assert set(SECTIONS["mail"]) == {*PARTS, "credentials_ref", "password_ref"}


def test_every_key_of_a_post_is_described() -> None:
    assert first_cells("webhooks-out.md", "`config`") == set(KEYS)


@pytest.mark.parametrize("engine", ENGINES)
def test_the_example_posts_each_row(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, engine: str) -> None:
    example, _ = re.findall(r"```yaml\n(.*?)```", (DOCS / "webhooks-out.md").read_text(encoding="utf-8"), re.DOTALL)
    (tmp_path / "orders.csv").write_text("id,customer\n1,Anna\n2,Bo\n")
    monkeypatch.setenv("SHOP_TOKEN", "t0ken-of-the-shop")
    monkeypatch.setenv("SHOP_SIGNING", "whsec_c2lnbmluZy1rZXktb2YtdGhlLXNob3A=")
    with HttpReceiver().running() as receiver:
        document = yaml.safe_load(example.replace("https://api.example.com", receiver.url))
        result = wf.run(document, engine=engine, base=tmp_path)

    assert result.status == "succeeded"
    assert [(each.path, each.json) for each in receiver.taken] == [
        ("/orders/late", {"id": 1, "customer": "Anna"}), ("/orders/late", {"id": 2, "customer": "Bo"}),
    ]  # fmt: skip
    assert {each.headers["Authorization"] for each in receiver.posts} == {"Bearer t0ken-of-the-shop"}
    assert receiver.posts[0].headers["webhook-signature"].startswith("v1,")


def test_the_app_of_the_page_posts_with_its_token(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    page = (DOCS / "webhooks-out.md").read_text(encoding="utf-8")
    example, app = (yaml.safe_load(each) for each in re.findall(r"```yaml\n(.*?)```", page, re.DOTALL))
    (tmp_path / "orders.csv").write_text("id,customer\n1,Anna\n2,Bo\n")
    with TokenService().running() as service:
        service.client_id = app["auth"]["client_id"]
        monkeypatch.setenv("SHOP_APP", service.client_secret)
        app["auth"]["token_url"] = service.credentials["token_url"]
        example["delivery_rules"]["per_item_delivery"]["config"] = {"url": f"{service.url}/orders/late", **app}
        assert wf.run(example, base=tmp_path).status == "succeeded"
    assert service.bodies == [{"id": 1, "customer": "Anna"}, {"id": 2, "customer": "Bo"}]
    assert [each["scope"] for each in service.forms] == ["orders.write"]
