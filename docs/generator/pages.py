"""Every generated page: its path below docs/ and its text."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from docs.generator.compiling import compiling_page
from docs.generator.database_types import database_types_page
from docs.generator.findings import failing_cases
from docs.generator.llm import llm_page
from docs.generator.markdown import anchor, block, table
from docs.generator.plugins import plugin_pages
from docs.generator.plugins_coverage import coverage_page
from docs.generator.reference import PAGES, manifest_page, section_pages
from docs.generator.validation import validation_page
from docs.generator.words import word_pages
from ir.codes import CODES

DOCS = Path(__file__).parents[1]
_GROUPS = {
    "IR1": "Syntax",
    "IR2": "Structure",
    "IR3": "References and inputs",
    "IR4": "Columns, types and rows",
    "IR5": "Sources and what a run may touch",
    "IR6": "Deliveries",
    "IR7": "Tests, replays and verification",
}
_WORDS = {
    "transforms": "transforms, each with its config and an example",
    "operators": "the operators of conditions",
    "functions": "the functions of expressions",
    "types": "the types of columns",
    "formats": "the file formats and their options",
    "plugins": "the plugins that come along, each with what its actions take, send and give",
    "plugin_manifest": "the manifests of plugins",
}


def pages() -> Iterator[tuple[str, str]]:
    """(path below docs/, text) of every page, each made by running its examples."""
    for name, text in (*section_pages(), *word_pages(), *plugin_pages()):
        yield f"reference/{name}.md", text.rstrip() + "\n"
    yield "reference/plugin_manifest.md", manifest_page().rstrip() + "\n"
    yield "reference/index.md", _index()
    yield "troubleshooting.md", _troubleshooting()
    yield "how-a-workflow-compiles.md", compiling_page()
    yield "validation.md", validation_page()
    yield "llm.md", llm_page()
    yield "plugins-coverage.md", coverage_page()
    yield "database-types.md", database_types_page()


def _index() -> str:
    rows = [[f"[{page.name}]({page.name}.md)", page.title.partition(": ")[2] or page.title] for page in PAGES]
    rows += [[f"[{name}]({name}.md)", text] for name, text in _WORDS.items()]
    return "\n".join([
        "# Reference",
        "",
        "Made from the models that check a workflow; every result shown was computed. `weirflow schema` prints the "
        "JSON Schema for editors.",
        "",
        table(["page", "what"], rows),
        "",
    ])  # fmt: skip


def _troubleshooting() -> str:
    lines = [
        "# Troubleshooting",
        "",
        "Every finding has a code; this page says what each means and how to get past it, with an example. A message "
        "names what was seen, the caret stands under it, and the help line says what would work.",
        "",
        "What goes wrong with a service as a whole stands under [operating it](operations.md#when-something-is-wrong); "
        "with [webhooks](webhooks.md), [schedules](schedules.md) and [the console](console.md) on their pages.",
        "",
    ]
    cases: dict[str, list[str]] = {}
    for case in failing_cases():
        cases.setdefault(case.code, []).append(case.golden.read_text(encoding="utf-8"))
    for start, heading in _GROUPS.items():
        codes = {code: entry for code, entry in CODES.items() if code.startswith(start)}
        lines += [f"## {heading}", ""]
        lines += [f"- [{code}](#{anchor(f'{code} {entry.title}')}) {entry.title}" for code, entry in codes.items()]
        lines.append("")
        for code, entry in codes.items():
            lines += [f"### {code}: {entry.title}", "", entry.explanation, ""]
            for text in cases.get(code, ()):
                lines += [block(text), ""]
    return "\n".join(lines).rstrip() + "\n"
