"""The cell styles of an existing workbook, and new ones that differ from them by their number format."""

from __future__ import annotations

import re

from connectors.files.xlsx_cells import escaped

_XFS = re.compile(r"<cellXfs\b[^>]*>(.*?)</cellXfs>", re.DOTALL)
_XF = re.compile(r"<xf\b(?:[^>\"]|\"[^\"]*\")*?(?:/>|>.*?</xf>)", re.DOTALL)
_FORMATS = re.compile(r"<numFmts\b[^>]*>(.*?)</numFmts>", re.DOTALL)
_FORMAT = re.compile(r'<numFmt\b[^>]*\bnumFmtId="([0-9]+)"[^>]*>')
_CODE = re.compile(r'\bformatCode="([^"]*)"')
_ID = re.compile(r'\bnumFmtId="([0-9]+)"')
_DATES = frozenset({*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)})
_FIRST_OWN = 164


class Styles:
    """styles.xml; `xml` is it with what was added."""

    def __init__(self, xml: str) -> None:
        self._xml = xml
        found = _XFS.search(xml)
        self._xfs: list[str] = _XF.findall(found[1]) if found else []
        formats = _FORMATS.search(xml)
        self._codes = {int(each[1]): _CODE.search(each[0]) for each in _FORMAT.finditer(formats[1] if formats else "")}
        self._next = max([_FIRST_OWN - 1, *self._codes]) + 1
        self._added: dict[tuple[int, str], int] = {}
        self._new_xfs: list[str] = []
        self._new_formats: dict[str, int] = {}

    def is_general(self, style: int) -> bool:
        """Whether the style shows numbers as they are."""
        return self._format(style) == 0

    def is_date(self, style: int) -> bool:
        number = self._format(style)
        code = self._codes.get(number)
        plain = re.sub(r'"[^"]*"|\\.|\[[^\]]*\]', "", code[1].replace("&quot;", '"') if code else "")
        return number in _DATES or bool(re.search("[dmyhs]", plain, re.IGNORECASE))

    def _format(self, style: int) -> int:
        found = _ID.search(self._xfs[style].partition(">")[0]) if style < len(self._xfs) else None
        return int(found[1]) if found else 0

    def with_format(self, style: int, code: str) -> int:
        """The style with the number format `code`."""
        if style >= len(self._xfs):
            return style
        key = (style, code)
        if key not in self._added:
            number = self._new_formats.get(code)
            if number is None:
                number = self._new_formats[code] = self._next
                self._next += 1
            opening, mark, rest = self._xfs[style].partition(">")
            slash = "/" if opening.endswith("/") else ""
            opening = re.sub(r'\s*\bapplyNumberFormat="[^"]*"', "", opening.rstrip("/"))
            changed = _ID.sub(f'numFmtId="{number}"', opening, count=1) + ' applyNumberFormat="1"'
            self._added[key] = len(self._xfs) + len(self._new_xfs)
            self._new_xfs.append(changed + slash + mark + rest)
        return self._added[key]

    @property
    def xml(self) -> str:
        if not self._new_xfs:
            return self._xml
        total = len(self._xfs) + len(self._new_xfs)
        xml = re.sub(r"<cellXfs\b[^>]*>", f'<cellXfs count="{total}">', self._xml, count=1)
        xml = xml.replace("</cellXfs>", "".join(self._new_xfs) + "</cellXfs>", 1)
        new = "".join(f'<numFmt numFmtId="{number}" formatCode="{escaped(code).replace(chr(34), "&quot;")}"/>'
                      for code, number in self._new_formats.items())  # fmt: skip
        if (found := _FORMATS.search(xml)) is None:
            if not new:
                return xml
            start = re.search(r"<styleSheet\b[^>]*>", xml)
            at = start.end() if start else 0
            return f'{xml[:at]}<numFmts count="{len(self._new_formats)}">{new}</numFmts>{xml[at:]}'
        count = len(self._codes) + len(self._new_formats)
        return f'{xml[: found.start()]}<numFmts count="{count}">{found[1]}{new}</numFmts>{xml[found.end() :]}'
