"""Fixtures that many tests use."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import IO, Any
from uuid import uuid4

import pytest
from hypothesis import settings

import weirflow as wf
from ir.redaction import forget
from tests.servers.fixtures import (  # noqa: F401
    azure,
    chromium,
    encrypted_mariadb,
    gcs,
    mail_server,
    mariadb,
    mariadb_instance,
    mongodb,
    mongodb_standalone,
    postgres,
    postgres_instance,
    s3,
)
from tests.servers.session import close_session, open_session
from tests.workflows import Rows, both_engines, inline, workflow

_ALIVE = pytest.StashKey[IO[str]]()

# The same examples on each run, so that a change is judged by what it changes; WEIRFLOW_EXAMPLES=N looks for new ones.
settings.register_profile("the same ones", derandomize="WEIRFLOW_EXAMPLES" not in os.environ)
settings.load_profile("the same ones")


def pytest_configure(config: pytest.Config) -> None:
    if (alive := open_session()) is not None:
        config.stash[_ALIVE] = alive


def pytest_unconfigure(config: pytest.Config) -> None:
    if (alive := config.stash.get(_ALIVE, None)) is not None:
        close_session(alive)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Names the tests that were left out, each with its reason, whatever the options say."""
    for each in terminalreporter.stats.get("skipped", []):
        terminalreporter.write_line(f"left out: {each.nodeid}: {each.longrepr[2].removeprefix('Skipped: ')}")


@pytest.fixture(autouse=True, scope="session")
def _home_of_shared_fixtures(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What is made once for a module is run in a home of the tests too, never in that of this folder."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WEIRFLOW_HOME", str(tmp_path_factory.getbasetemp() / "homes" / "shared"))
        yield


@pytest.fixture(autouse=True, scope="session")
def _settings_at_the_start() -> Mapping[str, str]:
    return _settings()


@pytest.fixture(autouse=True)
def _no_settings_of_other_tests(_settings_at_the_start: Mapping[str, str]) -> Iterator[None]:
    """A test that leaves a variable behind fails itself, and not the thousand after it."""
    yield
    left = {name: value for name, value in _settings().items() if _settings_at_the_start.get(name) != value}
    for name in left:
        os.environ.pop(name)
    assert not left, f"the test left {sorted(left)} in the environment"


def _settings() -> dict[str, str]:
    return {
        name: value for name, value in os.environ.items() if name.startswith("WEIRFLOW_") and name != "WEIRFLOW_HOME"
    }


@pytest.fixture(autouse=True)
def _home(
    _no_settings_of_other_tests: None, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A home that no other test has, made only where something is written into it."""
    monkeypatch.setenv("WEIRFLOW_HOME", str(tmp_path_factory.getbasetemp() / "homes" / uuid4().hex))


@pytest.fixture(autouse=True)
def _no_secrets_of_other_tests() -> Iterator[None]:
    """What one test hides is an ordinary word in another."""
    yield
    forget()


@pytest.fixture
def on_both() -> Callable[..., list[dict[str, Any]]]:
    """on_both(transforms, rows, **named rows): the resulting rows as dicts, equal on both engines."""

    def run(transforms: Sequence[Mapping[str, Any]], rows: Rows, *, schema: Mapping[str, str] | None = None,
            **others: Rows) -> list[dict[str, Any]]:  # fmt: skip
        sources = [inline("main", rows, schema), *(inline(name, each) for name, each in others.items())]
        return both_engines(workflow(sources, transforms=list(transforms))).to_dicts()

    return run


@pytest.fixture
def errors_of() -> Callable[..., list[tuple[str, str]]]:
    """errors_of(transforms, rows): (code, message) of each error of compiling."""

    def run(transforms: Sequence[Mapping[str, Any]], rows: Rows, *, schema: Mapping[str, str] | None = None,
            **others: Rows) -> list[tuple[str, str]]:  # fmt: skip
        sources = [inline("main", rows, schema), *(inline(name, each) for name, each in others.items())]
        with pytest.raises(wf.WorkflowError) as failure:
            wf.compile(workflow(sources, transforms=list(transforms)))
        return [(each.code, each.message) for each in failure.value.diagnostics if each.severity == "error"]

    return run


@pytest.fixture
def full_after_500_kB() -> Iterator[None]:
    """No file grows beyond 500 kB, room for a journal, the nearest thing to a full disk that needs none of its own."""
    with _full_after(500_000):
        yield


@contextmanager
def _full_after(size: int) -> Iterator[None]:
    import resource  # no module of Windows

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
