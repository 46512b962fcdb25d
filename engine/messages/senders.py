"""What a delivery of messages is sent by: a sender of its own, or the action of a plugin."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from connectors.messages.registry import SENDING_KEYS, sending_kind
from connectors.messages.sender import SendingKind
from connectors.problem import ConnectorProblem
from engine.messages.output import MessageOutput
from engine.places import report
from ir.diagnostics import did_you_mean

if TYPE_CHECKING:
    from connectors.leases import Leases
    from engine.compiler import Compiler


def kind_of(output: MessageOutput, files: Path | None = None, leases: Leases | None = None) -> SendingKind:
    """The kind of the delivery; the bytes of the run's files stand in `files`, and `leases` count the limits of a
    manifest together with other processes."""
    if output.action is None:
        return sending_kind(output.delivery.plugin_key)
    # most messages are mails, and manifests cost their start
    from connectors.messages.plugin.kind import PluginKind

    known = PluginKind(action=output.action)
    return replace(known, given=frozenset(known.named(output.delivery.config)), files=files, leases=leases)


def with_sender(output: MessageOutput, compiler: Compiler) -> tuple[MessageOutput, SendingKind | None]:
    """The delivery with its way to send, which is None after an error."""
    key = output.delivery.plugin_key
    if key not in SENDING_KEYS:
        return _by_plugin(output, compiler)
    kind = sending_kind(key)
    for said in kind.check(output.account):
        compiler.problems.error("IR655", said.message, at=(*output.at, "config", *said.key), on_key=said.is_on_key)
    return output, kind


def _by_plugin(output: MessageOutput, compiler: Compiler) -> tuple[MessageOutput, SendingKind | None]:
    from connectors.messages.plugin.kind import PluginKind
    from engine.plugin_operations.actions import check_config, found_action, has_plugin

    key, at = output.delivery.plugin_key, output.at
    if not has_plugin(key, compiler) and did_you_mean(key, SENDING_KEYS) is not None:
        try:
            sending_kind(key)
        except ConnectorProblem as problem:
            report(problem, compiler.problems, at=at)
        return output, None
    action = found_action(key, output.delivery.operation_type or "send", at, compiler)
    if action is None:
        return output, None
    if action.kind == "read":
        compiler.problems.error("IR655", f"{action.plugin.key} {action.name} reads, and a delivery writes",
                                at=(*at, "operation_type"))  # fmt: skip
        return output, None
    output = replace(output, action=action)
    kind = kind_of(output)
    assert isinstance(kind, PluginKind)
    names = kind.named(output.delivery.config)
    written = {kind_name: key for key, kind_name in zip(output.delivery.config, names, strict=True)}
    check_config(action, names, (*at, "config"), compiler, given=kind.filled, written=written)
    return output, kind
