"""What a workbook's reader does not tell: hidden sheets, errors in cells, formulas nobody has calculated.

Office Open XML, ECMA-376 part 1: sheets and their state in workbook.xml (18.2.19), cells in the sheet's part (18.3.1.4:
`t="e"` is an error, `<f>` a formula and `<v>` its last result).
"""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
from collections.abc import Callable
from xml.etree import ElementTree

from connectors.files.source import SourceFile
from connectors.problem import ConnectorProblem
from ir.records import dataclass

_LARGEST = 1024**3
_RATIO = 250
_BIG = 256 * 1024**2
_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_STRICT = "{http://purl.oclc.org/ooxml/spreadsheetml/main}"
_ERROR = re.compile(rb'<c\b(?=[^>]*\bt="e")[^>]*\br="([A-Z]+[0-9]+)"')
_UNCALCULATED = re.compile(
    rb'<c\b(?![^>]*\bt="str")[^>]*\br="([A-Z]+[0-9]+)"[^>]*>\s*'
    rb"<f\b(?:[^>]*/>|[^>]*>[^<]*</f>)\s*(?:<v\s*/>|<v>\s*</v>)?\s*</c>"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A sheet's name, whether people see it, and the part of the package that holds its cells."""

    name: str
    visible: bool
    part: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Cells:
    """How many cells of a kind a sheet has, and where the first of them stands."""

    count: int
    first: str


def check_size(content: bytes, file: SourceFile) -> None:
    """Refuse a workbook that its reader would unpack to more than memory is worth.

    Raises:
        ConnectorProblem: IR524.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            size = sum(each.file_size for each in package.infolist())
    except zipfile.BadZipFile:
        return  # the reader says what it is instead
    if size > 4 * _LARGEST or (size > _BIG and size > len(content) * _RATIO):
        raise ConnectorProblem(
            "IR524", f"{file.shown} unpacks to {size // 1024**2} MB from {len(content) // 1024} KB", key=("location",),
            hint="save it as CSV if you trust it; a workbook is held in memory and may not grow like that",
        )  # fmt: skip


def sheets(content: bytes) -> list[Sheet]:
    """The sheets in their order; none where the package is not laid out as a workbook."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            book = ElementTree.fromstring(package.read("xl/workbook.xml"))
            links = ElementTree.fromstring(package.read("xl/_rels/workbook.xml.rels"))
    except (zipfile.BadZipFile, KeyError, ElementTree.ParseError):
        return []
    targets = {each.get("Id"): each.get("Target") or "" for each in links}
    found = []
    for each in (*book.iter(f"{_MAIN}sheet"), *book.iter(f"{_STRICT}sheet")):
        link = next((value for key, value in each.attrib.items() if key.endswith("}id")), None)
        part = posixpath.normpath(posixpath.join("/xl", targets.get(link, ""))).lstrip("/")
        found.append(Sheet(name=each.get("name") or "", visible=each.get("state", "visible") == "visible", part=part))
    return found


def errors_and_uncalculated(
    content: bytes, sheet: Sheet, *, is_read: Callable[[str], bool]
) -> tuple[Cells | None, Cells | None]:
    """The cells of a sheet that show an error such as #DIV/0!, and the formulas without a result, of those read."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            xml = package.read(sheet.part)
    except (zipfile.BadZipFile, KeyError):
        return None, None
    return _cells(_ERROR, xml, b't="e"', is_read), _cells(_UNCALCULATED, xml, b"<f", is_read)


def _cells(pattern: re.Pattern[bytes], xml: bytes, mark: bytes, is_read: Callable[[str], bool]) -> Cells | None:
    if mark not in xml:
        return None
    found = [each.decode() for each in pattern.findall(xml) if is_read(each.decode())]
    return Cells(count=len(found), first=found[0]) if found else None
