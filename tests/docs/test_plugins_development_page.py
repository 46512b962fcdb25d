"""The manifests of docs/plugins-development.md are sound and do what the page says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.plugins.registry import find_plugin, plugin_folders
from connectors.problem import ConnectorProblem
from tests.connectors.plugins.calling import called, opened
from tests.servers.http_receiver import HttpReceiver

PAGE = (Path(__file__).parents[2] / "docs" / "plugins-development.md").read_text(encoding="utf-8")


@pytest.fixture
def receiver() -> Iterator[HttpReceiver]:
    with HttpReceiver().running() as service:
        yield service


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the page's manifests where the page puts them."""
    for name, text in re.findall(r"`(plugins/[a-z]+\.yaml)`:\n\n```yaml\n(.*?)```", PAGE, flags=re.DOTALL):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def test_the_manifest_of_the_page_has_twenty_lines_and_works(folder: Path, receiver: HttpReceiver) -> None:
    assert len((folder / "plugins" / "tickets.yaml").read_text().splitlines()) <= 20
    tickets = find_plugin("tickets", folders=plugin_folders(folder))
    receiver.fail("POST", "/api/tickets", status=201, body='{"number": 7}')
    receiver.fail("POST", "/api/tickets", status=422, body='{"error": {"message": "the desk is closed"}}')
    with opened(tickets, receiver.url, token="t-0123456789") as session:
        assert called(session, tickets, "create_ticket", {"subject": "Pay"}).output == {"number": 7}
        with pytest.raises(ConnectorProblem, match="the desk is closed"):
            called(session, tickets, "create_ticket", {"subject": "Pay"})
        with pytest.raises(ConnectorProblem, match="IR693"):
            called(session, tickets, "create_ticket", {"subjet": "Pay"})
    assert receiver.requests == ["POST /api/tickets"] * 2
