"""`python -m docs.notebooks` runs every notebook and stores what it prints."""

from __future__ import annotations

import nbformat

from docs.notebooks import FOLDER, executed

if __name__ == "__main__":
    for path in sorted(FOLDER.glob("*.ipynb")):
        nbformat.write(executed(path), path)
        print(path.name)
