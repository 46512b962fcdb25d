"""Which databases, stores and mail accounts a workflow names, each once, with what uses it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Literal

from connectors.location import locate
from connectors.problem import ConnectorProblem
from connectors.storage.kinds import plugin_of, url_of
from connectors.storage.url import without_secrets
from engine.sources import source_names
from ir.model.deliveries import Message
from ir.model.file_source import FileSource
from ir.model.sources import DATABASES, DatabaseSource
from ir.model.workflow import Workflow
from ir.names import delivery_rules_of
from ir.records import dataclass

__all__ = ["DATABASES", "MAIL", "Connection", "connections_of"]

Kind = Literal["database", "storage", "mail"]
MAIL = ("email", "gmail", "google-mail")


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """A database, a place in a store, or a mail account. `names` are of the sources and deliveries that use it."""

    names: tuple[str, ...]
    kind: Kind
    plugin: str
    reference: str | None = None
    """As the workflow gives it; absent, the plugin's own name is looked up."""
    path: str | None = None
    """The file of a sqlite database, or the URL of a place in a store."""
    uses: tuple[str, ...] = ()

    @property
    def place(self) -> str:
        """What is known without opening it."""
        return without_secrets(self.path) if self.path else ""

    @property
    def looked_up(self) -> str | None:
        """The reference that is resolved for it; None where it needs none."""
        if self.reference is None and self.plugin == "sqlite" and self.path:
            return None
        return self.reference or self.plugin


def connections_of(workflow: Workflow) -> list[Connection]:
    """The connections of a workflow in the order of their first use; local files are none."""
    found: dict[tuple[str, str | None, str | None], Connection] = {}
    for each in (*_of_sources(workflow), *_of_deliveries(workflow), *_of_messages(workflow)):
        key = (each.plugin, each.reference, each.path)
        known = found.get(key)
        found[key] = each if known is None else replace(
            known, names=tuple(dict.fromkeys((*known.names, *each.names))), uses=(*known.uses, *each.uses),
        )  # fmt: skip
    return list(found.values())


def _of_sources(workflow: Workflow) -> Iterator[Connection]:
    for name, source in zip(source_names(workflow), workflow.data_sources, strict=True):
        verb = "writes" if source.is_destination else "reads"
        if isinstance(source, DatabaseSource) and (config := source.database_config) is not None:
            connection = config.connection
            plugin = connection.plugin_key if connection is not None else source.plugin_key or ""
            reference = (connection.credentials_ref if connection else None) or source.credentials_ref
            path = source.location if plugin == "sqlite" and reference is None else None
            yield Connection(names=(name,), kind="database", plugin=plugin, reference=reference, path=path,
                             uses=(f"{verb} {config.table or 'a query'}",))  # fmt: skip
        elif isinstance(source, FileSource) and source.location and (path := _store(source.location)):
            yield Connection(names=(name,), kind="storage", plugin=_plugin(path), reference=source.credentials_ref,
                             path=path, uses=(f"{verb} {without_secrets(source.location)}",))  # fmt: skip


def _of_deliveries(workflow: Workflow) -> Iterator[Connection]:
    rules = workflow.delivery_rules
    for index, each in enumerate(rules.database_delivery):
        path = each.path if each.plugin_key == "sqlite" and each.credentials_ref is None else None
        yield Connection(names=(each.id or _numbered("database_delivery", index),), kind="database",
                         plugin=each.plugin_key, reference=each.credentials_ref, path=path,
                         uses=(f"{each.operation} into {each.table}",))  # fmt: skip
    for index, file in enumerate(rules.files):
        reference = file.destination.credentials_ref or file.credentials_ref
        try:
            place = _store(url_of(file.destination.plugin_key, file.destination.path))
        except ConnectorProblem:
            continue  # what plan and run report at its place
        if place:
            yield Connection(names=(file.id or _numbered("file_delivery", index),), kind="storage",
                             plugin=_plugin(place), reference=reference, path=place,
                             uses=(f"delivers {file.format}",))  # fmt: skip


def _of_messages(workflow: Workflow) -> Iterator[Connection]:
    for rules, _ in delivery_rules_of(workflow):
        single = {"per_item_delivery": "mails each row", "per_group_delivery": "mails each group",
                  "summary_delivery": "mails a summary"}  # fmt: skip
        found: list[tuple[Message, str, str]] = [
            (message, word, use) for word, use in single.items() if (message := getattr(rules, word)) is not None
        ]
        found += [(each, each.name or _numbered("multiple_destinations", index), "mails")
                  for index, each in enumerate(rules.multiple_destinations)]  # fmt: skip
        for message, word, use in found:
            if message.plugin_key in MAIL:
                yield Connection(names=(message.id or word,), kind="mail", plugin=message.plugin_key,
                                 reference=message.credentials_ref, uses=(use,))  # fmt: skip


def _numbered(word: str, index: int) -> str:
    return word if index == 0 else f"{word}[{index}]"


def _store(location: str) -> str | None:
    """The bucket or the root of a store that a location lies in, up to its first template; None for what is local."""
    scheme, separator, rest = location.partition("://")
    if not separator or scheme.lower() in {"file", "local", "memory"}:
        return None
    if locate(f"{scheme}://x", base=Path()).path is not None:
        return None
    root = rest.partition("{{")[0].partition("/")[0]
    return f"{scheme.lower()}://{root}"


def _plugin(url: str) -> str:
    scheme = url.partition("://")[0]
    return plugin_of(scheme) or scheme
