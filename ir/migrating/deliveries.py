"""What leaves a graph or compiled steps: messages and files are deliveries, other actions are steps of plugins."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ir.migrating.draft import Draft, Where, described, without_failures
from ir.migrating.meanings import Kind, Meaning, Unmeant, in_templates
from ir.migrating.program import Operation
from ir.migrating.shapes import mapping

Words = dict[str, Any]
_MAIL = frozenset({"google-mail", "gmail", "outlook", "email", "smtp"})
_SENDING = frozenset(
    {
        "send_email",
        "send_message",
        "send",
        "send_mail",
        "post_message",
        "post",
        "send_text_message",
        "send_notification",
        "create_message",
    }
)
_ROW_PARAMETERS = ("values", "rows", "records", "data", "items")
_FORMATS = {"excel": "xlsx", "xls": "xlsx"}


def write(operation: Operation, where: Where, draft: Draft) -> None:
    """Add the delivery, or the step where its answer is read by others or it comes before the messages."""
    action = str(operation.words.get("action") or "send")
    is_read = operation.output is not None and bool({operation.output, operation.name} & draft.read_later)
    if action in _SENDING and not is_read:
        _send(operation, action, where, draft)
    elif where.is_branch or where.last_message is not None:
        if is_read:
            draft.account.refused(
                operation.at,
                operation.name,
                "an action of a branch, or behind a message, whose answer others read",
                "can it be done in every run, before the messages? write it as one of plugin_operations",
                dict(operation.words),
            )
            return
        if not _takes_rows(operation, where):
            _deliver(operation, action, where, draft)
        elif where.is_branch:
            draft.account.refused(
                operation.at,
                operation.name,
                "rows are written by a step, and a step is done in every run, whatever the branch",
                "which rows are written? write it as one of plugin_operations, behind a filter that keeps none where "
                "the branch is not taken",
                dict(operation.words),
            )
        else:
            _act(operation, action, where, draft, why="before the messages: rows are written by a step")
    else:
        _act(operation, action, where, draft)


def _send(operation: Operation, action: str, where: Where, draft: Draft) -> None:
    """A message: to whom, what about, what it says."""
    plugin = str(operation.words.get("plugin_key") or "email")
    config = mapping(operation.words.get("config"))
    said: list[str] = []
    to, content = config.pop("recipients", None), config.pop("content", None)
    flat: Words = {
        **config,
        **(to if isinstance(to, Mapping) else {}),
        **(content if isinstance(content, Mapping) else {}),
    }
    if isinstance(content, str):
        flat["body"] = content
    if to is not None and not isinstance(to, Mapping):
        flat["to"] = to
    message: Words = {"plugin_key": plugin, "operation_type": action}
    table = _table_in(flat, where, said)
    taken = {
        "recipient": ("to", "recipient", "recipients", "channel", "channel_name", "channel_id"),
        "cc": ("cc",),
        "subject": ("subject",),
        "body_template": ("html_body", "body", "message", "text", "html", "message_text", "body_template"),
    }
    for key, names in taken.items():
        found = next((each for each in names if _is_told(flat.get(each))), None)
        if found is not None:
            value = in_templates(flat[found], where.meanings, said.append)
            message[key] = value[0] if isinstance(value, list) and len(value) == 1 else value
        for each in names:
            flat.pop(each, None)
    if table:
        message.setdefault("body_template", "{{html_table}}")
    for each in ("format", "html_format", "is_html", "content_type"):
        flat.pop(each, None)
    hidden = flat.pop("bcc", None)
    if _is_told(hidden):
        draft.account.refused(
            operation.at,
            operation.name,
            "one of several messages has no bcc",
            "who may see whom? write cc, or another message",
            {"bcc": hidden},
        )
    rest = {key: in_templates(each, where.meanings, said.append) for key, each in flat.items() if each is not None}
    if rest:
        message["config"] = rest
    if "recipient" not in message:
        draft.account.refused(
            operation.at,
            operation.name,
            "a message without a recipient",
            "who gets it? write recipient: name@example.com",
            dict(operation.words),
        )
        return
    frame = table or where.meanings.frame
    scope = _scope(where) if where.meanings.frame is not None else "summary"
    _place(operation, message, frame, scope, said, where, draft)


def _is_told(value: Any) -> bool:
    if isinstance(value, list):
        return any(_is_told(each) for each in value)
    return value not in (None, "")


def _table_in(config: Words, where: Where, said: list[str]) -> str | None:
    """The frame that the message shows, where a parameter is nothing but the reference to one."""
    for key in ("html_body", "body", "message", "text", "html", "data", "items", "rows", "table"):
        value = config.get(key)
        if isinstance(value, str) and value.strip().startswith("{{") and value.strip().endswith("}}"):
            try:
                found = where.meanings.rows(value)
            except Unmeant:
                continue
            if found.kind is Kind.ROWS:
                config.pop(key)
                return found.name
    return None


def _scope(where: Where) -> str:
    return "per_group" if where.meanings.group is not None else "per_item"


def _deliver(operation: Operation, action: str, where: Where, draft: Draft) -> None:
    """An action with an effect, as a destination."""
    said: list[str] = []
    config, frame = _parameters(operation, where, said)
    made: Words = {"plugin_key": str(operation.words.get("plugin_key") or ""), "operation_type": action}
    if config:
        made["config"] = config
    scope = _scope(where) if where.meanings.frame is not None and frame is None else "summary"
    _place(operation, made, frame or where.meanings.frame, scope, said, where, draft)


def _place(
    operation: Operation, made: Words, frame: str | None, scope: str, said: list[str], where: Where, draft: Draft
) -> None:
    identity = draft.name(operation.name)
    step: Words = {"id": identity, **made}
    if frame is not None:
        step["input_source"] = frame
    if scope != "summary":
        step["execution_scope"] = scope
    if where.last_message is not None and operation.kind == "deliver":
        step["depends_on"] = [where.last_message]
    where.last_message = identity
    where.rules.setdefault("multiple_destinations", []).append(without_failures(described(step, operation)))
    for each in said:
        draft.account.refused(operation.at, operation.name, each, "what is meant? the text stands as it was written")
    if operation.settings.get("on_error") == "continue":
        why = "a delivery that fails never stops the others"
        draft.account.changed(operation.at, operation.name, f"multiple_destinations {identity}", why)
    else:
        how = {"per_item": "one a row", "per_group": "one a group"}.get(scope, "")
        draft.account.kept(operation.at, operation.name, f"multiple_destinations {identity}", how)


def _takes_rows(operation: Operation, where: Where) -> bool:
    """Whether a parameter of the action is nothing but rows."""
    return _parameters(operation, where, [])[1] is not None


def _act(operation: Operation, action: str, where: Where, draft: Draft, why: str = "") -> None:
    said: list[str] = []
    config, frame = _parameters(operation, where, said)
    identity = draft.name(operation.name)
    step: Words = {"id": identity, "plugin_key": str(operation.words.get("plugin_key") or ""), "operation_type": action}
    if config:
        step["config"] = config
    own = where.meanings.frame
    if frame is not None:
        step["input_source"] = frame
    elif own is not None:
        step |= {"input_source": own, "execution_scope": "per_group" if where.meanings.group else "per_item"}
    else:
        step["execution_scope"] = "once"
    if where.last_effect is not None:
        step["depends_on"] = [where.last_effect]
    where.last_effect = identity
    if operation.output is not None:
        variable = identity if operation.output == operation.name else draft.name(operation.output)
        step["output_variable"] = variable
        if own is not None and frame is None:
            where.meanings.known[operation.output] = Meaning(kind=Kind.COLUMN, name=variable, frame=variable)
            where.meanings.frame = variable
        else:
            where.meanings.known[operation.output] = Meaning(kind=Kind.ROWS, name=variable)
    draft.plugins.append(described(step, operation))
    for each in said:
        draft.account.refused(operation.at, operation.name, each, "what is meant? the text stands as it was written")
    (draft.account.changed if why else draft.account.kept)(
        operation.at, operation.name, f"plugin_operations {identity}", why
    )


def _parameters(operation: Operation, where: Where, said: list[str]) -> tuple[Words, str | None]:
    """The action's parameters; a parameter that is nothing but rows becomes what the step reads."""
    config = mapping(operation.words.get("config"))
    frame = None
    for key in _ROW_PARAMETERS:
        value = config.get(key)
        if isinstance(value, str) and where.meanings.group is None:
            try:
                found = where.meanings.rows(value)
            except Unmeant:
                continue
            if found.kind is Kind.ROWS and found.name != where.meanings.frame:
                frame = found.name
                config.pop(key)
                break
    columns = config.pop("columns", None)
    if isinstance(columns, list) and columns and frame is not None:
        config["columns_in_order"] = columns
    elif columns is not None:
        config["columns"] = columns
    return in_templates(config, where.meanings, said.append), frame


