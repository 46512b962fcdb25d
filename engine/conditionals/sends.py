"""send_to_recipient and use_template: deliveries in the original's form, as messages of today's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from ir.diagnostics import Pointer
from ir.model.conditionals import Action
from ir.model.deliveries import DeliveryRules, MultipleDestination
from ir.structure import report_structure

if TYPE_CHECKING:
    from engine.compiler import Compiler

_WORDS = {"to": "recipient", "recipients": "recipient", "email": "recipient", "body": "body_template",
          "message": "body_template", "template": "body_template", "content": "body_template"}  # fmt: skip
_MAIL = frozenset({"email", "gmail", "google-mail"})
_OF_CONFIG = ("recipient", "recipient_source", "cc", "subject", "body_template")
"""What an e-mail's config may say of the message itself."""


def sends_of(actions: Sequence[tuple[Pointer, Action]], compiler: Compiler) -> list[tuple[DeliveryRules, Pointer]]:
    """Each message that the actions send, with the place of its parameters."""
    templates = [(at, each) for at, each in actions if each.type == "use_template"]
    sends = [(at, each) for at, each in actions if each.type == "send_to_recipient"]
    template: dict[str, Any] = {}
    for at, each in templates:
        given = _given(each, "body_template")
        if not sends and not _has_recipient(given):
            hint = "put a send_to_recipient beside it, or a recipient into its params"
            compiler.problems.error("IR202", "use_template has nobody to send to", at=at, hint=hint)
            continue
        if not sends:
            sends.append((at, each))
        else:
            template |= given
    found: list[tuple[DeliveryRules, Pointer]] = []
    for at, each in sends:
        key = "body_template" if each.type == "use_template" else "recipient"
        message = {**template, **_given(each, key)}
        place = (*at, "params") if each.params else at
        try:
            destination = MultipleDestination.model_validate(message)
        except ValidationError as error:
            report_structure(error, message, compiler.problems, model=MultipleDestination, below=place)
            continue
        if not _has_recipient(message):
            compiler.problems.error("IR202", "an e-mail needs a recipient", at=place,
                                    hint="write params: {recipient: name@example.com}")  # fmt: skip
            continue
        found.append((DeliveryRules(multiple_destinations=[destination]), place))
    return found


def _has_recipient(message: Mapping[str, Any]) -> bool:
    """Whether it says whom it goes to, where plugins other than e-mail say so in their config."""
    is_mail = message.get("plugin_key", "email") in _MAIL
    return not is_mail or bool(message.get("recipient") or message.get("recipient_source"))


def _given(action: Action, key: str) -> dict[str, Any]:
    """The message's parameters in today's words; a bare value is its `key`."""
    given = {_WORDS.get(name, name): value for name, value in action.params.items()}
    if action.value is not None:
        given.setdefault(key, action.value)
    config = given.get("config")
    if given.get("plugin_key", "email") in _MAIL and isinstance(config, dict):
        rest = {}
        for name, value in config.items():
            word = _WORDS.get(name, name)
            if word in _OF_CONFIG and word not in given:
                given[word] = value
            else:
                rest[name] = value
        given["config"] = rest
    return given
