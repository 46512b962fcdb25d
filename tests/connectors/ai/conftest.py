"""A model server for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.servers.model import ModelServer


@pytest.fixture
def model() -> Iterator[ModelServer]:
    with ModelServer().running() as running:
        yield running
