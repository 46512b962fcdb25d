"""The example of docs/reports-html.md runs, and gives the page it speaks of."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

import weirflow as wf
from tests.connectors.pages import Page

PAGE = Path(__file__).parents[2] / "docs" / "reports-html.md"


def test_the_example_gives_sections_a_chart_groups_and_totals(tmp_path: Path) -> None:
    (example,) = re.findall(r"```yaml\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    assert wf.run(yaml.safe_load(example), out=tmp_path).status == "succeeded"
    page = Page((tmp_path / "sales.html").read_text("utf-8"))
    euros = "\u00a0€"
    assert page.texts["h2"] == ["All products", "By region"]
    assert page.texts["svg"][0].startswith("Sales by productBar chart of amount by product, a colour for each region: ")
    assert page.words(0)[-1] == ["Total", "", f"2.640,75{euros}"]
    assert page.words(1)[1:4] == [["region: North"], ["Kettle", f"1.250,50{euros}"], ["Grinder", f"410,25{euros}"]]
    assert page.words(1)[4] == ["Total North", f"1.660,75{euros}"]
