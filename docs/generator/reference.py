"""The reference: one page a section of the language, from its models, and an example of each."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl
from pydantic import BaseModel

import weirflow as wf
from connectors.plugins.manifest import Manifest
from docs.generator.examples import Example, deliver, examples, plain_rows
from docs.generator.markdown import block, frame_table
from docs.generator.models import Part, parts, section
from ir.model import (
    ai,
    conditionals,
    constraints,
    deliveries,
    edge_cases,
    file_source,
    filters,
    merge,
    normalization,
    originals,
    plugin_operation,
    rendering,
    schedule,
    settings,
    sources,
    validation,
    workflow,
    workflow_test,
)
from ir.model.transform import Transform


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page of the reference: the objects it describes and the topics of its examples."""

    name: str
    title: str
    words: str
    roots: tuple[tuple[str, type[BaseModel]], ...]
    topics: tuple[str, ...] = ()


PAGES = (
    Page(
        name="workflow",
        title="The document",
        words="A workflow is one YAML or JSON document. A key that is not listed is an error with a did-you-mean; "
        "`description` is allowed on every object, `$schema` and keys that start with `x-` anywhere. Absent and `null` "
        "mean the same. Names that are referred to (`alias`, `id`, `output_variable`) are letters, digits and `_`, "
        "begin with no digit and are unique in the document.",
        roots=(
            ("The document's keys", workflow.Workflow),
            ("settings", settings.Settings),
            ("runtime_inputs[]", settings.RuntimeInput),
            ("tests[]", workflow_test.WorkflowTest),
        ),
        topics=("workflow",),
    ),
    Page(
        name="data_sources",
        title="data_sources: where rows come from",
        words="Each source is a frame under its `alias`. `type` and `plugin_key` say of which kind it is. The options "
        "of each file format are on the page [formats](formats.md), the types on the page [types](types.md).",
        roots=(
            ("data_sources[] of type file", file_source.FileSource),
            ("data_sources[] with source inline", file_source.InlineSource),
            ("data_sources[] of type database", sources.DatabaseSource),
            ("data_sources[] of type tabular", sources.TabularSource),
            ("data_sources[] of type api", sources.ApiSource),
            ("data_sources[] of type webhook", sources.WebhookSource),
            ("data_sources[] of type stream", sources.StreamSource),
        ),
        topics=("data_sources",),
    ),
    Page(
        name="data_merge",
        title="data_merge: several sources as one frame",
        words="Without it each source stands under its alias, and `data` is the one with role primary, else the first. "
        "Null keys never match. More than two sources fold from the left.",
        roots=(("data_merge", merge.DataMerge),),
        topics=("data_merge",),
    ),
    Page(
        name="normalization",
        title="normalization and validation_rules",
        words="Headers are put in order when the workflow compiles; rules are kept while it runs. What each rule takes "
        "and what becomes of a row that breaks one: [validation](../validation.md).",
        roots=(("normalization", normalization.Normalization), ("validation_rules[]", validation.ValidationRule)),
        topics=("normalization", "validation_rules"),
    ),
    Page(
        name="filters",
        title="filters and post_ai_filters",
        words="A FilterGroup says which rows stay; the transform [filter](transforms.md#filter) takes one too. "
        "A bare list of conditions is an AND. A text `value` is converted to the column's type when the workflow "
        "compiles. The operators are on the page [operators](operators.md).",
        roots=(("A FilterGroup", filters.FilterGroup),),
        topics=("filters",),
    ),
    Page(
        name="ai_operations",
        title="ai_operations: steps that a language model does",
        words="With `output_variable` a step adds one column of that name to the rows of its input. Who answers, what "
        "it costs and what is remembered: [AI operations](../ai.md).",
        roots=(("ai_operations[]", ai.AiOperation),),
        topics=("ai_operations",),
    ),
    Page(
        name="plugin_operations",
        title="plugin_operations: actions of plugins",
        words="They run after `ai_operations` unless references say otherwise, before deliveries.",
        roots=(("plugin_operations[]", plugin_operation.PluginOperation),),
        topics=("plugin_operations",),
    ),
    Page(
        name="conditionals",
        title="conditionals: branches",
        words="A condition over columns splits the rows: those that match go to `then_actions`, the others (null "
        "included) to `else_actions`. A condition over single values chooses one branch for the whole run.",
        roots=(("conditionals[]", conditionals.Conditional),),
        topics=("conditionals",),
    ),
    Page(
        name="rendering",
        title="rendering, grouping and partitions",
        words="How the rows are split, ordered and shown. Rows without a group are left out of deliveries per group "
        "unless `handle_empty` names a partition for them.",
        roots=(
            ("rendering", rendering.Rendering),
            ("grouping", rendering.Grouping),
            ("partitions[]", rendering.Partition),
        ),
        topics=("rendering",),
    ),
    Page(
        name="delivery_rules",
        title="delivery_rules: where results go",
        words="A file appears whole or not at all. One delivery that fails does not stop independent ones. The options "
        "of each format are on the page [formats](formats.md).",
        roots=(("delivery_rules", deliveries.DeliveryRules),),
        topics=("delivery_rules",),
    ),
    Page(
        name="execution_constraints",
        title="execution_constraints and edge_cases",
        words="Any step may carry its own `execution_constraints`, which replace the document's key by key. What each "
        "edge case means: [validation](../validation.md#edge-cases).",
        roots=(("execution_constraints", constraints.ExecutionConstraints), ("edge_cases[]", edge_cases.EdgeCase)),
        topics=("execution_constraints", "edge_cases"),
    ),
    Page(
        name="schedule",
        title="schedule: when it runs by itself",
        words="Each type needs its own field: `cron_expression`, `interval_minutes` or `event`.",
        roots=(("schedule", schedule.Schedule),),
        topics=("schedule",),
    ),
    Page(
        name="originals",
        title="file_operations and enrichments",
        words="The original's spellings of file deliveries and joins, translated with a warning. New workflows write "
        "[delivery_rules](delivery_rules.md) and the transform [enrich](transforms.md#enrich); the page "
        "[dialects](../dialects.md) tells what becomes of everything else that the original could say.",
        roots=(("file_operations[]", originals.FileOperation), ("enrichments[]", originals.Enrichment)),
        topics=("originals",),
    ),
)


