"""What the guide says in words of its own: when to use what, an example of each transform, common mistakes."""

from __future__ import annotations

RULES = """\
A workflow is one YAML (or JSON) document: `ir_version: "3.1"`, `goal`, `data_sources`, then what becomes of the rows \
and where they go. Answer with the document only.

- Each source and each step with `output_variable` is a frame under its name. `data` is the current frame: a step \
without `input_source` reads it, one without `output_variable` replaces it. With one, `data` stays and a name is added.
- Order: sources, data_merge, normalization, validation_rules, filters, transforms, ai_operations, post_ai_filters, \
plugin_operations, deliveries. Transforms run as written.
- Names (`alias`, `id`, `output_variable`) are letters, digits and _, each once; not data, inputs, item, group, run.
- Expressions are SQL (`case when tier = 'gold' then 1 else 0 end`): columns bare or in "double quotes", texts in \
'single quotes', `inputs.name` for a runtime input, `frame.column` for a value of a one-row frame. No subqueries.
- Templates `{{path}}` stand in texts (subjects, file names, locations, instructions): `{{inputs.x}}`, `{{date}}`, \
`{{run.id}}`, `{{data.count}}`, column names in per-row texts. They hold no expressions.
- Secrets never stand in the document: `credentials_ref: env:NAME`.
- If you must guess something that decides the result, put the question into `clarifications_required`."""

SECTIONS = {
    "ir_version": '"3.1", in quotes',
    "name": "a slug; default from the file's name",
    "goal": "required: one sentence",
    "settings": "only for a time zone, locale or memory limit",
    "runtime_inputs": "values that the person who starts the run gives",
    "data_sources": "required: where rows come from",
    "data_merge": "several sources as one frame at the start (union, or joins of all); else use join or enrich",
    "normalization": "headers that must be there, renamed or put in one case",
    "validation_rules": "rules that rows must keep: error, warn, skip_row, use_default or quarantine",
    "validation_rejects": "a name for the frame of the rows they reject",
    "filters": "which rows of the source are kept: simple conditions on its own columns",
    "transforms": "everything else that changes rows",
    "ai_operations": "what only a language model can tell from text or documents; never arithmetic",
    "post_ai_filters": "conditions on the columns that ai_operations add",
    "plugin_operations": "actions of services between reading and delivering",
    "file_operations": "never: an older spelling of file_delivery",
    "enrichments": "never: an older spelling of the transform enrich",
    "conditionals": "other deliveries for some rows (condition on columns) or for some runs (on single values)",
    "partitions": "groups by value or condition, with a place for rows that have none",
    "grouping": "group_by for per_group_delivery",
    "rendering": "how tables look in messages and pages: columns, order, title, sections",
    "delivery_rules": "where results go: file_delivery, database_delivery, summary_delivery (one message), "
    "per_item_delivery (one a row), per_group_delivery (one a group), multiple_destinations",
    "tests": "rows in, rows out: only when asked for",
    "execution_constraints": "retry, timeouts, rate limits",
    "schedule": "when it runs by itself: cron, interval or event",
    "edge_cases": "what is done when there are no rows, duplicates, a failing service",
    "plugins": "versions of plugins, such as {slack: ^1.2}",
    "clarifications_required": "your open questions; a run is refused until there are none",
}
"""When to use each section."""

SOURCES = """\
- {type: file, alias: orders, location: data/orders.csv}: csv, tsv, json, ndjson, parquet, arrow, xlsx, txt; a path, \
glob or URL; `config`: schema {column: type}, delimiter, sheet, date_format, null_values
- {type: tabular, source: inline, alias: rates, config: {rows: [{code: EUR, rate: 1}]}}
- {type: database, alias: orders, database_config: {connection: {plugin_key: postgres, credentials_ref: env:DB}, \
table: orders}}: or `query` instead of `table`
- {type: api, alias: mails, plugin_key: google-mail, operation_type: search_emails, config: {query: "is:unread"}}
- {type: api, alias: users, plugin_key: http, endpoint: "https://example.com/users", config: {items: data, paging: \
{style: page, parameter: page}, schema: {id: integer, changed: timestamptz}}}: `items` is the way to the rows in the \
answer; without `paging` (page, offset, cursor, next_url, link_header) only the first page is read
- {type: webhook, alias: event, webhook_config: {validation: {method: hmac-sha256, secret_ref: env:HOOK}, \
payload_schema: {type: object, fields: [{name: id, type: string, required: true}]}}}: one a workflow
- {type: stream, alias: events, stream_config: {kind: kafka, topic: events}}
- Only what is new since the last run: `config: {incremental: {cursor: changed}}` of an api or database source, \
`cursor: modified` or `name` of files; `{{cursor}}` in the parameters of an api is where it starts; `seen: id` where \
nothing grows
- With several sources `data` is the one with `role: primary`, else the first. `role: deduplicate`: rows of data that \
stand in this source are dropped."""

