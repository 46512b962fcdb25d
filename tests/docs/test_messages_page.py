"""The example of docs/messages.md sends what the page says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

import weirflow as wf

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "messages.md").read_text(encoding="utf-8")
(EXAMPLE,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.parametrize("engine", ["polars", "duckdb"])
def test_each_customer_gets_a_message_with_the_own_file_and_the_office_one(mail_server, tmp_path, engine):
    result = wf.run(yaml.safe_load(EXAMPLE), engine=engine, out=tmp_path)
    assert result.status == "succeeded"
    found = {mail.recipients: mail for mail in mail_server.mails}
    ada, bo = found["ada@example.com",], found["bo@example.com",]
    office = found["office@example.com", "audit@example.com"]
    assert ada.attachments == {"open-Ada.csv": (tmp_path / "open-Ada.csv").read_bytes()}
    assert list(bo.attachments) == ["open-Bo.csv"]
    assert [mail.subject for mail in (ada, bo, office)] == ["2 open invoices", "1 open invoices", "3 open invoices"]
    assert "audit" not in str(office.message)


def test_every_page_it_links_to_is_there():
    for target in re.findall(r"\]\(([\w/.-]+)", PAGE):
        assert (DOCS / target).exists(), target
