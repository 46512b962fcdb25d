"""The font files a document may take its glyphs from, and in which order."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path

from ir.records import dataclass

VARIABLE = "WEIRFLOW_FONTS"
"""Environment variable with more font files or folders, before the fallbacks: a list like PATH."""
_PACKAGES = (
    ("fontpkg_noto_sans", "files/NotoSans[[]wdth,wght].ttf", 0),
    ("fontpkg_noto_sans_arabic", "files/NotoSansArabic[[]wdth,wght].ttf", 0),
    ("fontpkg_open_sans", "files/OpenSans[[]wdth,wght].ttf", 0),
    ("fontpkg_noto_sans_thai", "files/NotoSansThai[[]wdth,wght].ttf", 0),
    ("manimgx_fonts_cjk", "NotoSansCJK-VF.otf.ttc", 2),
)
"""Module, file, and which font of a collection. The first is the letters of every document, the others come where it
has no glyph. Open Sans has the Hebrew letters that go with Noto Sans; of the CJK fonts the simplified Chinese one."""
_SYSTEM = (
    ("opentype/noto/NotoSansCJK-{weight}.ttc", 2),
    ("opentype/noto-cjk/NotoSansCJK-{weight}.ttc", 2),
    ("noto-cjk/NotoSansCJK-{weight}.ttc", 2),
    ("google-noto-cjk/NotoSansCJK-{weight}.ttc", 2),
    ("truetype/noto/NotoSansSymbols2-Regular.ttf", 0),
    ("truetype/dejavu/DejaVuSans{dejavu}.ttf", 0),
    ("dejavu/DejaVuSans{dejavu}.ttf", 0),
    ("dejavu-sans-fonts/DejaVuSans{dejavu}.ttf", 0),
)
_FOLDERS = ("/usr/share/fonts", "/usr/local/share/fonts")
_KINDS = {".ttf", ".otf", ".ttc", ".otc"}


@dataclass(frozen=True, slots=True)
class FontSource:
    """A font in a file: `index` says which one of a collection."""

    path: Path
    index: int = 0


def font_sources(*, bold: bool, env: Mapping[str, str] = os.environ) -> Iterator[FontSource]:
    """The fonts in the order they are asked for a glyph: ours, those that were named, the other packages, the system's.

    A fixed order of fixed names, and no search over whatever a machine has: equal set-ups give equal documents.
    """
    first, *others = _packaged()
    yield first
    yield from _named(env.get(VARIABLE, ""), bold=bold)
    yield from others
    weight = {"weight": "Bold", "dejavu": "-Bold"} if bold else {"weight": "Regular", "dejavu": ""}
    for folder in _FOLDERS:
        for name, index in _SYSTEM:
            path = Path(folder, name.format(**weight))
            if path.is_file():
                yield FontSource(path, index)


def _packaged() -> list[FontSource]:
    found = []
    for module, name, index in _PACKAGES:
        spec = find_spec(module)
        if spec is not None and spec.origin is not None:
            found += [FontSource(path, index) for path in Path(spec.origin).parent.glob(name)]
    return found


def _named(value: str, *, bold: bool) -> list[FontSource]:
    """The files of the list and of its folders, those of the weight first."""
    entries = [Path(entry) for entry in value.split(os.pathsep) if entry]
    found = [file for each in entries for file in (sorted(each.iterdir()) if each.is_dir() else [each])]
    fonts = [file for file in found if file.suffix.lower() in _KINDS and file.is_file()]
    return [FontSource(file) for file in sorted(fonts, key=lambda file: ("bold" in file.stem.lower()) != bold)]
