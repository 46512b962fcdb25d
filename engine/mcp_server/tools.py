"""What each tool does: the same functions that the command line calls, under the permissions of the server."""

from __future__ import annotations

import json
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.api import compile_document, validate_document
from engine.cli.findings import as_json, count_of
from engine.events import Progress
from engine.mcp_server.answer import Answer, findings, refusal
from engine.mcp_server.arguments import ListArguments, PlanArguments, RunArguments, WorkflowArguments
from engine.mcp_server.permissions import Permissions
from engine.mcp_server.workflows import document_of, workflows_in
from engine.running.cancellation import Cancellation
from ir.diagnostics import WorkflowError

if TYPE_CHECKING:
    from engine.plan import Plan
    from engine.result import RunResult

_SHOWN_BYTES = 4000
"""Of each text file of a preview."""
_TEXT_ENDINGS = frozenset({".csv", ".tsv", ".txt", ".json", ".ndjson", ".html", ".md"})
_RUNS = 50


def validate(arguments: WorkflowArguments, permissions: Permissions) -> Answer:
    """Everything that is wrong with a workflow. A broken workflow is what the tool is asked about, and no error."""
    try:
        document, base = document_of(arguments, permissions)
    except WorkflowError as error:
        found = list(error.diagnostics)
    else:
        found = validate_document(document, inputs=arguments.inputs, base=base, policy=permissions.policy())
    is_sound = all(each.severity != "error" for each in found)
    text = f"{findings(found)}\n{count_of(found)}".lstrip("\n")
    return Answer(text=text, data={"valid": is_sound, "diagnostics": as_json(found)})


def plan(arguments: PlanArguments, permissions: Permissions) -> Answer:
    """What a workflow will do; of the sources only a sample is read."""
    try:
        compiled = _compiled(arguments, permissions)
        text = _shown(compiled, arguments.format)
    except WorkflowError as error:
        return refusal(error.diagnostics, "there is no plan")
    warned = findings(compiled.warnings)
    return Answer(text=f"{warned}\n\n{text}".lstrip("\n"),
                  data={"plan": compiled.to_dict(), "diagnostics": as_json(compiled.warnings)})  # fmt: skip


def run(arguments: RunArguments, permissions: Permissions, *, progress: Progress, cancellation: Cancellation) -> Answer:
    """Run a workflow, or preview it. Only a server that delivers runs one."""
    if arguments.preview is None and not permissions.delivers:
        said = "this server only gives previews, as it was started without --deliver"
        return Answer(text=f"{said}; give preview, such as 20, and nothing is written or sent",
                      data={"status": "failed", "error": said}, is_error=True)  # fmt: skip
    try:
        if arguments.preview is None:
            result = _compiled(arguments, permissions).run(progress=progress, cancellation=cancellation)
            return _told(result, {})
        with tempfile.TemporaryDirectory(prefix="weirflow-preview-") as name:
            outbox = Path(name)
            compiled = _compiled(arguments, permissions, outbox=outbox)
            result = compiled.run(out=outbox, preview=arguments.preview, progress=progress, cancellation=cancellation)
            shown = {"rows": _rows(result, arguments.preview), "files": _files(outbox)}
        return _told(result, shown)
    except WorkflowError as error:
        return refusal(error.diagnostics, "nothing was delivered")


def listing(arguments: ListArguments, permissions: Permissions) -> Answer:
    """What there is: workflows, runs, the language."""
    if arguments.what == "language":
        from engine.guide import guide

        return Answer(text=guide(), data={"guide": guide()})
    entries: list[dict[str, Any]]
    match arguments.what:
        case "workflows":
            entries = list(workflows_in(permissions))
        case "runs":
            entries = _runs(permissions)
        case "plugins":
            return _plugins(arguments.name, permissions)
        case _:
            from engine.cli.listing import entries_of

            entries = entries_of(arguments.what)
    return Answer(text=_json(entries), data={arguments.what: entries})


def _plugins(key: str | None, permissions: Permissions) -> Answer:
    """The plugins that workflows of the folder may use, or one of them with all that it can do."""
    from connectors.plugins.registry import find_plugin, newest, plugin_folders
    from connectors.problem import ConnectorProblem
    from engine.cli.plugins_show import plugin_as_json

    folders = plugin_folders(permissions.folder)
    if key is None:
        entries = [{"key": each.key, "version": each.version, "aliases": list(each.aliases)}
                   for each in newest(folders).values()]  # fmt: skip
        return Answer(text=_json(entries), data={"plugins": entries})
    try:
        found = plugin_as_json(find_plugin(key, folders=folders))
    except ConnectorProblem as problem:
        return Answer(text=str(problem), data={"status": "failed", "error": problem.message}, is_error=True)
    return Answer(text=_json(found), data={"plugin": found})


def _compiled(arguments: PlanArguments | RunArguments, permissions: Permissions, *, outbox: Path | None = None) -> Plan:
    document, base = document_of(arguments, permissions)
    return compile_document(document, inputs=arguments.inputs, engine=arguments.engine, now=arguments.now, base=base,
                            policy=permissions.policy(outbox=outbox))  # fmt: skip


def _shown(compiled: Plan, form: str) -> str:
    match form:
        case "json":
            return _json(compiled.to_dict())
        case "mermaid":
            return compiled.to_mermaid()
        case "sql":
            return compiled.sql()
    return compiled.explain()


def _told(result: RunResult, shown: dict[str, Any]) -> Answer:
    """What a run came to; of a preview first what it shows, without the steps, of which it has no counts."""
    data = result.as_json()
    if shown:
        data = {"status": data["status"], **shown, **data}
        for name in ("preview", "steps"):
            data.pop(name)
        # the files of a preview were shown and are gone
        data["deliveries"] = [replace(each, target=Path(each.target).name).as_json() for each in result.deliveries]
    return Answer(text=_json(data), data=data, is_error=result.exit_code == 1)


def _rows(result: RunResult, count: int) -> list[Any] | None:
    """The first rows of `data` as JSON files have them; None where only a run can tell them."""
    from connectors.files.json_objects import json_objects

    made = result.plan
    if made is None:
        return None
    try:
        frame, columns = made.preview("data", rows=count), made.schema("data")
    except WorkflowError:
        return None
    timezone = made.compiled.workflow.settings.timezone
    return [json.loads(each) for each in json_objects(frame, columns, timezone=timezone)]


def _files(outbox: Path) -> list[dict[str, Any]]:
    """The files of a preview, with the beginning of those that are text."""
    return [_file(path, outbox) for path in sorted(outbox.rglob("*")) if path.is_file()]


def _file(path: Path, outbox: Path) -> dict[str, Any]:
    size = path.stat().st_size
    entry: dict[str, Any] = {"file": str(path.relative_to(outbox)), "bytes": size}
    if path.suffix in _TEXT_ENDINGS:
        with path.open("rb") as stream:
            entry["text"] = stream.read(_SHOWN_BYTES).decode("utf-8", errors="ignore")
        if size > _SHOWN_BYTES:
            entry["is_cut"] = True
    return entry


def _runs(permissions: Permissions) -> list[dict[str, Any]]:
    """The last runs of workflows in the folder; what others ran is nobody's business here."""
    from engine.runs import runs

    return [each.as_json() for each in runs(limit=_RUNS) if Path(each.file).is_relative_to(permissions.folder)]


def _json(value: Any) -> str:
    return json.dumps(value, indent=1, ensure_ascii=False)
