"""python -m tests.layouts: the references anew, after a change of the layout that was looked at and is meant."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from PIL import Image

from tests.layouts.pages import REFERENCES, difference, pictures


def main() -> None:
    REFERENCES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        for name, picture in pictures(Path(folder)).items():
            path = REFERENCES / f"{name}.png"
            if path.exists() and difference(picture, Image.open(path).convert("L")).is_small:
                continue
            picture.quantize(16).save(path, optimize=True)
            print(f"wrote {path.name}", file=sys.stderr)


if __name__ == "__main__":
    main()
