"""The service that the workflows of these tests call."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.engine.plugin_operations.shop import Shop, with_shop


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    with Shop().running() as service:
        with_shop(tmp_path, service, monkeypatch)
        yield service
