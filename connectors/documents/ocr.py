"""Letters recognised in pictures, by models that come inside the package of the extra `ocr`: nothing is fetched."""

from __future__ import annotations

import io
import warnings
from functools import cache
from importlib.util import find_spec
from typing import Any

from connectors.documents.budget import Budget
from connectors.documents.document import Document, Ocr
from connectors.documents.layout import Piece, laid_out
from connectors.documents.problems import damaged, no_text, too_much

_MOST_PIXELS = 60_000_000
_LEAST_SCORE = 0.5


def has_ocr() -> bool:
    """Whether the extra is installed."""
    return find_spec("rapidocr") is not None and find_spec("onnxruntime") is not None


def refuse_without_ocr(name: str, what: str, ocr: Ocr) -> None:
    """Say how a picture would be read.

    Raises:
        ConnectorProblem: IR783, always.
    """
    if ocr == "never":
        hint = "ocr_fallback: true recognises letters in pictures (pip install 'weirflow[ocr]')"
        raise no_text(name, f"is {what}", hint=hint)
    raise no_text(name, f"is {what}, and no letters were recognised in it", hint="scan it again, sharper or upright")


def recognised_lines(picture: Any, name: str) -> list[str]:
    """What stands in a picture, laid out as it is there.

    Raises:
        ConnectorProblem: IR783 without the extra.
    """
    if not has_ocr():
        raise no_text(name, "has pictures in place of text, and nothing is installed that recognises letters",
                      hint="pip install 'weirflow[ocr]'")  # fmt: skip
    import numpy as np

    result = _engine()(np.asarray(picture.convert("RGB")))
    if result.boxes is None or result.txts is None:
        return []
    pieces = []
    for box, text, score in zip(result.boxes, result.txts, result.scores, strict=True):
        if score >= _LEAST_SCORE:
            across, down = [float(x) for x, _ in box], [float(y) for _, y in box]
            pieces.append(Piece(min(across), min(down), max(across), max(down), text))
    return laid_out(pieces)


@cache
def _engine() -> Any:
    """The models: they are loaded with the first picture."""
    from rapidocr import RapidOCR

    return RapidOCR(params={"Global.log_level": "error"})


def read_picture(content: bytes, *, name: str, budget: Budget, ocr: Ocr) -> Document:
    """The text in a photograph or a scan.

    Raises:
        ConnectorProblem: IR783 where it is not asked for or nothing is there, IR781 and IR782 as for other documents.
    """
    if ocr == "never":
        refuse_without_ocr(name, "a picture", ocr)
    from PIL import Image, ImageOps

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(content)) as opened:
                if opened.width * opened.height > _MOST_PIXELS:
                    raise too_much(name, f"has {opened.width:,} by {opened.height:,} dots")
                picture = ImageOps.exif_transpose(opened).convert("RGB")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise damaged(name, "is no picture that can be read, or is cut short") from error
    text, is_whole = budget.keep(recognised_lines(picture, name))
    if not text.strip():
        refuse_without_ocr(name, "a picture", ocr)
    return Document(name=name, kind="image", text=text, is_recognised=True, is_cut=not is_whole)
