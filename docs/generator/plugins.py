"""The pages of the shipped plugins, made from their manifests: what each action takes, sends and gives."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from connectors.plugins.checking.replaying import SentRequest, replayed
from connectors.plugins.manifest import Example, Limit
from connectors.plugins.plugin import Action, Plugin
from connectors.plugins.registry import newest
from connectors.plugins.requests import Condition
from docs.generator.markdown import anchor, block, table
from ir.writing import to_yaml

_KINDS = {"read": "reads", "write": "writes", "delete": "deletes"}
_FILE = "{{data.file}}"


def shipped() -> list[Plugin]:
    """Every shipped plugin, by its key."""
    return sorted((each.plugin() for each in newest().values()), key=lambda each: each.key)


def plugin_pages() -> Iterator[tuple[str, str]]:
    """(path below reference/, text) of the list of plugins and of each one's page."""
    plugins = shipped()
    yield "plugins", _list(plugins)
    for each in plugins:
        yield f"plugins/{each.key}", _page(each)


def _list(plugins: list[Plugin]) -> str:
    rows = [[f"[{each.manifest.title}](plugins/{each.key}.md)", code(each.key, *each.manifest.aliases),
             each.manifest.description or "", str(len(each.actions))] for each in plugins]  # fmt: skip
    return "\n".join([
        "# Plugins",
        "",
        "What comes with weirflow. A step names a plugin by its key and an action by its name: [operations of "
        "plugins](../plugin-operations.md). `weirflow plugins show KEY` prints the same; further ones are [a manifest "
        "of yours](../plugins-development.md) or the tools of [an MCP server](../mcp.md). How far each action was held "
        "against the vendor's specification: [coverage](../plugins-coverage.md).",
        "",
        table(["system", "plugin_key", "what", "actions"], rows),
    ])  # fmt: skip


def _page(plugin: Plugin) -> str:
    manifest = plugin.manifest
    lines = [f"# {manifest.title}", "", manifest.description or "", ""]
    lines += [f"`plugin_key: {plugin.key}`"
              + (f", also {code(*manifest.aliases)}" if manifest.aliases else "") + f", version {plugin.version}."
              + (f" [The vendor's pages]({manifest.docs})." if manifest.docs else ""), ""]  # fmt: skip
    lines += ["## Credentials", "", *_credentials(plugin)]
    if manifest.limits:
        lines += ["## Limits", "", "Requests of one connection wait so that they stay below:", ""]
        lines += [f"- {limit_text(each)}" for each in manifest.limits] + [""]
    if waits := [text for each in manifest.errors.rate_limit if (text := _wait_text(each))]:
        lines += [f"Where it is busy all the same, it is asked again: {'; '.join(waits)}.", ""]
    rows = [[f"[{name}](#{anchor(name)})", _KINDS[each.kind], each.manifest.description or ""]
            for name, each in plugin.actions.items()]  # fmt: skip
    lines += ["## Actions", "", table(["action", "", "what it does"], rows), ""]
    for each in plugin.actions.values():
        lines += _action(each)
    return "\n".join(lines)


def _credentials(plugin: Plugin) -> list[str]:
    properties = plugin.manifest.connection.get("properties", {})
    if not properties:
        return ["It needs none.", ""]
    required = plugin.manifest.connection.get("required", [])
    rows = [[f"`{name}`", "required" if name in required else "", "secret" if each.get("writeOnly") else "",
             each.get("description", "")] for name, each in properties.items()]  # fmt: skip
    variable = f"WEIRFLOW_{plugin.key.upper().replace('-', '_')}"
    alone = [name for name in required if properties[name].get("writeOnly")]
    bare = f" or the bare `{required[0]}`" if len(required) == 1 and required == alone else ""
    words = (f"A JSON object with these keys{bare}, under the name in `credentials_ref` or as `{variable}`: "
             "[secrets](../../secrets.md).")  # fmt: skip
    return [words, "", table(["key", "", "", "what"], rows), ""]


def _action(action: Action) -> list[str]:
    manifest = action.manifest
    lines = [f"### {action.name}", "", manifest.description or manifest.title or "", ""]
    lines += [f"{' '.join(_facts(action))}", ""]
    properties = manifest.parameters.get("properties", {})
    if properties:
        lines += [table(["config", "type", "", "what"], _rows(manifest.parameters)), ""]
    else:
        lines += ["It takes nothing.", ""]
    schema = manifest.output_schema or {}
    item = schema.get("items", {}) if action.is_rows else schema
    if item.get("properties"):
        what = "Rows with these columns:" if action.is_rows else "It gives:"
        columns = [[f"`{name}`", type_text(each), each.get("description", "")]
                   for name, each in item["properties"].items()]  # fmt: skip
        lines += [what, "", table(["key", "type", "what"], columns), ""]
    elif item:
        lines += [f"It gives {'rows' if action.is_rows else 'a ' + type_text(item)}.", ""]
    if manifest.examples:
        lines += _example(action, manifest.examples[0])
    return lines


