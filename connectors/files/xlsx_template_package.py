"""An existing workbook as the parts it is packed of."""

from __future__ import annotations

import posixpath
import re
import zipfile
from html import unescape
from pathlib import Path
from typing import IO
from xml.etree import ElementTree

from connectors.files.xlsx_sheet_text import SheetText
from connectors.problem import ConnectorProblem
from ir.records import dataclass

_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_LARGEST = 256 * 1024**2
_NAME = re.compile(r"(<definedName\b[^>]*\bname=\"([^\"]*)\"[^>]*>)([^<]*)(</definedName>)")
_CHAIN = re.compile(r"<(?:Override|Relationship)\b[^>]*calcChain[^>]*/>")
_TEMPLATE = "spreadsheetml.template.main+xml"
WORKBOOK, STYLES = "xl/workbook.xml", "xl/styles.xml"


@dataclass(frozen=True, slots=True)
class NamedArea:
    name: str
    formula: str


class Package:
    """The parts by name; those that are never asked for go into the new file as they are, byte for byte."""

    def __init__(self, path: Path) -> None:
        try:
            with zipfile.ZipFile(path) as packed:
                infos = packed.infolist()
                if sum(each.file_size for each in infos) > _LARGEST:
                    raise template_problem(f"the template {path.name} unpacks to more than 256 MB")
                self._parts = {each.filename: packed.read(each) for each in infos}
        except (OSError, zipfile.BadZipFile, RuntimeError, NotImplementedError) as error:
            raise template_problem(f"the template {path.name} is no workbook that can be read",
                                   "save it as .xlsx, without a password") from error  # fmt: skip
        if WORKBOOK not in self._parts or "macroEnabled" in self.text("[Content_Types].xml"):
            raise template_problem(f"the template {path.name} is no .xlsx workbook", "save it as .xlsx, without macros")
        self.sheets = self._sheets(path)

    def _sheets(self, path: Path) -> dict[str, str]:
        """{name: part} of the sheets with cells."""
        try:
            book = ElementTree.fromstring(self._parts[WORKBOOK])
            links = ElementTree.fromstring(self._parts["xl/_rels/workbook.xml.rels"])
        except (KeyError, ElementTree.ParseError) as error:
            raise template_problem(f"the template {path.name} is no .xlsx workbook") from error
        targets = {each.get("Id"): each.get("Target") or "" for each in links}
        found = {}
        for each in book.iter(f"{_MAIN}sheet"):
            link = next((value for key, value in each.attrib.items() if key.endswith("}id")), None)
            part = posixpath.normpath(posixpath.join("/xl", targets.get(link, ""))).lstrip("/")
            if part.startswith("xl/worksheets/") and part in self._parts:
                found[each.get("name") or ""] = part
        return found

    def text(self, part: str) -> str:
        return self._parts[part].decode("utf-8-sig") if part in self._parts else ""

    def put(self, part: str, text: str) -> None:
        if text != self.text(part):
            self._parts[part] = text.encode()

    def sheet(self, name: str) -> SheetText:
        return SheetText.parse(self.text(self.sheets[name]), name)

    def names(self, start: str) -> list[str]:
        """The parts that begin so, without those that hold their relations."""
        return [each for each in self._parts if each.startswith(start) and each.endswith(".xml")]

    def related(self, part: str, kind: str) -> list[str]:
        """The parts of a kind, such as drawing, that a part leads to."""
        folder, _, name = part.rpartition("/")
        relations = self._parts.get(f"{folder}/_rels/{name}.rels")
        if relations is None:
            return []
        targets = [each.get("Target") or "" for each in ElementTree.fromstring(relations)
                   if (each.get("Type") or "").endswith("/" + kind)]  # fmt: skip
        return [posixpath.normpath(posixpath.join("/" + folder, each)).lstrip("/") for each in targets]

    def shared_texts(self) -> list[str]:
        raw = self._parts.get("xl/sharedStrings.xml")
        if raw is None:
            return []
        return [_shared_text(item) for item in ElementTree.fromstring(raw).iter(f"{_MAIN}si")]

    def named_areas(self) -> list[NamedArea]:
        return [NamedArea(unescape(each[2]), unescape(each[3])) for each in _NAME.finditer(self.text(WORKBOOK))]

    def recalculate(self) -> None:
        """Have formulas calculated when the file is opened; the chain of what was calculated last goes."""
        book = self.text(WORKBOOK)
        if "<calcPr" in book:
            book = re.sub(r'\s*\bfullCalcOnLoad="[^"]*"', "", book)
            book = book.replace("<calcPr", '<calcPr fullCalcOnLoad="1"', 1)
        else:
            end = next(each for each in ("</definedNames>", "</externalReferences>", "</sheets>") if each in book)
            book = book.replace(end, f'{end}<calcPr fullCalcOnLoad="1"/>', 1)
        self.put(WORKBOOK, book)
        self.put("[Content_Types].xml", _CHAIN.sub("", self.text("[Content_Types].xml")).replace(
            _TEMPLATE, "spreadsheetml.sheet.main+xml"))  # fmt: skip
        self.put("xl/_rels/workbook.xml.rels", _CHAIN.sub("", self.text("xl/_rels/workbook.xml.rels")))
        self._parts.pop("xl/calcChain.xml", None)

    def write_to(self, file: IO[bytes]) -> None:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in self._parts.items():
                info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
                info.compress_type = zipfile.ZIP_DEFLATED
                archive.writestr(info, content)


def template_problem(message: str, hint: str | None = None) -> ConnectorProblem:
    return ConnectorProblem("IR604", message, key=("options", "template"), hint=hint)


def _shared_text(item: ElementTree.Element) -> str:
    """The text of a shared string, which may come in runs of several looks."""
    runs = (item, *item.iter(f"{_MAIN}r"))
    return "".join(text.text or "" for run in runs for text in run.findall(f"{_MAIN}t"))
