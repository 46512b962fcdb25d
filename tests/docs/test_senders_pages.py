"""The pages about mail accounts and posts know every part of an account and every key of a config."""

from __future__ import annotations

import re
from pathlib import Path

from connectors.configuration import SECTIONS
from connectors.messages.email.account import PARTS
from connectors.messages.http.settings import KEYS

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