def _facts(action: Action) -> Iterator[str]:
    manifest = action.manifest
    if manifest.aliases:
        yield f"Also named {code(*manifest.aliases)}."
    if action.kind != "read":
        yield ("Whether it may be sent twice without harm depends on its parameters."
               if action.is_repeatable and manifest.repeatable_when is not None else
               "It may be sent twice without harm." if action.is_repeatable else
               "It is sent once: where nobody knows whether it took effect, it is not sent again.")  # fmt: skip
    if manifest.rows is not None:
        many = f", up to {manifest.rows.max_items} in one request" if manifest.rows.max_items else ""
        yield f"It takes rows as `{manifest.rows.parameter}`{many}."
    if manifest.batch is not None:
        yield f"With scope `batch`, up to {manifest.batch.max_items} items go in one request."
    if manifest.message is not None:
        yield "Deliveries may send messages by it."
    if manifest.limits:
        yield f"At most {'; '.join(limit_text(each) for each in manifest.limits)}."
    if manifest.deprecated:
        yield f"Deprecated{f'; use `{manifest.replaced_by}`' if manifest.replaced_by else ''}."


def _rows(schema: Mapping[str, Any], within: str = "") -> list[list[str]]:
    """A row for each property, those of an object behind it."""
    found: list[list[str]] = []
    for name, each in schema.get("properties", {}).items():
        default = f" Default: `{json.dumps(each['default'])}`." if "default" in each else ""
        needed = "required" if name in schema.get("required", ()) else ""
        found.append([f"`{within}{name}`", type_text(each), needed, each.get("description", "") + default])
        if each.get("type") == "object" and not each.get("x-file"):
            found += _rows(each, f"{within}{name}.")
    return found


def _example(action: Action, example: Example) -> list[str]:
    """A step of a workflow, and what it sends and gives."""
    step = {"id": action.name, "plugin_key": action.plugin.key, "operation_type": action.name,
            "config": without_files(example.parameters)}  # fmt: skip
    if not step["config"]:
        del step["config"]
    lines = [
        f"{example.name[:1].upper()}{example.name[1:]}:",
        "",
        block(to_yaml({"plugin_operations": [step]}), "yaml"),
        "",
    ]
    if action.plugin.manifest.driver != "http":
        return lines
    done = replayed(action, example)
    if done.problem is not None:
        return lines
    sent = [text for each in done.requests for text in _request_lines(each)]
    return [*lines, "It sends", "", block("\n".join(sent), "http"), ""]


def _request_lines(request: SentRequest) -> Iterator[str]:
    yield f"{request.method} {request.url}"
    if request.content is None:
        return
    body = request.body
    if body is None:
        yield f"<{request.media_type.partition(';')[0] or 'bytes'}>"
    else:
        yield body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)


def without_files(value: Any) -> Any:
    """The parameters of an example as a step writes them, where files come from rows."""
    if isinstance(value, list):
        return [without_files(each) for each in value]
    if not isinstance(value, Mapping):
        return value
    if "name" in value and ("base64" in value or "text" in value) and "mime" in value:
        return _FILE
    return {key: without_files(each) for key, each in value.items()}


def type_text(schema: Any) -> str:
    """The type of what a schema describes, in a word or two."""
    if not isinstance(schema, Mapping):
        return "any"
    if schema.get("x-file"):
        return "file"
    if "enum" in schema:
        return " or ".join(code(str(each)) for each in schema["enum"])
    written = schema.get("type", "any")
    kinds = [written] if isinstance(written, str) else [each for each in written if each != "null"]
    if kinds == ["array"]:
        items = schema.get("items")
        return f"list of {type_text(items)}" if items else "list"
    if kinds == ["string"]:
        return {"date": "date", "date-time": "moment", "uri": "URL", "email": "e-mail"}.get(
            str(schema.get("format")), "decimal" if schema.get("x-decimal") else "text")  # fmt: skip
    return " or ".join(
        {"array": "list", "string": "text", "boolean": "true or false"}.get(each, each) for each in kinds
    )


def limit_text(limit: Limit) -> str:
    """A limit in words."""
    parts = []
    if limit.rate is not None:
        parts.append(f"{limit.rate:g} in {limit.per_s:g} s" + (f", of which one costs {limit.weight:g}"
                                                              if limit.weight != 1 else ""))  # fmt: skip
    if limit.concurrency is not None:
        parts.append(f"{limit.concurrency} at once")
    whose = f" for each {limit.key.strip('{}').partition('.')[2]}" if limit.key and "." in limit.key else ""
    return f"{' and '.join(parts)}{whose} ({limit.name.replace('_', ' ')})"


def _wait_text(condition: Condition) -> str | None:
    after = condition.retry_after
    seen = f"{condition.path} {', '.join(map(str, condition.one_of))}" if condition.path and condition.one_of else None
    what = seen or (f"status {condition.status}" if condition.status is not None else None)
    if what is None or after is None:
        return None
    if after.fixed_s is not None:
        return f"after {after.fixed_s:g} s for {what}"
    told = after.header or after.epoch_header or after.path
    return f"after what `{told}` says for {what}" if told else None


def code(*names: str) -> str:
    return ", ".join(f"`{each}`" for each in names)
