"""Fixtures of the tests of plugins."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from connectors.plugins.http.limits import forget
from tests.servers.http_receiver import HttpReceiver


@pytest.fixture
def receiver() -> Iterator[HttpReceiver]:
    """A service that takes every request, and fails as it is told to."""
    with HttpReceiver().running() as service:
        yield service


@pytest.fixture(autouse=True)
def _limits_of_its_own() -> Iterator[None]:
    forget()
    yield
    forget()
