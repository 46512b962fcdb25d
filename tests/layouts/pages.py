"""Pages of the examples' PDF files as grey pictures, and how much two pictures differ.

PDF files hold their own fonts and pypdfium2 brings its renderer along, so pages look the same on every machine but for
the shades at the edges of letters, which the tolerance is for.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pypdfium2
from PIL import Image, ImageChops, ImageStat

from tests.examples.documents import run_example

REFERENCES = Path(__file__).parent / "references"
HEIGHT = 600
# (example, its PDF file, how many pages of it are compared)
FILES = [
    ("management/management", "management-report.pdf", 3),
    ("invoices/invoices", "invoices/invoice-2026-09-C-1001.pdf", 1),
    ("price_list/price_list", "price-list.pdf", 1),
]
NAMES = [f"{Path(file).stem}-{page + 1}" for _, file, pages in FILES for page in range(pages)]


@dataclass(frozen=True, slots=True)
class Difference:
    """`mean` of 255 shades over all pixels; `changed`, the share of pixels that differ by more than a quarter."""

    mean: float
    changed: float

    @property
    def is_small(self) -> bool:
        return self.mean <= 1.5 and self.changed <= 0.006


def difference(first: Image.Image, second: Image.Image) -> Difference:
    if first.size != second.size:
        return Difference(255.0, 1.0)
    apart = ImageChops.difference(first, second)
    changed = ImageStat.Stat(apart.point(lambda shade: 255 if shade > 64 else 0)).mean[0] / 255
    return Difference(ImageStat.Stat(apart).mean[0], changed)


def rendered(path: Path, page: int) -> Image.Image:
    """A page, `HEIGHT` pixels high or as wide, in shades of grey."""
    document = pypdfium2.PdfDocument(path)
    try:
        sheet = document[page]
        scale = HEIGHT / max(sheet.get_size())
        return sheet.render(scale=scale, grayscale=True).to_pil().convert("L")
    finally:
        document.close()


@cache
def pictures(out: Path) -> dict[str, Image.Image]:
    """{name: page} of all files."""
    found = {}
    for example, file, pages in FILES:
        folder = run_example(example, out / Path(example).name, engine="polars")
        for page in range(pages):
            found[f"{Path(file).stem}-{page + 1}"] = rendered(folder / file, page)
    return found
