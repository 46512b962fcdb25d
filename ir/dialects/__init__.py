"""The words of the original in which a workflow may be written, translated into this language's own."""

from __future__ import annotations

from ir.diagnostics import Problems
from ir.dialects.declarative import in_current_words
from ir.dialects.enrichments import with_joins
from ir.dialects.extended import extended_place, in_declarative_words
from ir.dialects.file_operations import with_file_deliveries
from ir.dialects.pieces import Made, Piece, Written, settle
from ir.dialects.refusals import is_compiled, without_refused
from ir.dialects.saying import Saying
from ir.dialects.sources import with_exact_roles
from ir.dialects.strict import with_mappings
from ir.dialects.transform_configs import with_current_configs
from ir.document import Document
from ir.model.workflow import Workflow

__all__ = ["translated"]

VERSION = "3.1"
ORIGINALS = ("2.0", "3.0")


_ORDER = {key: place for place, key in enumerate(Workflow.model_fields)}


def translated(document: Document, problems: Problems) -> Document | None:
    """The document in this language's own words, or None when it is a compiled graph; `problems` says what changed.

    Its values are those of a 3.1 document; its places stay those of what was written. A document without a word of
    the original is given back as it is.
    """
    if document.origins is not None:
        problems.found += document.said
        return document
    if is_compiled(document.value, problems):
        return None
    before = len(problems.found)
    saying = Saying(problems)
    root: dict[str, Piece] = {key: Written(each, (key,)) for key, each in document.value.items() if each is not None}
    written = dict(root)
    root = with_mappings(root, saying)
    is_original = document.value.get("ir_version") in ORIGINALS
    place = extended_place(document.value)
    if place is not None:
        problems.warning(
            "IR211",
            'this is the original\'s "extended 2.0" dialect; each change is listed',
            at=place,
            on_key=True,
            hint="weirflow migrate writes it in the words of 3.1",
        )
        root = in_declarative_words(root, saying)
    root = without_refused(root, saying)
    if is_original or place is not None:
        root = in_current_words(with_exact_roles(root, saying), saying)
    root = with_current_configs(root, saying)
    root = with_joins(root, saying)
    root = with_file_deliveries(root, saying)
    if not is_original and len(root) == len(written) and all(each is written.get(key) for key, each in root.items()):
        return document
    if is_original:
        root["ir_version"] = Made(VERSION, ("ir_version",))
    value, origins = settle({key: root[key] for key in sorted(root, key=_place)})
    return document.translated(value, origins, tuple(problems.found[before:]))


def _place(key: str) -> int:
    """Where a key of the document stands in the reference; those that it does not know come first."""
    return _ORDER.get(key, -1)
