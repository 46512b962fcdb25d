"""Reading a PDF's pages and tags back, for the tests of its writer."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pypdf
from pypdf.generic import DictionaryObject, IndirectObject

from connectors.files.report import Facts, Report
from connectors.files.writing import FileWriter, open_writer

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)


def written(path: Path, report: Report, parts: Sequence[tuple[Facts, pl.DataFrame]]) -> FileWriter:
    """The report's parts in a file, one after the other."""
    with open_writer("pdf", path, report=report) as writer:
        for facts, rows in parts:
            writer.begin(facts)
            writer.write(rows)
    return writer


def page_texts(path: Path) -> list[str]:
    return [page.extract_text() for page in pypdf.PdfReader(path, strict=True).pages]


@dataclass
class Tag:
    """An element of the tree of tags."""

    kind: str
    entries: Any
    kids: list[Tag] = field(default_factory=list)
    marks: list[tuple[int, int]] = field(default_factory=list)
    """The pieces of pages it is: the page's object number and the mark."""

    def all(self, kind: str) -> list[Tag]:
        return [each for each in self.walk() if each.kind == kind]

    def walk(self) -> Iterator[Tag]:
        yield self
        for kid in self.kids:
            yield from kid.walk()

    @property
    def outline(self) -> str:
        """The element and those in it: `TR(TH TH)`."""
        inside = " ".join(kid.outline for kid in self.kids)
        return f"{self.kind}({inside})" if inside else self.kind


def tags(path: Path) -> Tag:
    """The document's element, once it is sure that the tree is sound.

    Each element names its parent; each mark on a page is in the tree once; the way back from each mark and each link
    leads to its element; marked pieces begin and end, and nothing stands outside of them.
    """
    reader = pypdf.PdfReader(path, strict=True)
    root = reader.trailer["/Root"]["/StructTreeRoot"]
    top: Any = root.raw_get("/K")
    owners: dict[tuple[int, int], int] = {}
    document = _tag(top, root.indirect_reference.idnum, None, owners)
    backward = _parents(root["/ParentTree"])
    found = 0
    for page in reader.pages:
        content = page.get_contents().get_data().decode("latin-1")
        marks = [int(mark) for mark in re.findall(r"/MCID (\d+)>>BDC", content)]
        number = page.indirect_reference.idnum
        assert sorted(marks) == list(range(len(marks)))
        way_back = [each.idnum for each in backward[page["/StructParents"]].get_object()]
        assert way_back == [owners[number, mark] for mark in range(len(marks))]
        assert content.count("BDC") + content.count("BMC") == len(re.findall(r"\bEMC\b", content))
        assert "Tj" not in re.sub(r"(?s)B[DM]C.*?\bEMC\b", "", content)
        found += len(marks)
        for annotation in page.get("/Annots", []):
            if "/StructParent" in annotation.get_object():
                assert backward[annotation.get_object()["/StructParent"]].get_object()["/S"] == "/Link"
    assert found == len(owners)
    return document


def _tag(reference: Any, parent: int, page: int | None, owners: dict[tuple[int, int], int]) -> Tag:
    assert isinstance(reference, IndirectObject)
    entries: Any = reference.get_object()
    assert entries.raw_get("/P").idnum == parent
    page = entries.raw_get("/Pg").idnum if "/Pg" in entries else page
    tag = Tag(entries["/S"][1:], entries)
    kids = entries.get("/K", [])
    raw = entries.raw_get("/K") if "/K" in entries else []
    if isinstance(raw, IndirectObject):
        raw = [raw] if isinstance(kids, DictionaryObject) else kids
    for kid in raw if isinstance(raw, list) else [raw]:
        if isinstance(kid, IndirectObject):
            tag.kids.append(_tag(kid, reference.idnum, None, owners))
        elif isinstance(kid, DictionaryObject) and kid["/Type"] == "/MCR":
            _own((kid.raw_get("/Pg").idnum, int(kid["/MCID"])), reference.idnum, tag, owners)
        elif isinstance(kid, int):
            assert page is not None
            _own((page, int(kid)), reference.idnum, tag, owners)
    return tag


def _own(mark: tuple[int, int], element: int, tag: Tag, owners: dict[tuple[int, int], int]) -> None:
    assert mark not in owners
    owners[mark] = element
    tag.marks.append(mark)


def _parents(node: Any) -> dict[int, Any]:
    if "/Kids" in node:
        return {key: each for kid in node["/Kids"] for key, each in _parents(kid.get_object()).items()}
    numbers = node["/Nums"]
    return {int(numbers[at]): numbers[at + 1] for at in range(0, len(numbers), 2)}
