"""A picture in a PDF: a JPEG as it is, any other decoded."""

from __future__ import annotations

from io import BytesIO

from connectors.files.pdf_objects import PdfObjects
from ir.records import dataclass

_MOST_PIXELS = 40_000_000


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that is in the file; its size is in pixels."""

    number: int
    width: int
    height: int


def put_picture(objects: PdfObjects, content: bytes) -> Picture | None:
    """The picture, with its transparency; None where the bytes are no picture that can be read."""
    from PIL import Image

    try:
        with Image.open(BytesIO(content), formats=("PNG", "JPEG")) as image:
            if image.width * image.height > _MOST_PIXELS:
                return None
            if image.format == "JPEG" and image.mode in {"RGB", "L"}:
                entries = _entries(image.width, image.height, "DeviceRGB" if image.mode == "RGB" else "DeviceGray")
                number = objects.stream(content, f"{entries}/Filter/DCTDecode", plain=True)
                return Picture(number, image.width, image.height)
            decoded = image.convert("RGBA")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None
    alpha = decoded.getchannel("A")
    entries = _entries(decoded.width, decoded.height, "DeviceRGB")
    if alpha.getextrema() != (255, 255):
        entries += (
            f"/SMask {objects.stream(alpha.tobytes(), _entries(decoded.width, decoded.height, 'DeviceGray'))} 0 R"
        )
    number = objects.stream(decoded.convert("RGB").tobytes(), entries)
    return Picture(number, decoded.width, decoded.height)


def _entries(width: int, height: int, colours: str) -> str:
    return f"/Type/XObject/Subtype/Image/Width {width}/Height {height}/ColorSpace/{colours}/BitsPerComponent 8"
