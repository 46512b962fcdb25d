"""Documents as small pictures."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

import pypdfium2
from PIL import Image, ImageChops, ImageOps

OFFICE = ("soffice", "libreoffice")
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
_MARGIN = 28
_EDGE = "#DDE4EC"


class MissingProgramError(Exception):
    """A program that a picture needs is not installed."""


def rendered(document: Path, page: int, *, width: int) -> Image.Image:
    """A page of the document, so many pixels wide, its empty margins cut to small ones, with a thin line around it."""
    match document.suffix:
        case ".pdf":
            picture = _pdf_page(document, page, width)
        case ".xlsx":
            with tempfile.TemporaryDirectory() as folder:
                picture = _pdf_page(_printed(document, Path(folder)), page, width)
        case ".html":
            picture = _web_page(document, width)
        case other:
            raise ValueError(f"no way to render {other}")
    picture = _trimmed(picture.convert("RGB"))
    return ImageOps.expand(picture, 1, _EDGE).quantize(64, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)


def _program(names: tuple[str, ...]) -> str:
    found = next((path for name in names if (path := shutil.which(name))), None)
    if found is None:
        raise MissingProgramError(names[0])
    return found


def _pdf_page(path: Path, page: int, width: int) -> Image.Image:
    document = pypdfium2.PdfDocument(path)
    try:
        sheet = document[page]
        return sheet.render(scale=width / sheet.get_width()).to_pil()
    finally:
        document.close()


def _printed(workbook: Path, folder: Path) -> Path:
    """The workbook as LibreOffice prints it, with settings of its own, so that no other run is in the way."""
    command = [_program(OFFICE), f"-env:UserInstallation={(folder / 'settings').as_uri()}", "--headless",
               "--convert-to", "pdf", "--outdir", str(folder), str(workbook)]  # fmt: skip
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    return folder / f"{workbook.stem}.pdf"


def _web_page(path: Path, width: int) -> Image.Image:
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "page.png"
        command = [_program(BROWSERS), "--headless", "--no-sandbox", "--hide-scrollbars", "--disable-gpu",
                   f"--user-data-dir={folder}/settings", f"--window-size={width},1500", f"--screenshot={target}",
                   path.resolve().as_uri()]  # fmt: skip
        subprocess.run(command, check=True, capture_output=True, timeout=300)
        with Image.open(target) as picture:
            return picture.copy()


def _trimmed(picture: Image.Image) -> Image.Image:
    box = ImageChops.invert(picture).getbbox() or (0, 0, *picture.size)
    left, top = max(0, box[0] - _MARGIN), max(0, box[1] - _MARGIN)
    return picture.crop((left, top, min(picture.width, box[2] + _MARGIN), min(picture.height, box[3] + _MARGIN)))
