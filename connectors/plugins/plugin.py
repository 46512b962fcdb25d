"""A plugin and its actions, as the engine sees them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import field
from functools import cached_property
from pathlib import Path
from typing import Any

from connectors.plugins.columns import columns_of, is_rows
from connectors.plugins.finding import pattern_of
from connectors.plugins.json_schemas import Checker, SchemaProblem, checker, plain
from connectors.plugins.manifest import ActionManifest, Manifest
from connectors.plugins.templating import Roots, compiled
from connectors.problem import ConnectorProblem
from ir.diagnostics import did_you_mean
from ir.records import dataclass
from ir.types import Schema

VERBS: Mapping[str, tuple[str, ...]] = {
    "send": ("send", "post", "notify"),
    "post": ("send", "post", "create"),
    "notify": ("send", "post"),
    "read": ("read", "get", "list", "query", "fetch"),
    "get": ("get", "read", "fetch", "list"),
    "list": ("list", "query", "search", "read"),
    "search": ("search", "query", "list", "find"),
    "find": ("find", "search", "query"),
    "query": ("query", "search", "list"),
    "fetch": ("fetch", "get", "read", "list", "search"),
    "append": ("append", "insert", "add", "create"),
    "insert": ("insert", "create", "append", "add"),
    "add": ("add", "create", "append", "insert"),
    "create": ("create", "add", "insert"),
    "write": ("write", "update", "append", "insert", "create"),
    "update": ("update", "write", "modify"),
    "upsert": ("upsert",),
    "upload": ("upload", "put"),
    "download": ("download", "get"),
    "delete": ("delete", "remove"),
}
"""General words for what an action does, and how the names of actions begin that do it."""


@dataclass(frozen=True, eq=False)
class Action:
    """One action of a plugin."""

    plugin: Plugin = field(repr=False)
    name: str
    manifest: ActionManifest = field(repr=False)

    @property
    def kind(self) -> str:
        return self.manifest.kind

    @property
    def is_repeatable(self) -> bool:
        """Whether it may be sent again where nobody knows whether it took effect; perhaps with some parameters only."""
        return self.kind == "read" or self.manifest.is_idempotent or self.manifest.idempotency.style != "none"

    def is_repeatable_with(self, params: Mapping[str, Any]) -> bool:
        """Whether a call with these parameters may be sent again.

        Raises:
            ConnectorProblem: IR695 for a condition of the manifest that is none.
        """
        if not self.is_repeatable or self.manifest.repeatable_when is None:
            return self.is_repeatable
        return self._repeatable_when(Roots(values={"params": self.settled(dict(params))}))

    @cached_property
    def _repeatable_when(self) -> Callable[[Roots], bool]:
        from connectors.plugins.filters import condition_of

        try:
            return condition_of(self.manifest.repeatable_when or {}, compiled)
        except ValueError as error:
            said = f"the action {self.name} of {self.plugin.key} cannot be used: repeatable_when: {error}"
            raise ConnectorProblem("IR695", said) from None

    @cached_property
    def parameters(self) -> Checker:
        """What its parameters have to be."""
        return checker({"type": "object", "properties": {}, **self.manifest.parameters})

    @property
    def describes_rows(self) -> bool:
        """Whether the database can be asked for the columns of its rows beforehand."""
        request = self.manifest.request
        return (self.plugin.manifest.driver == "sql" and request is not None
                and request.driver.get("operation") in {"query", "select"})  # fmt: skip

    @cached_property
    def columns(self) -> Schema | None:
        """The columns of one item of its result; None where they are not known beforehand."""
        return columns_of(self.manifest.output_schema)

    @property
    def is_rows(self) -> bool:
        """Whether its result is a list of rows."""
        return is_rows(self.manifest.output_schema)

    def problems(self, config: Mapping[str, Any], *, is_partial: bool = False) -> list[SchemaProblem]:
        """What is wrong with parameters. Partial ones still hold {{templates}}: of those only the place is judged."""
        return self.parameters.problems(plain(dict(config)), is_open=_is_template if is_partial else _never)

    def checked(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """The parameters of one call, settled; those that are null where null may not stand are left out.

        Raises:
            ConnectorProblem: IR693, which names what is wrong; nothing has been sent.
        """
        found = dict(params)
        if self.parameters.is_valid(found):
            return self.settled(found)
        properties = self.parameters.schema.get("properties", {})
        found = {key: each for key, each in found.items() if each is not None or _takes_null(properties.get(key))}
        problems = self.problems(found)
        if not problems:
            return self.settled(found)
        first = problems[0]
        at = "".join(f"[{each}]" if isinstance(each, int) else f".{each}" for each in first.pointer).lstrip(".")
        place = f"{at}: " if at and first.code not in {"IR201"} else ""
        raise ConnectorProblem("IR693", f"{self.plugin.key} {self.name}: {place}{first.message}", hint=first.hint,
                               key=("config", *first.pointer),
                               notes=[f"and {len(problems) - 1} more"] if len(problems) > 1 else [])  # fmt: skip

    @cached_property
    def _settling(self) -> Mapping[str, Mapping[str, Any]]:
        """The parameters that have a default, or a pattern."""
        properties = self.parameters.schema.get("properties", {})
        return {name: each for name, each in properties.items()
                if isinstance(each, Mapping) and ("default" in each or "x-match" in each)}  # fmt: skip

    def settled(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """The parameters with the defaults of those that are not there; of a text with `x-match`, such as a link, what
        matches it."""
        found = dict(params)
        for name, schema in self._settling.items():
            if name not in found and "default" in schema:
                found[name] = schema["default"]
            if "x-match" in schema and isinstance(value := found.get(name), str):
                matched = pattern_of(schema["x-match"]).search(value)
                found[name] = matched[1] if matched else value
        return found


@dataclass(frozen=True, eq=False)
class Plugin:
    """One version of a plugin."""

    manifest: Manifest = field(repr=False)
    sha256: str
    """Of its manifest's text."""
    file: Path = field(repr=False)
    is_shipped: bool = True

    @property
    def key(self) -> str:
        return self.manifest.key

    @property
    def version(self) -> str:
        return self.manifest.version

    @property
    def is_open(self) -> bool:
        """Whether nobody has written down what its actions are: any name is taken for one."""
        return False

    @cached_property
    def actions(self) -> Mapping[str, Action]:
        """Its actions by their names, without aliases."""
        return {name: Action(self, name, each) for name, each in self.manifest.actions.items()}

    def action(self, name: str, *, takes_rows: bool = False) -> Action:
        """The action of a name, of an alias, or of a general word such as send where that means one action; of several,
        the one that `takes_rows` where that is wanted.

        Raises:
            ConnectorProblem: IR204, which lists the actions.
        """
        if name in self.actions:
            return self.actions[name]
        for each in self.actions.values():
            if name in each.manifest.aliases:
                return each
        meant = list(self._meant(name))
        if takes_rows and len(meant) > 1:
            meant = [each for each in meant if each.manifest.rows is not None] or meant
        if len(meant) == 1:
            return meant[0]
        message = f'{self.key} has no action "{name}"'
        if meant:
            hint = f"{name} may be {' or '.join(each.name for each in meant)}"
        else:
            aliases = [alias for each in self.actions.values() for alias in each.manifest.aliases]
            hint = did_you_mean(name, [*self.actions, *aliases]) or f"its actions are {', '.join(self.actions)}"
        raise ConnectorProblem("IR204", message, hint=hint, key=("operation_type",))

    def _meant(self, verb: str) -> Iterator[Action]:
        """The actions that a general word may mean: those of the first beginning that any has."""
        messages = [each for each in self.actions.values() if each.manifest.message is not None]
        if verb in {"send", "post", "notify"} and len(messages) == 1:
            yield messages[0]
            return
        for beginning in VERBS.get(verb, ()):
            found = [each for name, each in self.actions.items() if name.split("_")[0] == beginning]
            if found:
                yield from found
                return


def _takes_null(schema: Any) -> bool:
    return schema is None or not isinstance(schema, Mapping) or "null" in (schema.get("type") or ["null"])


def _is_template(value: Any) -> bool:
    return isinstance(value, str) and "{{" in value


def _never(_: Any) -> bool:
    return False
