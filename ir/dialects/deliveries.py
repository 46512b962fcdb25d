"""delivery[] of "extended 2.0": a list of methods becomes delivery_rules."""

from __future__ import annotations

import json
import posixpath
from typing import Any

from ir.dialects.free_names import name_of
from ir.dialects.pieces import Made, Piece, elements, member, members, plain, without
from ir.dialects.saying import Saying

Parts = dict[str, Piece]
_ENDINGS = {"xls": "xlsx", "excel": "xlsx"}


def with_delivery_rules(root: Parts, saying: Saying) -> Parts:
    """The document with delivery_rules in place of delivery."""
    written = root.get("delivery")
    if written is None or not isinstance(written.value, list):
        return root
    rules: dict[str, Any] = {}
    grouped = "grouping" in root and member(root["grouping"], "group_by") is not None
    for each in elements(written):
        method = member(each, "method")
        if method is None:
            if members(each):
                saying.left_out(each, "a delivery without a method is filler")
            continue
        found = _METHODS.get(str(method.value))
        if found is None:
            saying.refuse(
                method,
                f'"{method.value}" is no method of delivery',
                on_key=False,
                hint=f"the methods are {', '.join(_METHODS)}",
            )
            continue
        found(each, members(members(each)["config"]) if member(each, "config") else {}, rules, grouped, saying)
    rest = without(root, "delivery")
    if rules and "delivery_rules" not in rest:
        rest["delivery_rules"] = Made({key: _placed(each, written) for key, each in rules.items()}, written.at)
    return rest


def _placed(made: Any, written: Piece) -> Piece:
    return Made(made, written.at) if isinstance(made, list) else made


def _id(each: Piece) -> dict[str, Piece]:
    written = member(each, "id")
    return {} if written is None else {"id": Made(name_of(str(written.value)), written.at)}


def _email(each: Piece, config: Parts, rules: dict[str, Any], grouped: bool, saying: Saying) -> None:
    message: dict[str, Any] = _id(each)
    message |= {key: config[key] for key in ("recipient", "recipient_source", "cc", "subject") if key in config}
    if "body" in config or "message" in config:
        message["body_template"] = config.get("body") or config["message"]
    if "recipient" not in config and "recipient_source" not in config:
        saying.ask(
            members(each)["method"],
            "an e-mail without a recipient",
            hint="who gets it? write recipient: name@example.com, or recipient_source: the column",
        )
        return
    slot = "summary_delivery" if "recipient" in config else "per_group_delivery" if grouped else "per_item_delivery"
    if "bcc" in config and slot == "summary_delivery":
        message["bcc"] = config["bcc"]
    elif "bcc" in config:
        saying.refuse(config["bcc"], "only one message about all rows has bcc", hint="write cc")
    if slot not in rules:
        saying.read_as(members(each)["method"], f"the method email is read as {slot}")
        rules[slot] = Made(message, each.at)
        return
    scope = {"per_group_delivery": "per_group", "per_item_delivery": "per_item"}.get(slot, "summary")
    if "bcc" in message:
        saying.refuse(message.pop("bcc"), "a second e-mail has no bcc", hint="write cc, or one delivery")
    message |= {"plugin_key": "email", "operation_type": "send", "execution_scope": scope}
    saying.read_as(members(each)["method"], "a second method email is read as one of multiple_destinations")
    rules.setdefault("multiple_destinations", []).append(Made(message, each.at))


def _slack(each: Piece, config: Parts, rules: dict[str, Any], grouped: bool, saying: Saying) -> None:
    channel = config.get("channel") or config.get("recipient")
    if channel is None:
        saying.ask(
            members(each)["method"],
            "a message without a channel",
            hint="which channel gets it? write recipient: '#channel'",
        )
        return
    message: dict[str, Any] = {"operation_type": "send_message", "recipient": channel}
    if "message" in config or "body" in config:
        message["body_template"] = config.get("message") or config["body"]
    saying.read_as(members(each)["method"], "the method slack is read as one of multiple_destinations")
    _add_destination(each, rules, "slack", message)


def _add_destination(each: Piece, rules: dict[str, Any], plugin: str, what: dict[str, Any]) -> None:
    """One more of multiple_destinations: `what` the plugin does, under the id of the delivery."""
    made = Made({**_id(each), "plugin_key": plugin, **what}, each.at)
    rules.setdefault("multiple_destinations", []).append(made)


def _http(each: Piece, config: Parts, rules: dict[str, Any], grouped: bool, saying: Saying) -> None:
    url = config.get("url") or config.get("endpoint")
    if url is None:
        saying.ask(
            members(each)["method"],
            "a request without an address",
            hint="where is it sent? write config: {url: https://…}",
        )
        return
    request: dict[str, Any] = {"url": url}
    if "method" in config:
        request["method"] = config["method"]
    for key, name in (("headers", "headers"), ("payload", "body")):
        if key in config:
            value = _json(config[key], key, saying)
            if value is None:
                return
            request[name] = value
    method = members(each)["method"]
    saying.read_as(method, f"the method {method.value} is read as one of multiple_destinations with plugin_key http")
    _add_destination(each, rules, "http", {"operation_type": "post", "config": Made(request, each.at)})


def _json(piece: Piece, key: str, saying: Saying) -> Piece | None:
    if not isinstance(piece.value, str):
        return piece
    try:
        return Made(json.loads(piece.value), piece.at)
    except ValueError:
        saying.ask(piece, f"{key} is a text that is no JSON", hint=f"what are the {key}? write them as a mapping")
        return None


def _database(each: Piece, config: Parts, rules: dict[str, Any], grouped: bool, saying: Saying) -> None:
    table, operation = plain(config.get("table")), plain(config.get("operation"))
    saying.ask(
        members(each)["method"],
        "a table without a database",
        hint="in which database is it? write delivery_rules: "
        f"{{database_delivery: {{plugin_key: postgres, credentials_ref: env:NAME, table: {table or '…'}, "
        f"operation: {operation or 'insert'}}}}}",
    )


def _file(each: Piece, config: Parts, rules: dict[str, Any], grouped: bool, saying: Saying) -> None:
    path, kind = config.get("path"), config.get("format")
    folder, name = posixpath.split(str(path.value)) if path is not None else ("", "")
    ending = posixpath.splitext(name)[1].removeprefix(".").lower()
    text = str(kind.value) if kind is not None else ending or "csv"
    made: dict[str, Any] = {**_id(each), "format": Made(_ENDINGS.get(text, text), (kind or path or each).at)}
    if path is not None and not name:
        saying.read_as(path, "a path that ends in / is read as the folder")
    if path is not None and folder:
        made["destination"] = Made({"path": folder}, path.at)
    if path is not None and name:
        made["filename_template"] = Made(name, path.at)
    saying.read_as(members(each)["method"], "the method file is read as a file_delivery")
    rules.setdefault("file_delivery", []).append(Made(made, each.at))


def _sms(each: Piece, config: Parts, rules: dict[str, Any], grouped: bool, saying: Saying) -> None:
    saying.ask(
        members(each)["method"],
        "no plugin is named that sends text messages",
        hint="which service sends it? write multiple_destinations: [{plugin_key: …, operation_type: …, recipient: …}]",
    )


_METHODS = {
    "email": _email,
    "slack": _slack,
    "webhook": _http,
    "database": _database,
    "api_call": _http,
    "file": _file,
    "sms": _sms,
}
