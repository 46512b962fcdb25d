"""The picture beside a report's title: a local PNG or JPEG, read when the workflow is compiled."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

from connectors.location import locate
from connectors.policy import Policy
from connectors.problem import ConnectorProblem
from ir.diagnostics import Problems
from ir.model.rendering import Rendering

MOST_BYTES = 4_000_000
"""A logo of a few centimetres needs no more, and every file holds it."""
MOST_PIXELS = 40_000_000
_KINDS = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff")


def read_logo(rendering: Rendering | None, base: Path, policy: Policy, problems: Problems) -> bytes | None:
    """The picture's bytes, None where there is none or after an error at its place."""
    if rendering is None or rendering.logo is None:
        return None
    try:
        return _read(rendering.logo, base, policy)
    except ConnectorProblem as problem:
        problems.error(problem.code, problem.message, at=("rendering", "logo"), hint=problem.hint)
        return None


def _read(written: str, base: Path, policy: Policy) -> bytes:
    path = locate(written, base=base).path
    if path is None:
        raise ConnectorProblem("IR611", f'"{written}" is no local file', hint="put the picture beside the workflow")
    policy.check_read(path)
    try:
        if not path.is_file():
            raise ConnectorProblem("IR505", f'there is no file "{written}"', hint="the path starts at the workflow")
        if path.stat().st_size > MOST_BYTES:
            raise ConnectorProblem("IR611", f'"{written}" is larger than {MOST_BYTES // 1_000_000} MB',
                                   hint="make it smaller: 1,000 pixels are plenty beside a title")  # fmt: skip
        picture = path.read_bytes()
    except OSError as error:
        raise ConnectorProblem("IR506", f'"{written}" cannot be opened: {(error.strerror or "").lower()}') from error
    if not picture.startswith(_KINDS):
        raise ConnectorProblem("IR611", f'"{written}" is neither a PNG nor a JPEG', hint="save it as PNG")
    if not _is_whole(picture):
        raise ConnectorProblem("IR611", f'"{written}" is damaged, or too large to be shown', hint="save it anew")
    return picture


def _is_whole(picture: bytes) -> bool:
    """Whether every format can show it: some would fail on its measures, others show a broken frame."""
    from PIL import Image

    try:
        with Image.open(BytesIO(picture), formats=("PNG", "JPEG")) as image:
            if image.width * image.height > MOST_PIXELS:
                return False
            image.load()
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return False
    return True
