"""The page about coverage: against which specification each action of a plugin was held."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from connectors.plugins.plugin import Action, Plugin
from docs.generator.markdown import table
from docs.generator.plugins import code, shipped

_DOCUMENTS = Path(__file__).parents[2] / "tests" / "plugins" / "specifications" / "documents"
_PACKAGES = {
    "discovery": "google-api-python-client of PyPI, as the tests install it",
    "botocore": "botocore of PyPI, as the tests install it",
}
_REAL = {
    "sql": "PostgreSQL, MariaDB and SQLite themselves",
    "mongo": "a server that speaks MongoDB's protocol",
    "files": "a server that speaks S3",
    "smtp": "a mail server",
    "imap": "a mail server",
}


def coverage_page() -> str:
    """The page, from what manifests say of their specifications."""
    plugins = shipped()
    actions = [each for plugin in plugins for each in plugin.actions.values()]
    of = {source: sum(coverage(each) == source for each in actions) for source in ("official", "other", "none")}
    lines = [
        "# What plugins were tested against",
        "",
        "No plugin was tried on a vendor's live service. Each action brings examples of what it sends and what is "
        "answered, and the tests send them to a service of their own. Where a machine-readable specification of the "
        "system can be had as a package, every request of these examples is checked against it: address, query, "
        "headers and body, with unknown names refused. Parameters that are missing, unknown or of another type are "
        "refused before anything is sent; that is tested for every action.",
        "",
        "- **official**: the vendor wrote the specification, or generates its own client from it. It comes out of the "
        "package that the table names, which may be someone else's copy, in another form, or older than the service.",
        "- **other**: somebody else wrote it; where it is known to err, the tests correct it.",
        "- **none**: there is no such specification, or it does not have this action; the request is as the vendor's "
        "pages describe it.",
        "- **real**: no web service; tests run it on the system itself or on one that speaks the same protocol.",
        "",
        f"Of {len(actions)} actions {of['official']} are official, {of['other']} other, {of['none']} none and "
        f"{len(actions) - sum(of.values())} real.",
        "",
        table(["plugin", "actions", "against", "specification", "taken from"], [_row(each) for each in plugins]),
        "",
    ]
    for plugin in plugins:
        rows = [[f"[{name}](reference/plugins/{plugin.key}.md#{name})", each.kind, coverage(each),
                 f"`{each.manifest.spec_operation}`" if coverage(each) in {"official", "other"} else ""]
                for name, each in plugin.actions.items()]  # fmt: skip
        lines += [f"## {plugin.manifest.title}", "", table(["action", "", "against", "operation"], rows), ""]
    return "\n".join(lines).rstrip() + "\n"


def coverage(action: Action) -> str:
    """official, other, none or real."""
    manifest = action.plugin.manifest
    if manifest.driver in _REAL:
        return "real"
    if manifest.spec is None or action.manifest.spec_operation is None or not _is_there(action.plugin):
        return "none"
    return manifest.spec.source


def _row(plugin: Plugin) -> Sequence[str]:
    manifest = plugin.manifest
    found: dict[str, int] = {}
    for each in plugin.actions.values():
        found[coverage(each)] = found.get(coverage(each), 0) + 1
    against = ", ".join(f"{count} {source}" for source, count in found.items())
    name, source = "", _REAL.get(manifest.driver, "")
    if manifest.spec is not None and _is_there(plugin):
        name = code(manifest.spec.name)
        document = _DOCUMENTS / f"{manifest.spec.name}.json"
        source = (json.loads(document.read_text(encoding="utf-8"))["info"]["x-from"] if document.exists()
                  else _PACKAGES.get(manifest.spec.format, ""))  # fmt: skip
    return [f"[{plugin.key}](reference/plugins/{plugin.key}.md)", str(len(plugin.actions)), against, name, source]


def _is_there(plugin: Plugin) -> bool:
    spec = plugin.manifest.spec
    return spec is not None and (spec.format in _PACKAGES or (_DOCUMENTS / f"{spec.name}.json").exists())