def write_file(operation: Operation, where: Where, draft: Draft) -> None:
    """A file that is made becomes a file delivery; moving one is an action of the store's plugin."""
    words = operation.words
    kind = str(words.get("type") or "")
    if kind in ("upload", "download") and words.get("plugin_key"):
        moved = Operation(
            at=operation.at,
            name=operation.name,
            kind="deliver",
            output=operation.output,
            inputs=operation.inputs,
            settings=operation.settings,
            description=operation.description,
            words={**words, "action": words.get("action") or f"{kind}_file"},
        )
        write(moved, where, draft)
        return
    if kind != "generate":
        questions = {
            "convert": "which format is needed? deliver it in that one",
            "extract_text": "what is read from the file? an AI step of type extract reads it by itself",
            "extract_metadata": "what is needed? name, mime and size are parts of a file value",
        }
        draft.account.refused(
            operation.at,
            operation.name,
            f"a file operation {kind or 'without a type'} is not carried out",
            questions.get(kind, "what does it do?"),
            dict(words),
        )
        return
    said: list[str] = []
    config = in_templates(mapping(words.get("config")), where.meanings, said.append)
    identity = draft.name(operation.name)
    wanted = str(config.get("format") or "csv")
    made: Words = {"id": identity, "format": _FORMATS.get(wanted, wanted)}
    name = config.get("filename") or config.get("name")
    if name:
        made["filename_template"] = name
    if isinstance(config.get("columns"), list):
        made["columns"] = config["columns"]
    source = (
        next((words.get(key) for key in ("input", "source_data") if words.get(key)), None)
        or mapping(words.get("config")).get("data")
        or (operation.inputs[0] if operation.inputs else None)
    )
    if isinstance(source, str):
        try:
            made["input_source"] = where.meanings.rows(source).name
        except Unmeant as problem:
            said.append(str(problem))
    elif where.meanings.frame is not None:
        made["input_source"] = where.meanings.frame
    where.rules.setdefault("file_delivery", []).append(without_failures(described(made, operation)))
    for each in said:
        draft.account.refused(operation.at, operation.name, each, "what is meant?")
    if config.get("template"):
        draft.account.refused(
            operation.at,
            operation.name,
            "a file is made of columns, not of a text",
            "what does it show? write rendering with title and sections",
            {"template": config["template"]},
        )
    draft.account.kept(operation.at, operation.name, f"file_delivery {identity}")
