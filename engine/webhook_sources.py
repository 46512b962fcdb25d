"""A webhook source bound to the payloads that the run is begun with; imported where a workflow has one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connectors.bad_rows import BadRowRule
from connectors.problem import ConnectorProblem
from connectors.webhooks.relation import AwaitedRelation, payload_rows
from connectors.webhooks.schema import PayloadSchema
from engine.places import report
from ir.model.sources import WebhookSource
from ir.templates import TemplateSyntax, parse_template
from ir.types import Schema, parse_type

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from engine.compiler import Compiler
    from engine.graph import SourceRelation
    from ir.diagnostics import Pointer

_ROOTS = ("payload", "run_id")
_SHOWN = 5


def bind_webhook(source: WebhookSource, name: str, at: Pointer, compiler: Compiler) -> SourceRelation | None:
    """The rows of the payloads that were given; without any the relation that waits for a request. None after an
    error, and where only a payload could tell the columns.

    Raises:
        ConnectorProblem: no payload was given and nothing else tells the columns, or one breaks its schema.
    """
    if not _is_the_only_one(source, name, at, compiler):
        return None
    _check_response(source, at, compiler)
    try:
        schema = PayloadSchema.of(source.webhook_config)
    except ValueError as error:
        compiler.problems.error("IR205", f"the payload_schema is no JSON Schema: {error}",
                                at=(*at, "webhook_config", "payload_schema"))  # fmt: skip
        return None
    columns = _columns(source, schema)
    is_single = schema is not None and schema.is_one and not source.webhook_config.is_batched
    if compiler.payloads is None:
        return _awaited(name, at, columns, compiler, is_single=is_single)
    payloads = compiler.payloads.values()
    if schema is not None:
        _check_payloads(payloads, schema, name)
    config = source.config
    rule = BadRowRule.of(config.on_bad_row if config else None, config.max_bad if config else None)
    rows = payload_rows(payloads, columns, name=name, rule=rule, is_single=is_single)
    for each in rows.warnings:
        report(each, compiler.problems, at=at, severity="warning")
    return rows


def _awaited(name: str, at: Pointer, columns: Schema | None, compiler: Compiler, *, is_single: bool
             ) -> AwaitedRelation | None:  # fmt: skip
    if columns is not None:
        return AwaitedRelation(name=name, schema=columns, single=is_single)
    if not compiler.validating:
        raise ConnectorProblem(
            "IR327", f'no payload_schema names the columns of "{name}", and no request was given that would tell them',
            hint="--payload FILE (payload=… in Python) stands in for one", key=("webhook_config",))  # fmt: skip
    compiler.problems.warning(
        "IR508", f'the columns of "{name}" are not checked: no payload_schema names them', at=(*at, "webhook_config"),
        hint="write payload_schema: {type: object, fields: [{name, type}]}, or a JSON Schema",
    )  # fmt: skip
    return None


def _is_the_only_one(source: WebhookSource, name: str, at: Pointer, compiler: Compiler) -> bool:
    """Whether no other source before it is a webhook: a run is begun by the requests of one address."""
    others = [index for index, each in enumerate(compiler.workflow.data_sources) if isinstance(each, WebhookSource)]
    if others[0] == at[1]:
        return True
    compiler.problems.error(
        "IR206", f'"{name}" is a second webhook, and a run is begun by the requests of one', at=(*at, "type"),
        related=[("the first", ("data_sources", others[0], "type"))], hint="make it a workflow of its own",
    )  # fmt: skip
    return False


def _check_response(source: WebhookSource, at: Pointer, compiler: Compiler) -> None:
    """The templates of the answer read what is known when it is given."""
    response = source.webhook_config.response
    if response is None:
        return
    for place, text in _texts(response.body, (*at, "webhook_config", "response", "body")):
        try:
            template = parse_template(text)
        except TemplateSyntax:
            continue  # reported with all the document's templates
        for each in template.references:
            if each.root == "run_id" and source.webhook_config.is_batched:
                compiler.problems.error(
                    "IR303", "there is no run yet when a request of a batch is answered", at=place, within=each.span,
                    hint="leave {{run_id}} out, or the batch: without batch_rows and batch_seconds a request is a run",
                )  # fmt: skip
            if each.root not in _ROOTS:
                compiler.problems.error(
                    "IR303", f'there is no "{each.root}" when a request is answered', at=place, within=each.span,
                    hint="an answer reads {{payload.…}} and {{run_id}}",
                )  # fmt: skip


def _texts(value: Any, at: Pointer) -> Iterator[tuple[Pointer, str]]:
    if isinstance(value, str):
        yield at, value
    elif isinstance(value, dict):
        for key, each in value.items():
            yield from _texts(each, (*at, key))
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield from _texts(each, (*at, index))


def _columns(source: WebhookSource, schema: PayloadSchema | None) -> Schema | None:
    """The columns as the payload_schema and the source's own schema name them; None where neither does."""
    config = source.config
    own = {name: parse_type(text) for name, text in ((config.columns_schema if config else None) or {}).items()}
    known = dict(schema.columns.items()) if schema is not None and schema.columns is not None else {}
    return Schema({**known, **own}) if known or own else None


def _check_payloads(payloads: list[Any], schema: PayloadSchema, name: str) -> None:
    for number, payload in enumerate(payloads, start=1):
        problems = schema.problems(payload)
        if problems:
            which = f" {number}" if len(payloads) > 1 else ""
            raise ConnectorProblem("IR540", f'the payload{which} of "{name}" breaks its payload_schema: {problems[0]}',
                                   notes=problems[1:_SHOWN], key=("webhook_config", "payload_schema"),
                                   hint="a service answers such a request with 422")  # fmt: skip
