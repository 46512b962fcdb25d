"""Mustache templates, by the specification and beside another implementation."""

from __future__ import annotations

from html import escape
from typing import Any

import pystache
import pytest

from connectors.templates.language import FillProblem, TemplateProblem
from connectors.templates.mustache import MustacheTemplate

DATA: dict[str, Any] = {
    "name": "Ada & <Co>", "n": 3, "yes": True, "no": False, "nothing": None, "empty": [], "text": "",
    "person": {"name": "Lin", "address": {"city": "Bonn"}}, "list": [{"n": 1}, {"n": 2}], "words": ["a", "b"],
    "nested": [{"name": "x", "inner": [{"v": 1}, {"v": 2}]}, {"name": "y", "inner": []}],
}  # fmt: skip

SPECIFIED = [
    "Hello {{name}}",
    "{{person.name}} in {{person.address.city}}",
    "{{#list}}{{n}},{{/list}}",
    "{{#words}}({{.}}){{/words}}",
    "{{#yes}}on{{/yes}}{{^yes}}off{{/yes}}",
    "{{#no}}on{{/no}}{{^no}}off{{/no}}",
    "{{#nothing}}on{{/nothing}}{{^nothing}}off{{/nothing}}",
    "{{#empty}}on{{/empty}}{{^empty}}off{{/empty}}",
    "{{#missing}}on{{/missing}}{{^missing}}off{{/missing}}",
    "{{#person}}{{name}} of {{n}}{{/person}}",
    "{{! a comment }}x{{!\nof lines\n}}y",
    "{{=<% %>=}}<% n %> {{n}} <%={{ }}=%>{{n}}",
    "a\n{{#list}}\n- {{n}}\n{{/list}}\nb\n",
    "a\r\n{{#yes}}\r\nb\r\n{{/yes}}\r\nc",
    "  {{#yes}}\nx\n  {{/yes}}",
    "| {{#yes}}x{{/yes}} |\n {{! c }}\nz",
    "{{#nested}}{{name}}[{{#inner}}{{v}}{{name}};{{/inner}}]{{/nested}}",
    "{{ n }}|{{  n}}|{{n  }}",
    "} } { {{n}} }",
]


@pytest.mark.parametrize("template", SPECIFIED)
def test_templates_read_as_another_implementation_reads_them(template: str) -> None:
    renderer = pystache.Renderer(escape=lambda text: escape(text, quote=False))
    assert MustacheTemplate(template, "html").fill(DATA) == renderer.render(template, DATA)


def test_values_are_never_read_as_templates() -> None:
    assert MustacheTemplate("{{x}} {{y}}", "html").fill({"x": "{{y}}{{#y}}", "y": "<b>"}) == "{{y}}{{#y}} &lt;b&gt;"


def test_a_name_that_is_not_there_is_an_error() -> None:
    with pytest.raises(FillProblem, match='there is no "nme" in it'):
        MustacheTemplate("{{nme}}", "html").fill(DATA)


REFUSED = [
    ("{{{name}}}", "would take the value for markup", "write {{name}}: values are always escaped"),
    ("{{& name}}", "would take the value for markup", "write {{name}}: values are always escaped"),
    ("{{> part}}", "no partials", None),
    ("{{< base}}", "no blocks to inherit", None),
    ("{{#a}}{{/b}}", 'here "a" is to be closed first', None),
    ("{{#a}}", "{{#a}} is never closed", None),
    ("x{{/a}}", "nothing is open that {{/a}} could close", None),
    ("{{name", "the {{ is never closed by }}", None),
    ("{{a|upper}}", '"a|upper" is no name', "a name has letters, digits and _, and dots between"),
]


@pytest.mark.parametrize(("template", "message", "hint"), REFUSED)
def test_what_is_no_mustache_is_told(template: str, message: str, hint: str | None) -> None:
    with pytest.raises(TemplateProblem) as told:
        MustacheTemplate(template, "html")
    assert message in told.value.message
    assert told.value.hint == hint


HANDLEBARS = [
    ("{{#each rows}}{{this.n}}{{/each}}", "write {{#rows}}…{{/rows}}"),
    ("{{#if yes}}x{{/if}}", "write {{#yes}}…"),
    ("{{#unless yes}}x{{/unless}}", "write {{^yes}}…"),
    ("{{#yes}}a{{else}}b{{/yes}}", "close the section and write {{^name}}…{{/name}} behind it"),
    ("{{../name}}", "names are looked for in the sections around by themselves"),
    ("{{@index}}", "names are looked for in the sections around by themselves"),
    ("{{uppercase name}}", "a name has letters, digits and _, and dots between"),
]


@pytest.mark.parametrize(("template", "hint"), HANDLEBARS)
def test_handlebars_beyond_mustache_is_told_with_what_to_write(template: str, hint: str) -> None:
    with pytest.raises(TemplateProblem) as told:
        MustacheTemplate(template, "html", is_handlebars=True)
    assert told.value.hint == hint
    assert told.value.span is not None


def test_handlebars_this_is_the_element() -> None:
    template = MustacheTemplate("{{#words}}{{this}}{{/words}}{{#list}}{{this.n}}{{/list}}", "html", is_handlebars=True)
    assert template.fill(DATA) == "ab12"


def test_a_body_has_an_end() -> None:
    template = MustacheTemplate("{{#a}}{{#a}}{{#a}}x{{/a}}{{/a}}{{/a}}", "html")
    with pytest.raises(FillProblem, match="more than 100,000 times"):
        template.fill({"a": list(range(1, 1000))})
