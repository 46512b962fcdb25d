"""A model server that `[ai]` of the environment leads to."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.servers.model import ModelServer


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModelServer]:
    with ModelServer().running() as running:
        monkeypatch.setenv("WEIRFLOW_AI_BASE_URL", running.base_url)
        monkeypatch.setenv("WEIRFLOW_AI_MODEL", "m")
        yield running
