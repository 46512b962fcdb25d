"""Messages that edge cases send: instead of a report without rows, or to whoever looks after the workflow."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from engine.conditionals.branch import Branch, Branches
from engine.conditionals.conditions import as_bound, call
from engine.conditionals.named import rows_of
from engine.conditionals.verdicts import taken, verdict
from engine.edge_cases import Occasion
from engine.scopes import DeliveryScope
from ir import types as t
from ir.diagnostics import Pointer
from ir.model.deliveries import DeliveryRules, Message, MultipleDestination
from ir.model.edge_cases import EdgeCase
from ir.records import dataclass
from transforms.expressions import Bound, Clock
from transforms.expressions.tree import Node, Value
from transforms.frame import Frame

if TYPE_CHECKING:
    from engine.compiler import Compiler

_MESSAGES = ("per_item_delivery", "per_group_delivery", "summary_delivery", "multiple_destinations")
_ACTIONS = ("send_empty_result_message", "alert_admin")
_ORDER = ("missing_required_headers", "empty_data_source", "no_attachments_found", "no_rows_after_filter")
"""What comes first in a run is what a message is about, where several have come."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    """An edge case that sends a message, and when it does."""

    case: EdgeCase
    at: Pointer
    reason: str
    condition: Bound


def with_edge_messages(own: DeliveryScope, branches: Branches, compiler: Compiler) -> list[DeliveryScope]:
    """The document's own deliveries, its messages apart where another message may go in their place."""
    cases = list(_cases(compiler))
    instead = sorted((each for each in cases if each.case.action == "send_empty_result_message"),
                     key=lambda each: _ORDER.index(each.case.condition))  # fmt: skip
    for each in cases:
        if each.case.action == "alert_admin":
            _add([each], own, branches, compiler)
    if not instead:
        return [own]
    rest = _add(instead, own, branches, compiler)
    messages = {key: getattr(own.rules, key) for key in _MESSAGES}
    if rest is None or not any(messages.values()):
        return [own]
    branches.by_name[rest.name] = rest
    empty = DeliveryRules()
    others = own.rules.model_copy(update={key: getattr(empty, key) for key in _MESSAGES})
    without = own.rules.model_copy(update={"file_delivery": [], "database_delivery": []})
    branches.scopes.append(DeliveryScope(rules=without, at=own.at, written=own.written, data=own.data,
                                         branch=rest.name))  # fmt: skip
    return [DeliveryScope(rules=others, at=own.at, written=own.written, data=own.data)]


def _cases(compiler: Compiler) -> Iterator[_Case]:
    for index, case in enumerate(compiler.workflow.edge_cases):
        occasions = compiler.occasions.get(case.condition, [])
        if case.action not in _ACTIONS or not occasions:
            continue
        at: Pointer = ("edge_cases", index)
        tests = [_has_come(each, at, compiler) for each in occasions]
        root = tests[0] if len(tests) == 1 else call("or", *tests)
        reason = " or ".join(dict.fromkeys(each.reason for each in occasions))
        yield _Case(case=case, at=at, reason=reason, condition=as_bound(root, reason))


def _has_come(occasion: Occasion, at: Pointer, compiler: Compiler) -> Node:
    if occasion.frame is None:
        return Value(t.Boolean(), True)
    rows = rows_of(occasion.frame, compiler.building(at, occasion.frame.name))
    return call("=" if occasion.is_without_rows else ">", rows, Value(t.Integer(), 0))


def _add(cases: list[_Case], own: DeliveryScope, branches: Branches, compiler: Compiler) -> Branch | None:
    """A branch for each case, which sends its message, and the one for when none has come."""
    data = own.data
    if data is None:
        return None
    conditions = [each.condition for each in cases]
    number = taken(conditions, clock=Clock(compiler.now, compiler.workflow.settings.timezone))
    one: Frame | None = None
    if number is None:
        one = verdict(conditions, data, None, "edge_case", compiler.building(cases[0].at, "edge_case"))
    for place, each in enumerate(cases, 1):
        branch = Branch(
            name=f"{each.case.condition}.{each.case.action}", at=each.at, words=each.reason, scope="run", number=place,
            frame=data, is_taken=None if number is None else number == place, verdict=one,
        )  # fmt: skip
        rules = _message(each, own.rules, compiler)
        if rules is None:
            continue
        branches.by_name[branch.name] = branch
        branches.scopes.append(DeliveryScope(rules=rules, at=each.at, written={}, data=data, branch=branch.name,
                                             placed={"multiple_destinations": each.at}))  # fmt: skip
    last = len(cases) + 1
    words = f"not ({' or '.join(each.reason for each in cases)})"
    return Branch(name="edge_cases.else", at=own.at, words=words, scope="run", number=last, frame=data,
                  is_taken=None if number is None else number == last, verdict=one, is_documents=True)  # fmt: skip


def _message(case: _Case, rules: DeliveryRules, compiler: Compiler) -> DeliveryRules | None:
    """The one message, sent as the document sends its own; None after an error."""
    written = case.case
    model = next(_messages_of(rules), None)
    is_alert = written.action == "alert_admin"
    recipient: Any = written.recipient or (None if is_alert else getattr(model, "recipient", None))
    plugin = model.plugin_key if model is not None else "email"
    if not recipient and (is_alert or plugin in {"email", "gmail", "google-mail"}):
        compiler.problems.error("IR202", f"{written.action} has nobody to send to", at=case.at,
                                hint="write recipient: name@example.com")  # fmt: skip
        return None
    said = f"{compiler.name}: {case.reason}"
    settings: Mapping[str, Any] = {
        "name": f"{written.condition}_{written.action}",
        "recipient": recipient,
        "subject": f"{compiler.name}: {written.condition.replace('_', ' ')}",
        "body_template": written.message or said,
        "plugin_key": plugin,
        "operation_type": model.operation_type if model is not None else None,
        "credentials_ref": model.credentials_ref if model is not None else None,
        "config": dict(model.config) if model is not None else {},
    }
    destination = MultipleDestination.model_validate({key: value for key, value in settings.items() if value})
    return DeliveryRules(multiple_destinations=[destination])


def _messages_of(rules: DeliveryRules) -> Iterator[Message]:
    single = (rules.summary_delivery, *rules.multiple_destinations, rules.per_group_delivery, rules.per_item_delivery)
    yield from (each for each in single if each is not None)