def section_pages() -> Iterator[tuple[str, str]]:
    """(name, text) of every page that describes sections of the document."""
    roots = [Part(heading, model) for page in PAGES for heading, model in page.roots]
    elsewhere = {part.model for part in roots} | {Transform}
    for page in PAGES:
        own = [Part(heading, model) for heading, model in page.roots]
        every = parts(own, elsewhere=elsewhere - {part.model for part in own})
        lines = [f"# {page.title}", "", page.words, ""]
        lines += [text for topic in page.topics for each in examples(topic) for text in (shown(each), "")]
        lines += [text for part in every for text in (section(part, every), "")]
        yield page.name, "\n".join(lines)


def manifest_page() -> str:
    """The page of what a plugin's manifest says."""
    every = parts([Part("manifest", Manifest)])
    lines = [
        "# Manifests of plugins",
        "",
        "A file `<key>.yaml` or `<key>@<version>.yaml` in `plugins/` or `.weirflow/plugins/` beside a workflow. "
        "[Plugins of your own](../plugins-development.md) begins one; what becomes of it, and its templates, stand in "
        "[The request pipeline](../plugin-requests.md). `weirflow schema plugin` prints the JSON Schema for editors.",
        "",
    ]
    return "\n".join([*lines, *(text for part in every for text in (section(part, every), ""))])


def shown(example: Example, *, frames: Sequence[str] | None = None, workflow: bool = True) -> str:
    """The example as the pages show it: what it is, the workflow, and what it gives when it is run."""
    lines = [example.caption, ""] + ([block(example.shown, "yaml"), ""] if workflow else [])
    if not example.runs():
        if example.asks_outside:
            why = "a run of it asks a service"
        else:
            why = "it runs where its secrets are" if example.lacks_secrets else "this version cannot run it yet"
        return "\n".join([*lines, f"`weirflow validate` accepts it; {why}."])
    if example.payload is not None:
        lines += ["A request with this payload:", "", block(json.dumps(example.payload, indent=2), "json"), ""]
    plan = example.plan()
    for frame in example.expected if frames is None else frames:
        lines += [f"`{frame}`:", "", frame_table(as_expected(example, plan, frame), plan.schema(frame)), ""]
    lines += _files(example)
    return "\n".join(lines).strip()


def as_expected(example: Example, plan: wf.Plan, frame: str) -> pl.DataFrame:
    """The rows of the frame; where they have no order, in that of the example's file, so that the page is the same."""
    rows = plan.collect(frame)
    wanted = [json.dumps(row, ensure_ascii=False) for row in example.expected.get(frame, ())]
    name = plan.compiled.frames.get(frame)
    if name is None or plan.compiled.graph[name].frame.order is not None or not wanted:
        return rows
    places = [wanted.index(json.dumps(row, ensure_ascii=False)) for row in plain_rows(rows)]
    return rows.with_columns(pl.Series("", places)).sort("").drop("")


def _files(example: Example) -> list[str]:
    """The text files that the example writes, and the names of the others."""
    if not example.document.get("delivery_rules"):
        return []
    lines: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        result = deliver(example, Path(folder), engine="auto")
        for name in (Path(each.target).name for each in result.deliveries):
            if name in example.delivered:
                lines += [f"`{name}`:", "", block(Path(folder, name).read_text(encoding="utf-8"), "text"), ""]
            else:
                lines += [f"It writes `{name}`.", ""]
    return lines
