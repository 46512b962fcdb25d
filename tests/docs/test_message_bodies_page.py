"""The page about messages shows what its example says."""

from __future__ import annotations

import re
from pathlib import Path

from connectors.templates.jinja import KNOWN_FILTERS
from tests.engine.messages.written import Written

PAGE = (Path(__file__).parents[2] / "docs" / "message-bodies.md").read_text(encoding="utf-8")


def test_the_letter_of_the_page_reads_as_it_shows(tmp_path: Path) -> None:
    [(name, text)] = re.findall(r"^`([\w.]+)`:\n\n```yaml\n(.*?)```", PAGE, flags=re.DOTALL | re.MULTILINE)
    (tmp_path / name).write_text(text, encoding="utf-8")
    [shown] = re.findall(r"```text\n(.*?)```", PAGE, flags=re.DOTALL)
    message = Written(tmp_path / name).message
    assert message.text == shown
    assert f"has the subject `{message.subject}`" in PAGE


def test_the_page_names_every_filter() -> None:
    [listed] = re.findall(r"The filters are (.*?);", PAGE, flags=re.DOTALL)
    assert {*re.split(r",\s+", listed)} == {*KNOWN_FILTERS} - {"d", "e"}
