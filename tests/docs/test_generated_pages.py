"""The generated pages are what the generator makes today, and every link of the docs leads somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from docs.generator.markdown import anchor
from docs.generator.pages import DOCS, pages

WRITTEN = sorted(path for path in DOCS.rglob("*.md") if "generator" not in path.parts)


def test_the_generated_pages_are_up_to_date() -> None:
    stale = [path for path, text in pages() if (DOCS / path).read_text(encoding="utf-8") != text]
    assert stale == [], "run python -m docs.generator"


@pytest.mark.parametrize("page", WRITTEN, ids=lambda path: path.relative_to(DOCS).as_posix())
def test_every_link_of_a_page_leads_somewhere(page: Path) -> None:
    text = without_code(page.read_text(encoding="utf-8"))
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if "://" in target:
            continue
        path, _, fragment = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        assert file.exists(), target
        if fragment:
            headings = re.findall(r"^#+ (.+)$", without_code(file.read_text(encoding="utf-8")), re.MULTILINE)
            assert fragment in {anchor(heading) for heading in headings}, target


def without_code(text: str) -> str:
    return re.sub(r"```.*?```", "", text, flags=re.DOTALL)
