"""The pages of the examples look as they did when somebody last looked at them."""

from __future__ import annotations

from pathlib import Path

import pypdf
import pytest
from PIL import Image, ImageChops

from tests.layouts.pages import FILES, NAMES, REFERENCES, Difference, difference, pictures


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("layouts")


def reference(name: str) -> Image.Image:
    return Image.open(REFERENCES / f"{name}.png").convert("L")


@pytest.mark.parametrize("name", NAMES)
def test_a_page_looks_like_its_reference(name: str, out: Path) -> None:
    picture = pictures(out)[name]
    found = difference(picture, reference(name))
    if not found.is_small:
        picture.save(out / f"{name}.png")
        pytest.fail(f"{name} differs: {found}; look at {out / name}.png, then: python -m tests.layouts")


def test_every_reference_is_of_a_page_and_small() -> None:
    assert sorted(path.stem for path in REFERENCES.glob("*.png")) == sorted(NAMES)
    assert sum(path.stat().st_size for path in REFERENCES.glob("*.png")) < 300_000


def test_no_page_is_left_out(out: Path) -> None:
    pictures(out)
    for example, file, pages in FILES:
        assert len(pypdf.PdfReader(out / Path(example).name / file).pages) == pages


@pytest.mark.parametrize("name", NAMES)
def test_a_page_that_moved_by_three_pixels_is_noticed(name: str) -> None:
    page = reference(name)
    assert not difference(page, ImageChops.offset(page, 0, 3)).is_small


def test_a_lost_table_column_is_noticed() -> None:
    page = reference("invoice-2026-09-C-1001-1")
    without = page.copy()
    without.paste(255, (330, 90, 420, 270))
    assert not difference(page, without).is_small


def test_another_size_is_another_page() -> None:
    page = Image.new("L", (100, 100), 255)
    assert difference(page, page.resize((101, 100))) == Difference(255.0, 1.0)


def test_softer_edges_of_letters_are_no_difference() -> None:
    page = reference(NAMES[0])
    assert difference(page, page.point(lambda shade: min(255, shade + 1))).is_small
