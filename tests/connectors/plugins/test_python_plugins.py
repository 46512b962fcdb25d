"""Plugins that installed packages bring."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from connectors.http.blocking import waited_for
from connectors.plugins.account import PluginAccount
from connectors.plugins.python import installed
from connectors.plugins.registry import find_plugin, newest
from connectors.plugins.session import open_session
from connectors.policy import Policy
from connectors.problem import ConnectorProblem
from tests.connectors.plugins.calling import FakePace, plugin_of

_PACKAGE = """
class Ledger:
    manifest = {
        "manifest_version": 1, "key": "acme-ledger", "title": "Acme Ledger", "version": "1.2.0", "driver": "python",
        "connection": {"type": "object", "required": ["company"], "properties": {"company": {"type": "string"}}},
        "actions": {
            "list_entries": {"kind": "read", "output_schema": {"type": "array", "items": {"type": "object"}},
                             "parameters": {"type": "object", "properties": {"count": {"type": "integer"}}}},
            "book": {"kind": "write", "parameters": {"type": "object", "required": ["amount"],
                                                     "properties": {"amount": {"type": "number"}}}},
        },
    }
    def __init__(self, connection):
        self.company = connection["company"]
    def list_entries(self, params):
        for number in range(params.get("count", 2)):
            yield {"number": number, "company": self.company}
    def book(self, params, key):
        if params["amount"] < 0:
            raise ValueError("a negative amount")
        return {"booked": params["amount"], "key": key}
"""


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    folder = tmp_path / "site"
    about = folder / "acme_ledger-1.2.0.dist-info"
    about.mkdir(parents=True)
    (folder / "acme_ledger.py").write_text(_PACKAGE)
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-ledger\nVersion: 1.2.0\nSummary: Books.\n")
    (about / "entry_points.txt").write_text("[weirflow.plugins]\nacme-ledger = acme_ledger:Ledger\n")
    monkeypatch.syspath_prepend(str(folder))
    installed._plugin.cache_clear()
    yield folder
    installed._plugin.cache_clear()


def called(action: str, params: dict[str, Any], **parts: Any) -> Any:
    plugin = find_plugin("acme-ledger")
    account = PluginAccount(ref=None, base=Path(), policy=Policy.open(), parts={"company": "north", **parts})
    session = open_session(plugin, account, pace=FakePace())
    try:
        return waited_for(session.call(plugin.action(action), params, key="item-1")).output
    finally:
        waited_for(session.close())


@pytest.mark.usefixtures("package")
def test_the_methods_of_a_package_are_actions() -> None:
    assert called("list_entries", {}) == [{"number": 0, "company": "north"}, {"number": 1, "company": "north"}]
    assert called("book", {"amount": 5}) == {"booked": 5, "key": "item-1"}


@pytest.mark.usefixtures("package")
def test_a_package_is_listed_without_being_imported() -> None:
    import sys

    sys.modules.pop("acme_ledger", None)
    assert newest()["acme-ledger"].description == "Books."
    assert "acme_ledger" not in sys.modules


@pytest.mark.usefixtures("package")
def test_parameters_are_checked_and_what_a_method_raises_is_told() -> None:
    with pytest.raises(ConnectorProblem) as checked:
        called("book", {"amuont": 5})
    assert checked.value.code == "IR693"
    with pytest.raises(ConnectorProblem, match="acme-ledger book: ValueError: a negative amount") as told:
        called("book", {"amount": -1})
    assert told.value.sent


@pytest.mark.usefixtures("package")
def test_a_version_out_of_the_range_is_refused() -> None:
    with pytest.raises(ConnectorProblem) as refused:
        find_plugin("acme-ledger", wanted="^2")
    assert (refused.value.code, refused.value.hint) == ("IR696", "there is 1.2.0")


def test_a_manifest_in_a_folder_names_no_code(tmp_path: Path) -> None:
    plugin = plugin_of(tmp_path, key="evil", driver="python",
                       actions={"system": {"kind": "write"}})  # fmt: skip
    with pytest.raises(ConnectorProblem, match="no installed package brings the plugin evil"):
        open_session(plugin, PluginAccount(ref=None, base=Path(), policy=Policy.open(), parts={}))
