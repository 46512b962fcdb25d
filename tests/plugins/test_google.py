"""The manifests for Google, against its own documents: what they send is allowed, what comes back is understood."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest

from connectors.plugins.files import FileStore
from connectors.plugins.json_schemas import checker, plain
from connectors.problem import ConnectorProblem
from tests.connectors.plugins.calling import called, opened
from tests.plugins.discovery import Sent, discovery
from tests.plugins.spec_examples import Case, Scripted, body_of, cases, negatives, replay, with_files
from tests.servers.google import APIS, Google

KEYS = ("gmail", "google-drive", "google-sheets", "google-calendar", "google-docs")
SAMPLED = {"filename": "some text", "tab_name": "some text"}
"""Names that the samples of answers hold, for actions that look for one."""


def problems(sent: Sent) -> list[str]:
    """What no document of Google's allows about a request; one of Drive's may come from another plugin."""
    apis = [discovery(name) for name in APIS]
    api = next((each for each in apis if each.operation(sent.method, sent.url)), None)
    if api is None and sent.method == "PUT" and "upload_id=" in sent.url:
        return []
    return api.problems(sent) if api else [f"{sent.method} {sent.url} is no method"]


def told(sent: Sent) -> tuple[str, str, list[tuple[str, str]]]:
    parts = urlsplit(sent.url)
    return sent.method, parts.path, sorted(parse_qsl(parts.query))


@pytest.mark.parametrize("case", list(cases(*KEYS)), ids=str)
def test_an_example_sends_what_google_allows_and_gives_what_it_says(case: Case, tmp_path: Path) -> None:
    done = replay(case, tmp_path, {"access_token": "good-token"})
    assert [each for sent in done.sent for each in problems(sent)] == []
    expected = case.example.requests or []
    assert [told(sent) for sent in done.sent] == [
        told(Sent(method=each["method"], url=each["url"])) for each in expected
    ]
    assert [body_of(sent) for sent, each in zip(done.sent, expected, strict=True) if "body" in each] == [
        each["body"] for each in expected if "body" in each
    ]
    assert done.output == case.example.output
    assert done.left == 0


@pytest.mark.parametrize("case", list(cases(*KEYS)), ids=str)
def test_parameters_that_are_missing_mistyped_or_unknown_are_refused_before_anything_is_sent(
    case: Case, tmp_path: Path
) -> None:
    plugin, refused = case.action.plugin, []
    with Scripted([]).running() as service, opened(plugin, service.url, folder=tmp_path, access_token="x") as session:
        for params in negatives(case, FileStore(tmp_path)):
            with pytest.raises(ConnectorProblem, match="IR693"):
                called(session, plugin, case.action.name, params)
            refused.append(params)
    assert refused
    assert service.sent == []


@pytest.mark.parametrize("case", list(cases(*KEYS)), ids=str)
def test_whatever_google_may_answer_becomes_what_the_action_says_it_gives(case: Case, tmp_path: Path) -> None:
    plugin = case.action.plugin
    params = with_files(plain(case.example.parameters), FileStore(tmp_path))
    params |= {name: each for name, each in SAMPLED.items() if name in params}
    with (
        Google(is_sampling=True).running() as google,
        opened(plugin, google.url, folder=tmp_path, **google.credentials()) as session,
    ):
        output = called(session, plugin, case.action.name, params).output
    assert google.refused == []
    assert output is not None
    schema = case.action.manifest.output_schema
    assert schema is not None
    assert [f"{at}: {message}" for at, message, _ in checker(schema).problems(output)] == []
