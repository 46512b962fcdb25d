"""Manifests of the tests' own, and calls of them against a service that runs here."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from connectors.http.blocking import waited_for
from connectors.plugins.account import PluginAccount
from connectors.plugins.files import FileStore
from connectors.plugins.pace import DefaultPace
from connectors.plugins.plugin import Plugin
from connectors.plugins.reading import read_plugin
from connectors.plugins.session import Outcome, Session, open_session
from connectors.policy import Policy


class FakePace(DefaultPace):
    """A clock that moves when somebody sleeps, and notes how long."""

    def __init__(self, **settings: Any) -> None:
        self.slept: list[float] = []
        self.time_s = 1000.0

        async def sleep(seconds: float) -> None:
            self.slept.append(seconds)
            self.time_s += seconds

        super().__init__(clock=lambda: self.time_s, sleeping=sleep, **settings)


def plugin_of(folder: Path, **manifest: Any) -> Plugin:
    """A plugin whose manifest says what is given, and what every manifest has to say."""
    folder.mkdir(parents=True, exist_ok=True)
    whole = {"manifest_version": 1, "key": "shop", "title": "Shop", "version": "1.0.0",
             "base_url": "https://shop.example/api", **manifest}  # fmt: skip
    file = folder / f"{whole['key']}@{whole['version']}.yaml"
    file.write_text(json.dumps(whole))
    return read_plugin(file)


@contextmanager
def opened(plugin: Plugin, url: str, /, *, folder: Path | None = None, pace: Any = None,
           now: Any = None, **connection: Any) -> Iterator[Session]:  # fmt: skip
    """A session of the plugin whose requests go to `url`."""
    account = PluginAccount(ref=None, base=Path(), policy=Policy.open(), parts={"api_base": url, **connection})
    options = {} if now is None else {"now": now}
    session = open_session(
        plugin, account, files=FileStore(folder) if folder else None, pace=pace or FakePace(), **options
    )
    try:
        yield session
    finally:
        waited_for(session.close())


def called(session: Session, plugin: Plugin, action: str, params: Mapping[str, Any], **options: Any) -> Outcome:
    """What a call gives."""
    return waited_for(session.call(plugin.action(action), params, **options))
