"""All the checks of one manifest's file."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from connectors.plugins.checking.compatibility import breaking_changes
from connectors.plugins.checking.references import ReferenceCheck
from connectors.plugins.checking.schemas import check_schema
from connectors.plugins.files import FileStore
from connectors.plugins.json_schemas import checker, plain
from connectors.plugins.manifest import ActionManifest, Manifest
from connectors.plugins.plugin import Action, Plugin
from connectors.plugins.versions import parse_version
from ir.diagnostics import Diagnostic, Pointer, Problems, WorkflowError
from ir.loading import load
from ir.structure import report_structure

_NEEDED: Mapping[str, tuple[str, ...]] = {
    "cursor": ("token", "to"), "by_id": ("token", "to", "page_size"), "offset": ("to",), "page": ("to",),
    "next_url": ("token",), "continue": ("token", "request"), "link_header": (), "asked": (),
}  # fmt: skip


def check_file(file: Path, *, against: Manifest | None = None) -> list[Diagnostic]:
    """What is wrong with a manifest, and with a version number that does not tell what has changed."""
    try:
        document = load(file)
    except WorkflowError as error:
        return list(error.diagnostics)
    problems = Problems(document)
    try:
        manifest = Manifest.model_validate(plain(document.value))
    except ValidationError as error:
        report_structure(error, document.value, problems, model=Manifest)
        return problems.found
    _names(manifest, file, problems)
    _schemas(manifest, problems)
    ReferenceCheck(manifest, document.value, problems).check()
    for name, action in manifest.actions.items():
        _action(manifest, name, action, problems)
    if against is not None:
        _versions(against, manifest, problems)
    if not problems.found:
        _examples(Plugin(manifest, hashlib.sha256(file.read_bytes()).hexdigest(), file, False), problems)
    return problems.found


def _names(manifest: Manifest, file: Path, problems: Problems) -> None:
    stem = file.stem.partition("@")
    if stem[0] != manifest.key or (stem[1] and stem[2] != manifest.version):
        problems.error("IR695", f"the file is called {file.name}, the manifest {manifest.key} {manifest.version}",
                       at=("key",), hint=f"call the file {manifest.key}.yaml or {manifest.key}@{manifest.version}.yaml",
                       )  # fmt: skip
    seen: dict[str, str] = {}
    for name, action in manifest.actions.items():
        for called in (name, *action.aliases):
            if called in seen:
                problems.error("IR695", f'"{called}" is also a name of {seen[called]}', at=("actions", name))
            seen[called] = name


def _schemas(manifest: Manifest, problems: Problems) -> None:
    check_schema(manifest.connection, ("connection",), problems, is_described=True)
    for name, action in manifest.actions.items():
        at: Pointer = ("actions", name)
        check_schema(action.parameters, (*at, "parameters"), problems, is_described=True)
        if action.output_schema is not None:
            check_schema(action.output_schema, (*at, "output_schema"), problems)


def _action(manifest: Manifest, name: str, action: ActionManifest, problems: Problems) -> None:
    at: Pointer = ("actions", name)
    known = action.parameters.get("properties", {})
    if manifest.driver == "http" and (action.request is None) is (not action.steps):
        problems.error("IR695", "an action has either a request or steps", at=at, on_key=True)
    if not action.examples:
        problems.error("IR695", "the action has no example", at=at, on_key=True)
    if action.replaced_by is not None and action.replaced_by not in manifest.actions:
        problems.error("IR695", f'there is no action "{action.replaced_by}"', at=(*at, "replaced_by"))
    if action.items is not None and (action.request is None or action.pagination is not None):
        problems.error("IR695", "what became of each thing is told by the answer of a single request",
                       at=(*at, "items"), on_key=True)  # fmt: skip
    named: dict[Pointer, str | None] = {("rows", "parameter"): action.rows.parameter if action.rows else None,
             ("batch", "parameter"): action.batch.parameter if action.batch else None}  # fmt: skip
    if action.message is not None:
        named |= {("message", key): value for key, value in action.message.model_dump(exclude={"is_marked_up"}).items()
                  if key != "description"}  # fmt: skip
    for place, parameter in named.items():
        if parameter is not None and parameter not in known:
            problems.error("IR695", f'there is no parameter "{parameter}"', at=(*at, *place))
    if action.idempotency.style in {"header", "body"} and not action.idempotency.name:
        problems.error("IR695", "the key's place needs a name", at=(*at, "idempotency"))
    for place, pagination in ((at, action.pagination), *(((*at, "steps", index), step.pagination)
                                                         for index, step in enumerate(action.steps))):  # fmt: skip
        if pagination is not None:
            for key in _NEEDED[pagination.style]:
                if getattr(pagination, key) is None:
                    problems.error("IR695", f"pagination of style {pagination.style} needs {key}",
                                   at=(*place, "pagination"))  # fmt: skip


def _versions(old: Manifest, new: Manifest, problems: Problems) -> None:
    before, after = parse_version(old.version), parse_version(new.version)
    changes = breaking_changes(old, new)
    if changes and (after[0], after[1] if after[0] == 0 else 0) <= (before[0], before[1] if before[0] == 0 else 0):
        for at, what in changes:
            wanted = f"{before[0] + 1}.0.0" if before[0] else f"0.{before[1] + 1}.0"
            problems.error("IR695", f"{what}, but {old.version} and {new.version} have the same major version", at=at,
                           hint=f"call this one {wanted}, or let the older one go on to work")  # fmt: skip
    if after <= before and _as_written(old) != _as_written(new):
        problems.error("IR695", f"the manifest has changed, but its version {new.version} is not after {old.version}",
                       at=("version",))  # fmt: skip


def _as_written(manifest: Manifest) -> Any:
    return manifest.model_dump(exclude={"version"})


def _examples(plugin: Plugin, problems: Problems) -> None:
    for action in plugin.actions.values():
        for index in range(len(action.manifest.examples)):
            _example(action, index, problems)


def _example(action: Action, index: int, problems: Problems) -> None:
    from connectors.plugins.checking.replaying import differences, is_part, replayed, with_files

    example = action.manifest.examples[index]
    at: Pointer = ("actions", action.name, "examples", index)
    if action.plugin.manifest.driver != "http":
        with tempfile.TemporaryDirectory() as folder:
            parameters = with_files(plain(example.parameters), FileStore(Path(folder)))
        for each in action.problems(parameters):
            problems.error("IR695", f"the example's parameters: {each.message}", at=(*at, "parameters", *each.pointer))
        return
    found = replayed(action, example)
    if found.problem is not None:
        problems.error("IR695", f'the example "{example.name}" fails: {found.problem.message}', at=at,
                       hint=found.problem.hint)  # fmt: skip
        return
    if found.left:
        problems.error("IR695", f'the example "{example.name}" has {found.left} answers that nobody asks for',
                       at=(*at, "responses"))  # fmt: skip
    for number, what in differences(plain(example.requests or []), found.requests) if example.requests else []:
        problems.error("IR695", f'the example "{example.name}" {what}', at=(*at, "requests", number))
    if "output" in example.model_fields_set and not is_part(plain(example.output), plain(found.output)):
        problems.error("IR695", f'the example "{example.name}" gives {str(found.output)[:300]}', at=(*at, "output"))
    schema = action.manifest.output_schema
    if schema is not None:
        for each in checker(schema, is_closed=False).problems(found.output):
            place = ".".join(str(part) for part in each.pointer)
            problems.error("IR695", f'the example "{example.name}" gives {place or "a result"}: {each.message}',
                           at=(*at, "output"))  # fmt: skip
