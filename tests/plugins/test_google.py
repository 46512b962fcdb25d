"""The manifests for Google, against its own documents: what they send is allowed, what comes back is understood."""

from __future__ import annotations

from pathlib import Path

import pytest

from connectors.http.blocking import waited_for
from connectors.plugins.json_schemas import checker
from connectors.plugins.manifest import Example
from connectors.plugins.plugin import Action
from connectors.plugins.registry import find_plugin
from tests.plugins.discovery import Sent, discovery
from tests.plugins.replaying import Answering, examples_of, opened, with_files
from tests.servers.google import APIS, PLUGINS, Google

EXAMPLES = [pytest.param(action, example, id=f"{key}.{action.name}: {example.name}")
            for key in PLUGINS for action, example in examples_of(find_plugin(key))]  # fmt: skip
SAMPLED = {"filename": "some text", "tab_name": "some text"}
"""Names that the samples of answers hold, for actions that look for one."""


def problems(sent: Sent) -> list[str]:
    """What no document of Google's allows about a request; the bytes of an upload go to an address of an answer."""
    if sent.method == "PUT" and "upload_id=" in sent.url:
        return []
    api = next((each for each in map(discovery, APIS) if each.operation(sent.method, sent.url)), None)
    return api.problems(sent) if api else [f"{sent.method} {sent.url} is no method"]


@pytest.mark.parametrize(("action", "example"), EXAMPLES)
def test_what_an_example_sends_is_what_google_allows(action: Action, example: Example, tmp_path: Path) -> None:
    with Answering().running() as service:
        service.expect(example)
        with opened(action.plugin, service.url, tmp_path, example) as (session, files):
            waited_for(session.call(action, with_files(example.parameters, files), key="example"))
    assert [each for sent in service.sent for each in problems(sent)] == []
    assert any(action.manifest.spec_operation in discovery(name).methods for name in APIS)


@pytest.mark.parametrize(("action", "example"), EXAMPLES)
def test_whatever_google_may_answer_becomes_what_the_action_says_it_gives(
    action: Action, example: Example, tmp_path: Path
) -> None:
    with (
        Google(is_sampling=True).running() as google,
        opened(action.plugin, google.url, tmp_path, example) as (session, files),
    ):
        google.tokens.add("an-example-token")
        params = with_files(example.parameters, files)
        params |= {name: each for name, each in SAMPLED.items() if name in params}
        output = waited_for(session.call(action, params)).output
    assert google.refused == []
    assert output is not None
    schema = action.manifest.output_schema
    assert schema is not None
    assert [f"{at}: {message}" for at, message, _ in checker(schema).problems(output)] == []
