"""The corpus: documents in the original's words, what is said about each, and what they give.

The first comment of a file tells what it shows. `name.txt` is what `validate` says. `x-expected` {frame: rows} and
`x-delivered` {file: text} are worked out by hand.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import weirflow as wf
from ir.diagnostics import Problems
from ir.document import Document
from ir.loading import load
from ir.workflow import read_document

CORPUS = Path(__file__).parent / "corpus"


@dataclass(frozen=True, slots=True)
class Original:
    """One document of the corpus."""

    path: Path

    @property
    def name(self) -> str:
        return self.path.stem

    @property
    def golden(self) -> Path:
        return self.path.with_suffix(".txt")

    @property
    def value(self) -> dict[str, Any]:
        return load(self.path).value

    def said(self) -> str:
        """Everything that is found, errors before warnings."""
        found = sorted(wf.validate(self.path), key=lambda each: each.severity != "error")
        return "".join(f"{each}\n\n" for each in found).replace(f"{self.path.parent}/", "")

    def translated(self) -> Document | None:
        """The document in the words of 3.1, unless an error forbids it."""
        document = load(self.path)
        problems = Problems(document)
        current, workflow = read_document(document, problems)
        return current if workflow is not None and not problems.errors else None


ORIGINALS = [Original(path) for path in sorted(CORPUS.glob("*.yaml"))]
