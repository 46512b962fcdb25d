"""python -m docs.gallery: docs/gallery.md and its pictures, from the examples."""

from __future__ import annotations

import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import weirflow as wf
from docs.gallery.pictures import PICTURES, page
from docs.gallery.rendering import MissingProgramError, rendered

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 10, 5, 8, tzinfo=UTC)


def main() -> int:
    (ROOT / "docs" / "gallery.md").write_text(page(), encoding="utf-8")
    left_out = 0
    with tempfile.TemporaryDirectory() as folder:
        for workflow in dict.fromkeys(each.workflow for each in PICTURES):
            wf.run(ROOT / "examples" / workflow, out=Path(folder) / workflow, now=NOW)
        for each in PICTURES:
            document = Path(folder) / each.workflow / each.file
            try:
                picture = rendered(document, each.page, width=each.width)
            except MissingProgramError as missing:
                print(f"left out {each.name}: {missing} is not installed", file=sys.stderr)
                left_out += 1
                continue
            path = ROOT / "docs" / "gallery" / f"{each.name}.png"
            picture.save(path, optimize=True)
            print(f"wrote {path.relative_to(ROOT)}, {path.stat().st_size // 1000} kB", file=sys.stderr)
    return 1 if left_out == len(PICTURES) else 0


if __name__ == "__main__":
    sys.exit(main())
