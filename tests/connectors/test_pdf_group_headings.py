"""A group's heading never stands alone at the end of a page."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

import pypdf
import pytest

import weirflow as wf
from tests.workflows import inline, workflow


@pytest.mark.parametrize("first", range(1, 8))
def test_the_heading_of_a_group_of_one_row_goes_to_the_next_page_with_it(first: int, tmp_path: Path) -> None:
    rows = [{"group": "00", "name": f"row {number}", "amount": 1} for number in range(first)]
    rows += [{"group": f"{number:02}", "name": "only", "amount": 1} for number in range(1, 50)]
    document = workflow(
        [inline("rows", rows)],
        rendering={
            "page": {"size": "A5", "orientation": "portrait"},
            "provenance": False,
            "sections": [{"group_by": "group", "totals": {"amount": "sum"}}],
        },
        delivery_rules={"file_delivery": {"format": "pdf", "filename_template": "groups.pdf"}},
    )
    wf.run(document, out=tmp_path)
    pages = [page.extract_text().splitlines() for page in pypdf.PdfReader(tmp_path / "groups.pdf").pages]
    assert len(pages) > 3
    for lines in pages:
        for line, below in pairwise(lines):
            if re.fullmatch(r"group: \d\d( +continued)?", line.strip()):
                assert re.fullmatch(r"(row \d+|only) 1", below.strip()), (line, below)
        assert not any("continued" in line for line in lines) or first > 1
