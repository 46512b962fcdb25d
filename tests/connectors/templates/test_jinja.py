"""Jinja templates: what they can do, and that nothing gets out of them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from connectors.templates.jinja import JinjaTemplate
from connectors.templates.language import FillProblem, TemplateProblem
from connectors.templates.places import Medium
from connectors.templates.values import Row, shown

ROWS = [Row({"name": 0, "total": 1}, ("Ada & Co", Decimal("1200.50")), ("Ada & Co", "€1,200.50")),
        Row({"name": 0, "total": 1}, ("<i>Lin</i>", Decimal("80")), ("<i>Lin</i>", "€80.00"))]  # fmt: skip


def filled(template: str, medium: Medium = "html", **roots: Any) -> str:
    return JinjaTemplate(template, medium).fill({"rows": ROWS, "x": "a", "n": 3, **roots})


def test_loops_and_conditions_see_values_and_print_them_as_their_columns_say() -> None:
    template = ("{% for row in rows %}\n<li>{{ row.name }}: {{ row.total }}{% if row.total > 100 %} (large){% endif %}"
                "</li>\n{% endfor %}\n<p>{{ rows | sum(attribute='total') }} in {{ rows | length }}</p>")  # fmt: skip
    assert filled(template) == ("<li>Ada &amp; Co: €1,200.50 (large)</li>\n<li>&lt;i&gt;Lin&lt;/i&gt;: €80.00</li>\n"
                                "<p>1280.50 in 2</p>")  # fmt: skip


def test_values_are_written_by_their_place() -> None:
    assert filled('<a href="{{ x }}" title="{{ y }}">{{ y }}</a>', x="javascript:alert(1)", y='"><script>') == (
        '<a href="#" title="&quot;&gt;&lt;script&gt;">&quot;&gt;&lt;script&gt;</a>'
    )
    assert filled('{"name": {{ x }}, "note": "to {{ x }}", "n": {{ n }}}', "json", x='a"b') == (
        '{"name": "a\\"b", "note": "to a\\"b", "n": 3}'
    )
    assert filled("{{ x }}", "text", x="<b>\x1b[2J") == "<b>\ufffd[2J"


def test_macros_and_blocks_keep_their_markup_and_escape_their_values() -> None:
    template = "{% macro bold(t) %}<b>{{ t }}</b>{% endmacro %}{% set all %}{{ bold('<') }}{% endset %}{{ all ~ '<' }}"
    assert filled(template) == "<b>&lt;</b>&lt;"


ESCAPES = [
    "{{ x.__class__ }}",
    "{{ x['__class__'] }}",
    "{{ x | attr('__class__') }}",
    "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "{{ rows | map(attribute='__class__') | list }}",
    "{{ rows | groupby('__class__') }}",
    "{{ rows | sum(attribute='__init__.__globals__') }}",
    "{{ cycler.__init__.__globals__ }}",
    "{{ namespace.__init__.__globals__ }}",
    "{{ joiner['__in' ~ 'it__'] }}",
    "{{ lipsum.__globals__ }}",
    "{{ self.__init__ }}",
    "{{ self._TemplateReference__context }}",
    "{{ '{0.__class__}'.format(x) }}",
    "{{ '%s' | format(x) }}",
    "{{ x.format_map(x) }}",
    "{{ range.__class__ }}",
    "{{ loop }}{{ caller() }}",
    "{% include '/etc/passwd' %}",
    "{% import '/etc/passwd' as p %}",
    "{% from '/etc/passwd' import p %}",
    "{% extends '/etc/passwd' %}",
    "{% block a %}{% endblock %}",
    "{% autoescape false %}{{ x }}{% endautoescape %}",
    "{{ x | safe }}",
    "{{ rows[0]._values }}",
    "{{ rows[0].raw() }}",
    "{{ rows.append(1) }}",
    "{{ rows.clear() }}",
    "{{ x.encode() }}",
    "{{ n.real.conjugate() }}",
    "{{ n.to_bytes(4) }}",
    "{% for a in rows %}{{ loop.__class__ }}{% endfor %}",
    "{% macro m() %}{% endmacro %}{{ m._func }}",
    "{% macro m() %}{% endmacro %}{{ m.__call__ }}",
    "{{ (rows | map('upper')).gi_frame }}",
    "{% set x = cycler('a') %}{{ x['items'].__class__ }}",
    "{{ x['__cla' + 'ss__'] }}",
    "{{ rows | map(attribute='name.__class__') | join }}",
    "{% do x %}",
    "{% debug %}",
]


@pytest.mark.parametrize("template", ESCAPES)
def test_no_way_out_is_left_open(template: str) -> None:
    with pytest.raises((TemplateProblem, FillProblem)):
        filled(template)


BOMBS = [
    "{% for a in range(100000) %}{% for b in range(100000) %}{% endfor %}{% endfor %}",
    "{% for a in range(99999999999) %}{% endfor %}",
    "{{ 'x' * 999999999 }}",
    "{{ [1] * 999999999 }}",
    "{{ 10 ** 999999999 }}",
    "{{ 2 ** 64 ** 8 }}",
    "{{ n | round(999999999) }}",
    "{{ n | round(-999999999) }}",
    "{% set s = namespace(t='xxxxxxxxxx') %}{% for i in range(99) %}{% set s.t = s.t ~ s.t %}{% endfor %}",
    "{% set s = namespace(t='xxxxxxxxxx') %}{% for i in range(99) %}{% set s.t = s.t + s.t %}{% endfor %}",
    "{% set s = namespace(t='xxxxxxxxxx') %}{% for i in range(99) %}{% set s.t = [s.t, s.t] | join %}{% endfor %}",
    "{% set s = namespace(t='xx') %}{% for i in range(99) %}{% set s.t = s.t | replace('x', 'xx') %}{% endfor %}",
    "{% set s = namespace(t='xx') %}{% for i in range(99) %}{% set s.t %}{{ s.t }}{{ s.t }}{% endset %}{% endfor %}",
    "{% set s = namespace(n=9) %}{% for i in range(9999) %}{% set s.n = s.n * s.n %}{% endfor %}",
    "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
    "{% for a in rows recursive %}{{ loop(rows) }}{% endfor %}",
    "{% for a in range(100000) %}" + "x" * 2000 + "{% endfor %}",
    "{% macro m() %}" + "x" * 200000 + "{% endmacro %}{% for a in range(999) %}{% set t = m() %}{% endfor %}",
    "{{ '%0999999999d' % n }}",
]


@pytest.mark.parametrize("template", BOMBS)
def test_nothing_runs_or_grows_without_end(template: str) -> None:
    with pytest.raises((TemplateProblem, FillProblem)):
        filled(template, "text")


def test_what_a_template_takes_from_outside_is_known_with_its_place() -> None:
    text = "{% set a = 1 %}{{ a }}{{ customer.name }}\n{% for o in rows %}{{ o.total }}{{ loop.index }}{% endfor %}"
    found = {str(each): text[slice(*each.span)] for each in JinjaTemplate(text, "html").references}
    assert found == {"customer.name": "name", "rows": "rows", "rows[0].total": "total"}


@pytest.mark.parametrize(("text", "message", "at"), [
    ("a\n{% if x %}\nb", "unexpected end of template. Jinja", "b"),
    ("{{ x | uper }}", 'there is no filter "uper" here', "uper"),
    ("<p {{ x }}>", "no value can stand inside a tag", "<p {{ x }}>"),
    ("<p title={{ x }}>", "the value of title needs quotes around it", "<p title={{ x }}>"),
    ("<script>{{ x }}</script>", "no value can stand inside <script>", "<script>{{ x }}</script>"),
    ('<b onclick="{{ x }}">', "no value can stand inside onclick", '<b onclick="{{ x }}">'),
])  # fmt: skip
def test_what_cannot_be_taken_is_told_at_its_place(text: str, message: str, at: str) -> None:
    with pytest.raises(TemplateProblem, match=message.replace("(", r"\(")) as told:
        JinjaTemplate(text, "html")
    assert told.value.span is not None
    assert text[slice(*told.value.span)] == at


def test_a_value_that_is_not_there_is_an_error_that_names_it() -> None:
    with pytest.raises(FillProblem, match='there is no "nam" in it'):
        filled("{{ rows[0].nam }}")
    assert filled("{{ y | default('-') }}{% if y is defined %}!{% endif %}") == "-"


def test_a_value_written_from_the_right_turns_nothing_beside_it() -> None:
    assert filled("{{ x }}: 5", x="שלום") == "<bdi>שלום</bdi>: 5"
    assert filled("{{ x }}", "text", x="fdp\u202eexe") == "fdp\ufffdexe"


def test_decimals_can_be_reckoned_with_and_texts_joined() -> None:
    assert filled("{{ (rows[0].total * 1.19) | round(2) }} {{ ['a', '<'] | join(',') }}") == "1428.60 a,&lt;"


def test_nesting_without_measure_is_no_template() -> None:
    with pytest.raises(TemplateProblem, match="nested too deeply"):
        JinjaTemplate("{{ " + "(" * 3000 + "1" + ")" * 3000 + " }}", "html")


def test_time_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connectors.templates.budget.MOST_SECONDS", 0.05)
    with pytest.raises(FillProblem, match=r"longer than 0\.05 seconds"):
        filled("{% for a in range(90000) %}{{ x | upper | length }}{% endfor %}", x="x" * 10_000)


def test_a_null_reads_as_its_column_says() -> None:
    row = Row({"a": 0}, (None,), ("n/a",))
    assert filled("{{ r.a }}{% if not r.a %}!{% endif %}{{ r.a or 'none' }}", r=row) == "n/a!none"
    assert shown(None, None) is None


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("{{ none + 1 }}", "a missing value + a number cannot be computed"),
        ("{{ 'a' > 1 }}", "a text > a number cannot be computed"),
        ("{{ '{0.x}'.format(1) }}", '"format" cannot be called here'),
    ],
)
def test_what_cannot_be_computed_is_said_in_plain_words(template: str, said: str) -> None:
    with pytest.raises(FillProblem) as problem:
        filled(template)
    assert str(problem.value).startswith(said)
