"""Every example of every shipped manifest, sent to a service that answers as the example says."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import jsonschema_rs
import pytest

from connectors.http.blocking import waited_for
from connectors.plugins.checking.checks import check_file
from connectors.plugins.items import PartlyDone
from connectors.plugins.manifest import Example
from connectors.plugins.plugin import Action, Plugin
from connectors.plugins.session import Session
from connectors.problem import ConnectorProblem
from tests.plugins.replaying import Answering, difference, examples_of, holds, opened, shipped_plugins, with_files
from tests.plugins.sent import Sent
from tests.plugins.specifications import has_specification, specification
from tests.plugins.specifications.samples import How

PLUGINS = shipped_plugins()
OVER_HTTP = [each for each in PLUGINS if each.manifest.driver == "http"]
EXAMPLES = [pytest.param(action, example, id=f"{plugin.key}.{action.name}: {example.name}")
            for plugin in OVER_HTTP for action, example in examples_of(plugin)]  # fmt: skip
ACTIONS = [pytest.param(action, id=f"{plugin.key}.{action.name}")
           for plugin in OVER_HTTP for action in plugin.actions.values() if action.manifest.examples]  # fmt: skip
SPECIFIED = [each for each in ACTIONS if has_specification(each.values[0].plugin.manifest)
             and each.values[0].manifest.spec_operation is not None]  # fmt: skip
ANSWERED = [each for each in SPECIFIED if specification(each.values[0].plugin.manifest).describes_answers(
    each.values[0].manifest.spec_operation)]  # fmt: skip
SAYS_NOT_WHAT_IS_THERE = {"asana"}
"""Vendors whose specification has no answer's key that is always there."""
SAYS_NO_FORMATS = {"discord", "dropbox"}
SAYS_EVERYTHING_MAY_BE_NULL = {"dropbox"}
WRONG_KINDS: dict[str, Any] = {"string": {"a": 1}, "integer": "lots", "number": "lots", "boolean": "maybe",
                               "array": 5, "object": "text"}  # fmt: skip


@pytest.fixture(scope="module")
def service() -> Iterator[Answering]:
    with Answering().running() as running:
        yield running


@pytest.mark.parametrize("plugin", PLUGINS, ids=lambda each: each.key)
def test_a_shipped_manifest_passes_the_check_of_manifests(plugin: Plugin) -> None:
    assert check_file(plugin.file) == []


@pytest.mark.parametrize("plugin", PLUGINS, ids=lambda each: each.key)
def test_every_action_has_an_example(plugin: Plugin) -> None:
    assert [name for name, each in plugin.actions.items() if not each.manifest.examples] == []


@pytest.mark.parametrize(("action", "example"), EXAMPLES)
def test_an_example_sends_what_it_says_and_gives_what_it_says(
    action: Action, example: Example, service: Answering, tmp_path: Path
) -> None:
    service.expect(example)
    with opened(action.plugin, service.url, tmp_path, example) as (session, files):
        outcome = waited_for(session.call(action, with_files(example.parameters, files), key="example"))
    for sent, expected in zip(service.sent, example.requests or [], strict=bool(example.requests)):
        assert difference(sent, expected) is None
    if example.output is not None:
        assert holds(outcome.output, example.output), outcome.output
    if action.manifest.output_schema is not None:
        jsonschema_rs.Draft202012Validator(action.manifest.output_schema, offline=True).validate(outcome.output)


@pytest.mark.parametrize("action", SPECIFIED)
def test_what_examples_send_is_what_the_specification_allows(
    action: Action, service: Answering, tmp_path: Path
) -> None:
    found = specification(action.plugin.manifest)
    sent: list[Sent] = []
    for example in action.manifest.examples:
        service.expect(example)
        with opened(action.plugin, service.url, tmp_path, example) as (session, files):
            waited_for(session.call(action, with_files(example.parameters, files), key="example"))
        sent += service.sent
    assert [problem for each in sent for problem in found.problems(each)] == []
    operations = [found.operation(each.method, each.url).id for each in sent]
    assert action.manifest.spec_operation in operations


@pytest.mark.parametrize("action", ANSWERED)
def test_whatever_the_specification_lets_a_service_answer_becomes_what_the_action_says_it_gives(
    action: Action, service: Answering, tmp_path: Path
) -> None:
    found = specification(action.plugin.manifest)
    example = action.manifest.examples[0]
    schema = jsonschema_rs.Draft202012Validator(
        with_nulls(action.manifest.output_schema or {}),
        validate_formats=action.plugin.key not in SAYS_NO_FORMATS,
        offline=True,
    )
    with opened(action.plugin, service.url, tmp_path, example) as (session, files):
        for how in get_args(How)[: 2 if action.plugin.key in SAYS_NOT_WHAT_IS_THERE else 3]:
            if how == "nulls" and action.plugin.key in SAYS_EVERYTHING_MAY_BE_NULL:
                continue
            service.make_up(lambda sent, how=how: found.sample(sent.method, sent.url, how))
            try:
                output = waited_for(session.call(action, with_files(example.parameters, files), key="example")).output
            except PartlyDone as refused:  # a status that is made up
                output = [each.output for each in refused.items]
            assert [f"{how}: {each.instance_path} {each.message}" for each in schema.iter_errors(output)] == []


@pytest.mark.parametrize("action", ACTIONS)
def test_parameters_that_are_missing_unknown_or_of_another_type_are_refused_before_anything_is_sent(
    action: Action, service: Answering, tmp_path: Path
) -> None:
    example = action.manifest.examples[0]
    service.expect(example)
    others = []
    with opened(action.plugin, service.url, tmp_path, example) as (session, files):
        good = with_files(example.parameters, files)
        for what, bad in _spoiled(action, good):
            if (seen := _refusal(session, action, bad)) != "IR693":
                others.append(f"{what}: {seen}")
    assert others == []
    assert service.sent == []


def with_nulls(schema: Any) -> Any:
    """The schema of a result whose keys that need not be there may be null as well, as columns may."""
    if not isinstance(schema, dict):
        return schema
    if schema.get("x-file"):
        return {"type": ["object", "null"]}  # a file of which the answer brings no bytes
    made = {key: with_nulls(each) for key, each in schema.items()}
    for name, each in schema.get("properties", {}).items():
        if name not in schema.get("required", ()):
            made["properties"] = {**made["properties"], name: {"anyOf": [with_nulls(each), {"type": "null"}]}}
    return made


def _refusal(session: Session, action: Action, params: dict[str, Any]) -> str:
    try:
        waited_for(session.call(action, params))
    except ConnectorProblem as problem:
        return problem.code
    return "it was sent"


def _spoiled(action: Action, good: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The parameters of an example, each time with one thing that is wrong."""
    schema = action.manifest.parameters
    for name in schema.get("required", ()):
        yield f"without {name}", {key: each for key, each in good.items() if key != name}
    if not schema.get("additionalProperties"):
        yield "with one that is unknown", {**good, "chanel_idd": "x"}
    for name, each in schema.get("properties", {}).items():
        kinds = each.get("type", "enum" if "enum" in each else [])
        for kind in [kinds] if isinstance(kinds, str) and kinds != "enum" else [None] if kinds == "enum" else []:
            yield f"{name} of another type", {**good, name: WRONG_KINDS.get(kind or "", {"a": 1})}
