"""`python -m docs.generator` writes the generated pages; `--check` names those that are out of date instead."""

from __future__ import annotations

import sys

from docs.generator.pages import DOCS, pages


def main(arguments: list[str]) -> int:
    stale = 0
    for path, text in pages():
        file = DOCS / path
        if file.exists() and file.read_text(encoding="utf-8") == text:
            continue
        stale += 1
        print(path)
        if "--check" not in arguments:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
    return int(stale > 0 and "--check" in arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
