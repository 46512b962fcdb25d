"""The example of docs/reports.md runs on both engines, and its documents say what the page says they do."""

from __future__ import annotations

import re
from pathlib import Path

import openpyxl
import pypdf
import pytest
import yaml

import weirflow as wf

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "reports.md").read_text(encoding="utf-8")


def block(language: str) -> str:
    (found,) = re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    return str(found)


@pytest.fixture(scope="module", params=["polars", "duckdb"])
def out(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("reports")
    assert wf.run(yaml.safe_load(block("yaml")), engine=request.param, out=folder).status == "succeeded"
    return folder


def test_the_pages_read_as_shown(out: Path) -> None:
    pages = pypdf.PdfReader(out / "coffee.pdf").pages
    assert len(pages) == 2
    lines = [line.strip() for page in pages for line in page.extract_text().splitlines()]
    place = 0
    for line in block("text").splitlines():
        assert line in lines[place:], line
        place = lines.index(line, place) + 1


def test_the_text_file_of_a_group_is_the_one_shown(out: Path) -> None:
    assert (out / "orders-South.txt").read_text(encoding="utf-8") == block("txt")
    assert sorted(path.name for path in out.iterdir()) == [
        "coffee.csv", "coffee.html", "coffee.pdf", "coffee.xlsx", "orders-North.txt", "orders-South.txt"
    ]  # fmt: skip


def test_the_sheets_are_called_after_the_sections(out: Path) -> None:
    book = openpyxl.load_workbook(out / "coffee.xlsx")
    shown = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
    assert [(sheet.title, len(sheet._charts)) for sheet in shown] == [("By region", 1), ("The largest", 0)]


def test_the_plan_says_what_waits_for_all_rows() -> None:
    said = " ".join(wf.compile(yaml.safe_load(block("yaml"))).explain().split())
    assert "composed, once all rows are there: 2 sections, groups with subtotals, totals, a chart" in said


def test_every_page_it_links_to_is_there() -> None:
    for target in re.findall(r"\]\(([\w/.-]+)", PAGE):
        assert (DOCS / target).exists(), target