TRANSFORM_EXAMPLES = {
    "map": "{columns: {net: amount / 1.19, month: \"date_trunc('month', ordered_at)\"}, rename: {id: order_id}, "
    "drop: [tags]}",
    "filter": "{where: amount > 100 and customer is not null}",
    "reduce": "{aggregates: {total: sum(amount), orders: count(*)}}",
    "sort": "{by: [{field: amount, direction: desc}, id], limit: 10}",
    "deduplicate": "{keys: [customer], keep: last, order_by: [ordered_at]}",
    "enrich": "{source: customers, on: {customer: name}, columns: [tier], default_values: {tier: none}}",
    "join": "{source: customers, on: {customer: name}, how: left}",
    "union": "{sources: [orders], source_column: origin}",
    "aggregate": "{group_by: [customer, {month: \"date_trunc('month', ordered_at)\"}], aggregates: "
    "{revenue: sum(amount), paid: sum(amount) filter (where status = 'paid')}, having: revenue > 0}",
    "window": "{columns: {rank: row_number(), share: amount / sum(amount)}, partition_by: [customer], "
    "order_by: [{field: amount, direction: desc}]}",
    "pivot": "{index: [customer], columns: status, values: amount, function: sum, "
    "column_values: [open, paid], fill: 0}",
    "unpivot": "{index: [id], columns: [customer, status], name_to: key, value_to: text}",
    "explode": "{field: tags, keep_empty: true}",
    "flatten": "{field: address, prefix: address_}",
    "format": "{columns: {amount: {style: currency, currency: EUR}, ordered_at: {style: date}}}",
    "limit": "{rows: 100}",
    "sample": "{fraction: 0.1, seed: 7}",
    "sql": '{query: "select customer, sum(amount) as total from orders group by customer"}',
}
"""One config for each type of transform."""

MISTAKES = (
    "JavaScript: write `a = b and c <> d`, `case when … end`, `upper(name)`; not `==`, `&&`, `? :`, "
    "`name.toUpperCase()`.",
    "A text in double quotes inside an expression is a column; texts stand in single quotes.",
    "`not_equals` and `not_in` keep rows whose value is null; `where: status <> 'open'` drops them.",
    "Placeholders such as <email> or {topic}: declare a runtime input and write {{inputs.email}}, or ask in "
    "clarifications_required.",
    "limit, `keep: first` and row_number() need ordered rows: sort before them. Joins and aggregates leave none of "
    "the input's order.",
    "Several rows that match in enrich are an error unless `multiple` says first, last or all.",
    "Keys of a join must have the same type: cast one with map {cast: {id: string}} before.",
    "Identifiers with leading zeros: declare them as string in config.schema.",
    "A column that does not exist: check the names against the source, case included.",
    "A file that exists is not replaced unless `options: {overwrite: true}`; put {{date}} into the name.",
    "`description` may stand in every object; comments about the task do not belong into other keys.",
)
"""What language models get wrong most often."""

EXAMPLE = """\
ir_version: "3.1"
name: monthly-revenue
goal: Revenue of each tier and month, as a workbook and a CSV file
runtime_inputs:
  - {name: least, type: number, label: Least revenue, default_value: 0}
data_sources:
  - type: tabular
    source: inline
    alias: orders
    role: primary
    config:
      schema: {id: integer, customer: string, amount: "decimal(10,2)", ordered_at: date, status: string}
      rows:
        - {id: 1, customer: Ada, amount: 120.5, ordered_at: "2026-01-05", status: paid}
        - {id: 2, customer: Bo, amount: 80, ordered_at: "2026-01-07", status: cancelled}
        - {id: 3, customer: Bo, amount: 40, ordered_at: "2026-02-01", status: paid}
  - type: tabular
    source: inline
    alias: customers
    config:
      rows:
        - {name: Ada, tier: gold}
        - {name: Bo, tier: silver}
filters:
  combineWith: AND
  conditions:
    - {field: status, operator: not_equals, value: cancelled}
transforms:
  - type: enrich
    config: {source: customers, on: {customer: name}, columns: [tier]}
  - type: aggregate
    output_variable: revenue
    config:
      group_by: [tier, {month: "date_trunc('month', ordered_at)"}]
      aggregates: {revenue: sum(amount), orders: count(*)}
      having: revenue >= inputs.least
  - type: sort
    input_source: revenue
    config:
      by: [month, {field: revenue, direction: desc}]
rendering: {type: html_table, title: "Revenue, {{date}}"}
delivery_rules:
  file_delivery:
    - {format: xlsx, filename_template: "revenue_{{date}}.xlsx", options: {sheet_name: Revenue}}
    - {format: csv, destination: {path: out}, filename_template: "revenue_{{date}}.csv"}
"""
