"""Every diagnostic code: a title, and what it means and how to get past it (the text of its page in the docs)."""

from __future__ import annotations

from ir.records import dataclass


@dataclass(frozen=True, slots=True)
class Code:
    """One code's entry; `explanation` is markdown."""

    title: str
    explanation: str


CODES: dict[str, Code] = {
    "IR101": Code(
        "the file cannot be read",
        "There is no such file, it is a folder, or this user may not read it. Check the path given to the command.",
    ),
    "IR102": Code(
        "the text is not UTF-8",
        "Workflow files are UTF-8. Save the file as UTF-8 in your editor, or convert it: "
        "`iconv -f latin1 -t utf-8 old.yaml > new.yaml`.",
    ),
    "IR103": Code(
        "the text is no YAML or JSON",
        "A quote, a bracket, a comma or the indentation is off; the caret is where reading stopped, which is sometimes "
        "a line below the cause. In YAML a text that begins with `{`, `[`, `*`, `&`, `!`, `%` or `@`, or that holds "
        '`: ` or ` #`, needs quotes: `input_source: "{{orders}}"`.',
    ),
    "IR104": Code(
        "a tab is used for indentation",
        "YAML is indented with spaces only. Most editors can convert tabs to spaces.",
    ),
    "IR105": Code(
        "a key is written twice",
        "Other readers keep one of the two silently; here neither is taken. Keep one, or merge what they hold.",
    ),
    "IR106": Code(
        "NaN is no value",
        "There is no NaN in a workflow: a missing number is `null`. Infinity is allowed (`.inf` in YAML).",
    ),
    "IR107": Code(
        "a number is out of range",
        "The number has more digits or a larger exponent than any column type holds. If it is an identifier, quote it.",
    ),
    "IR108": Code(
        "the document is too large, too deep, or expands too far",
        "A workflow has at most 10 MB of text, 64 levels of nesting and 200,000 values brought in by YAML aliases. Put "
        "data into a file and read it as a source.",
    ),
    "IR109": Code(
        "not one mapping",
        "The file is empty, or holds a list, a single value or more than one document. A workflow is one mapping that "
        "starts with keys such as `ir_version`, `goal` and `data_sources`; a second one needs a file of its own.",
    ),
    "IR110": Code(
        "a key is no text",
        'Keys are text. Quote keys that look like numbers, booleans or null (`"2024": …`). A YAML value that begins '
        'with `{{` needs quotes too, else YAML reads it as a mapping: `"{{orders}}"`.',
    ),
    "IR111": Code(
        "a template that cannot be read",
        "Between `{{` and `}}` stands a reference: a name, then `.name`, `[0]`, `[*]`, `['odd name']` or `.length`. "
        "Expressions and filters do not: compute a column with `map` and refer to it.",
    ),
    "IR112": Code(
        "a YAML tag without meaning here",
        "Tags such as `!env` or `!!python/object` are never run. Leave the tag out; for secrets see `secret_ref`.",
    ),
    "IR113": Code(
        "an expression that cannot be read",
        "Expressions are SQL's: `a = b` (not `==`), `and`, `or`, `not`, `case when … then … else … end` (not `? :`), "
        "texts in single quotes, odd column names in double quotes, casts to the types of the language. There are no "
        "subqueries and no `over`; the transform `window` says what its windows are. The caret is where reading "
        "stopped.",
    ),
    "IR201": Code(
        "an unknown key",
        "The key is not part of the language at this place, mostly a slip of the pen: the hint names the nearest key "
        "that is. Keys that start with `x-` are yours and never read; `description` may stand everywhere.",
    ),
    "IR202": Code(
        "something required is missing",
        "A key that this object cannot do without is absent or null. The message names it.",
    ),
    "IR203": Code(
        "a value of another kind is expected",
        'Kinds are never guessed: `"5"` is text and `5` a number; in YAML 1.2 only `true` and `false` are booleans '
        "(`yes`, `no`, `on`, `off` are text).",
    ),
    "IR204": Code(
        "not one of the words that may stand here",
        "The value comes from a closed list, which the message shows.",
    ),
    "IR205": Code(
        "a value that makes no sense here",
        "The kind is right, the value is not: out of range, no type, no time zone, or it contradicts another key of "
        "the same object. The message says which.",
    ),
    "IR206": Code(
        "keys that exclude each other",
        "Exactly one of the keys that the message names belongs here, or one of them means nothing beside the other, "
        "such as `query` beside `table` of a database source.",
    ),
    "IR207": Code(
        "an unfilled placeholder",
        "`<topic>` or `{topic}` is what a template left for somebody to fill in. Write the value, or declare a runtime "
        "input and write `{{inputs.topic}}`. Such a condition is never dropped silently.",
    ),
    "IR208": Code(
        "a value does not fit its runtime input",
        "A `default_value`, or the value given with `--input`, is not of the input's type or none of its options.",
    ),
    "IR210": Code(
        "a 4.0 execution graph, or compiled steps",
        "A document with `execution_graph` or `workflow_steps` says in nodes or steps what a workflow says in "
        "sections, and is not read as one. `weirflow migrate FILE` writes it in the words of 3.1, and says what became "
        "of each.",
    ),
    "IR211": Code(
        'the "extended 2.0" dialect',
        "The document has a `delivery` list or `transforms` with `operation`: an older dialect of the original. It is "
        "read all the same, and a warning stands at each place that means something in other words. "
        "`weirflow migrate` writes it down in the words of 3.1.",
    ),
    "IR212": Code(
        "words of the original that are refused",
        "They have no meaning here that would be right for every document. The hint says what to write instead.",
    ),
    "IR213": Code(
        "a role in the original's loose words",
        "In 2.0 and 3.0 documents words such as `lookup` and `reference` are taken as the role `deduplicate`."
        " Write the exact word so that nobody is surprised that rows are dropped. Where an enrichment or a transform "
        "looks rows up in the source, none are dropped.",
    ),
    "IR214": Code(
        "a spelling of the original",
        "The document says in the original's words what the language says in others, or names what nothing ever read. "
        "It is read as the message says; `weirflow migrate` writes the whole document in the words of 3.1.",
    ),
    "IR215": Code(
        "words that did something else in the original",
        "The document means here what it says, which is not what the original's engine did with it. Look whether "
        "somebody relied on that.",
    ),
    "IR216": Code(
        "a sentence or filler where the engine needs to know",
        "Documents made by a language model hold sentences and words such as `n/a` where a step or a name belongs. "
        "They are never guessed at: answer the question in the hint.",
    ),
    "IR220": Code(
        "no source gives the rows",
        "Every source is a destination or a reference to deduplicate against. At least one must be read.",
    ),
    "IR221": Code(
        "two primary sources",
        "`data` is the source with role primary, so only one can have it. To use several, write data_merge.",
    ),
    "IR222": Code(
        "a data_merge that cannot be",
        "A merge needs at least two sources that are read as rows, each under its own alias.",
    ),
    "IR223": Code(
        "groups are used but not made",
        "Deliveries per group need `grouping` (or `partitions`) to say what the groups are.",
    ),
    "IR224": Code(
        "a step of a cron expression that is too long for its field",
        "A step counts within its field and begins anew with it, as in every cron: `*/90` among minutes is minute 0 of "
        "each hour, never every 90 minutes, and `10-20/30` is 10. Write the one value if it is meant; for elapsed time "
        "write `type: interval`.",
    ),
    "IR230": Code(
        "no reference to a secret",
        "Secrets never stand in a workflow. Write where the secret is: `env:NAME`, `file:path#key`, "
        "`keyring:service/user`, `vault:path#key`, or a bare name that is looked up as WEIRFLOW_<NAME>. A "
        "secret that stood in a file should be changed.",
    ),
    "IR290": Code(
        "this version cannot run it yet",
        "The part at the caret belongs to the language and is checked, so `weirflow validate` accepts it, but this "
        "version cannot run it. Leave it out, or wait for the version that runs it.",
    ),
    "IR301": Code(
        "no such frame",
        "A frame is a source (by its alias), a transform's `output_variable`, or `data`, the current one. It can be "
        "read below the step that makes it, never above. In data_merge `source_index` counts from 0.",
    ),
    "IR302": Code(
        "no such input",
        "`{{inputs.name}}` (in expressions `inputs.name`) needs an entry of that name under `runtime_inputs`.",
    ),
    "IR303": Code(
        "a reference that has no value here",
        "Locations and file names are filled in before any row is read, so only inputs (`{{inputs.name}}`) and "
        "the words of the run (`{{date}}`, `{{workflow}}`, `{{run_id}}` …) have a value there. The same holds for the "
        "value of a condition; another column is written as `value: {column: name}`. Titles and the other texts of a "
        "report also take `{{frame.column}}` of a frame with one row, `{{frame[0].column}}` and `{{frame.length}}`.",
    ),
    "IR304": Code(
        "a name the language uses itself",
        "`data`, `inputs`, `item`, `group`, `run` and `secrets` have a meaning of their own. Choose another name.",
    ),
    "IR305": Code(
        "a name is given twice",
        "Aliases, ids and output variables share one set of names, so that every reference is clear.",
    ),
    "IR306": Code(
        "a step or delivery that does not exist",
        "`depends_on`, `attachments` and `tests` name steps and deliveries by their `id` (or alias, or "
        "output_variable).",
    ),
    "IR307": Code(
        "steps that wait for each other",
        "`a -> b -> a`: each step reads from, or depends on, the next. Transforms run as written, so one need not name "
        "another of them in `depends_on` that it reads anyway.",
    ),
    "IR310": Code(
        "an input that the workflow does not declare",
        "What is given with `--input name=value` needs an entry of that name under `runtime_inputs`.",
    ),
    "IR311": Code(
        "a required input was not given",
        "Give it with `--input name=value`, or write a `default_value` beside `required: true`.",
    ),
    "IR320": Code(
        "nothing reads a frame",
        "A warning: the source or the step is worked out for nothing, often because a step below should name it as its "
        "`input_source` or `source`. Leave it out if it is not needed.",
    ),
    "IR321": Code(
        "columns that only a run can tell",
        "A pivot without `column_values` has the columns that its data asks for, so its schema, its SQL and its "
        "LazyFrame exist only once a first pass has looked. Declare `column_values`, or call `run()` or `collect()`, "
        "which make the first pass themselves.",
    ),
    "IR323": Code(
        "a question is still open",
        "Entries of `clarifications_required` refuse the run (never `validate` or `plan`). Answer the question in the "
        "workflow, then remove it from the list.",
    ),
    "IR324": Code(
        "a run without an effect",
        "Nothing is delivered. That is fine in a notebook, where `plan.collect()` gives the rows; a run needs "
        "`delivery_rules` to leave something behind.",
    ),
    "IR325": Code(
        "constraints that mean nothing where they stand",
        "Nothing reads this key of `execution_constraints` at its place: a transform is part of the one query, rows "
        "and files on this machine are asked of no connection, and what holds for a whole run stands in the document's "
        "own.",
    ),
    "IR326": Code(
        "rows that only a run makes",
        "An AI or plugin operation makes its rows in a run: looking at a plan calls no model and no service. Run the "
        'workflow; afterwards `result["data"]` and the plan\'s `collect` show the rows that it made.',
    ),
    "IR327": Code(
        "a webhook without a request",
        "Each request to a webhook begins a run in the service; on the command line `--payload FILE` (in Python "
        "`payload=`) stands in for one. A plan needs none where the `payload_schema` names the columns, and a test of "
        "the workflow gives its rows under `sources`.",
    ),
    "IR330": Code(
        "no script can hold this step",
        "`plan.to_polars_code()` writes the calls on Polars that the plan makes. Sources that are converted while they "
        "are read (XLSX, JSON arrays, text with irregular lines) and functions that Polars alone does not have (md5, "
        "sha256) are more than that.",
    ),
    "IR340": Code(
        "no plan to compare with",
        "`plan --diff OLD` takes another workflow, or what `weirflow plan FILE --format json -o plan.json` saved. What "
        "another version saved may mean its keys otherwise, so it is not compared: save it again with this one.",
    ),
    "IR341": Code(
        "a benchmark's run failed",
        "`weirflow bench` makes rows that follow a sample of the sources. A workflow that counts on more than that, "
        "such as on a fixed list of codes, may refuse them.",
    ),
    "IR401": Code(
        "no such column",
        "No column of that name stands in the rows that arrive here; the note lists those that do. Names are "
        "case-sensitive (only `required_headers` are not). A step sees what the steps above it left: a column that "
        "`select` or `aggregate` did not keep is gone. Text in expressions is written in single quotes; double quotes "
        "make it a column's name.",
    ),
    "IR402": Code(
        "no such field",
        "`a.b` reads the field `b` of the struct column `a`. The column is no struct, or has no field of that name.",
    ),
    "IR403": Code(
        "a name would stand for two columns",
        "Every column of a frame has a name of its own. Rename or drop one of the two, name the columns that a join "
        "takes (`columns: [{new: old}]`), or give it another `suffix`. A few names that begin with `__`, such as "
        "`__arrival`, are kept for columns that operations add for themselves.",
    ),
    "IR404": Code(
        "columns that differ only in case",
        "To a database `Id` and `id` are one column. Rename one of them.",
    ),
    "IR405": Code(
        "a value does not fit the column's type",
        "The value is converted to the type of its column when the workflow is compiled, and this one does not "
        "convert: `ten` is no integer, `2026-02-30` no date. Correct the value, or cast the column.",
    ),
    "IR406": Code(
        "columns of different types do not meet",
        "The keys of a join, and the columns of one name in a union or merge, must be of one type. The hint shows the "
        "cast to write; numbers are never matched with texts silently.",
    ),
    "IR407": Code(
        "a column without a name, or no column at all",
        "Every column has a name to call it by, and every frame a column. Write a name where the step makes the "
        "column; where the empty text would name a column of a pivot, replace it before: `coalesce(nullif(x, ''), "
        "'none')`.",
    ),
    "IR408": Code(
        "a step that does not suit the column's type",
        "`explode` needs a list, `flatten` a struct, a sort something with an order, and each style of `format` the "
        "types it can show. Cast the column before the step.",
    ),
    "IR410": Code(
        "no such function",
        "What is not on the list that `weirflow list functions` prints does not exist.",
    ),
    "IR411": Code(
        "the wrong type",
        "A function, an operator or a condition was given a type that it has no meaning for. `cast(x as type)` "
        "converts a column, `try_cast` gives null where it does not convert.",
    ),
    "IR412": Code(
        "a function where it cannot stand",
        "`sum`, `count` and the like stand in aggregate, reduce and window, and there for every value; `lag`, `rank` "
        "and the like only in window; `*` only in `count(*)`; `filter`, `distinct` and `order by` only in aggregates "
        "that they make a difference to.",
    ),
    "IR413": Code(
        "a column outside of an aggregate",
        "A group has many rows, so a column has no single value in it. Take `min(x)`, `max(x)`, `any_value(x)` or "
        "`list(x)`, or add the column to `group_by`.",
    ),
    "IR414": Code(
        "no single value",
        "`name.column` of another frame is a value only where that frame has one row at most and the plan knows it: "
        "what reduce, an aggregate without group_by, `limit: {rows: 1}`, an inline source of one row, and map, filter "
        "or sort of these make. Reduce the frame first, or look its rows up by a key with enrich. In the name of a "
        "file the run tells: a frame that then has no row, or several, ends it before anything is written.",
    ),
    "IR420": Code(
        "rows without an order",
        "limit, first and last, `lag` and `row_number` depend on which row stands where, and these rows have no order "
        "(a join, union, deduplicate, window or unpivot leaves none). Put the sort that the hint shows before it.",
    ),
    "IR430": Code(
        "a key stands twice",
        "`multiple: error` (the default of enrich), `relationship` and the strategy merge promise one row a key, and "
        "the data breaks the promise; the message names the first such key. Deduplicate the source first, or write "
        "`multiple: first`, `last` or `all`.",
    ),
    "IR431": Code(
        "rows that a pivot leaves out",
        "A warning: `column_values` does not name every value that is in the data. Add the value, or filter the rows "
        "away before.",
    ),
    "IR432": Code(
        "texts that are no number",
        "A warning: a condition such as `greater_than` compares a text column with a number, and some of its texts are "
        "none, for which it is false. Declare the column's type at its source, or filter those rows away before.",
    ),
    "IR440": Code(
        "rows broke a validation rule",
        "A rule with action error allows no row to break it, one with `max_failures` only so many. The message counts "
        "the rows and shows the first. No delivery was made: files that were begun are gone. Correct the rows where "
        "they come from, or give the rule another action: warn, skip_row, use_default or quarantine.",
    ),
    "IR441": Code(
        "rows broke a validation rule that warns",
        "A warning: the rows stay and are delivered, and the run ends with exit code 3. A rule with action skip_row or "
        "quarantine leaves them out, one with action error stops the run.",
    ),
    "IR442": Code(
        "a run that will end without a delivery",
        "A warning: an edge case says that the run ends well where a source is empty or lacks a required header, and "
        "that is already so. Steps that read the missing columns are not checked.",
    ),
    "IR443": Code(
        "a branch aborts the run",
        "A conditional has a branch with the action abort, and rows came into it, or the run took it. Nothing was "
        "delivered. The message says what the branch says, its notes the condition and the first rows.",
    ),
    "IR490": Code(
        "the engine stopped",
        "Something that only the rows could show: an integer beyond 64 bits, a cast that a value does not survive, no "
        "room on the disk. `try_cast` gives null instead of an error. What is not known here is told in the engine's "
        "own words.",
    ),
    "IR501": Code(
        "a location that names no place",
        "A location is a path, a glob or a URL such as `s3://bucket/name.csv`; a file in a zip is `a.zip!name.csv`. "
        "Chained file systems (`zip::https://…`) are refused because they hide the real place from the run's policy.",
    ),
    "IR502": Code(
        "the policy forbids this scheme or host",
        "What a run may touch is set by its policy; the command line's is open, the service's closed. Ask whoever runs "
        "it to allow the scheme or the host.",
    ),
    "IR503": Code(
        "the policy forbids this folder",
        "The file lies outside the folders this run may use; links and `..` are followed before that is decided. Move "
        "the file, or ask whoever runs it to allow the folder.",
    ),
    "IR504": Code(
        "the policy forbids this secret",
        "The run may not ask this resolver, or may not read a secret of this name.",
    ),
    "IR505": Code(
        "there is no such file",
        "The path is relative to the workflow's own file (to the current folder where it begins with an input). A glob "
        "that matches nothing is an error unless `allow_empty: true` stands beside it; a zip with several files needs "
        "`a.zip!name`.",
    ),
    "IR506": Code(
        "a file cannot be opened",
        "The store, the network or the credentials did not let it be read, or the package for its scheme is missing; "
        "the message says which.",
    ),
    "IR507": Code(
        "the run's folder cannot be made",
        "A run keeps its working files in `.weirflow/` of the current folder. Set `WEIRFLOW_HOME` to a folder that may "
        "be written.",
    ),
    "IR508": Code(
        "a source that validate does not open",
        "A warning: `validate` opens no connection, and no file whose location needs an input that was not given, so "
        "what it says about this source, and about the steps that read it, is only what the workflow itself tells. "
        "`weirflow plan` reads a sample and checks the columns.",
    ),
    "IR520": Code(
        "an option of the source cannot work",
        "The format, delimiter, encoding, date format, range or declared type at the caret is not one that can be "
        "used here; the help line says what can.",
    ),
    "IR521": Code(
        "a declared column is not in the file",
        "Names are case-sensitive and trimmed. A `schema` may be partial: leave out what the file does not have.",
    ),
    "IR522": Code(
        "the text is not of its encoding",
        "Text is read as UTF-8 unless `encoding` says otherwise. Files from older Windows programs are often cp1252, "
        "from Excel's *Unicode text* utf-16.",
    ),
    "IR523": Code(
        "a file is damaged or not what its ending says",
        "The compressed data ends early, the footer is missing, or the bytes are of another format. Fetch or write the "
        "file again, or say its real `format`.",
    ),
    "IR524": Code(
        "a compressed file grows beyond all measure",
        "A few kilobytes that unpack to gigabytes are how disks are filled on purpose. Unpack it yourself if you trust "
        "it, or raise the policy's limit.",
    ),
    "IR525": Code(
        "a file is empty",
        "There is no header or no key that would tell the columns; mostly whatever writes the file stopped before it "
        "wrote. A file without rows still needs its header (JSON: an empty array `[]` and a `schema`).",
    ),
    "IR526": Code(
        "column names clash",
        "Two columns have the same name, or names that differ only in case, or none. Rename them where the file is "
        "made.",
    ),
    "IR527": Code(
        "rows that are broken",
        "A row has more or fewer fields than the header, or a quote is not closed. Usually the `delimiter` or `quote` "
        "is another one, or a field that contains the delimiter is not quoted.",
    ),
    "IR528": Code(
        "files of one source differ",
        "All files of a glob have the same columns by name. `union_by_name: true` takes all columns and fills missing "
        "ones with null; types must still agree. A file whose header is another than the one its plan was made for is "
        "refused too: compile the workflow again.",
    ),
    "IR529": Code(
        "a stored type that does not fit",
        "The file stores a type that no column type holds (binary, 128-bit integers): write the file without that "
        "column. Or its type does not become the declared one without loss: leave the column out of the `schema` and "
        "cast it in a map.",
    ),
    "IR530": Code(
        "an option of another format",
        "The option exists, but not for files of this format.",
    ),
    "IR531": Code(
        "an inline value does not fit its column",
        "The value at the caret is not of the type its column is declared as.",
    ),
    "IR532": Code(
        "values of one column have several types",
        "Numbers and texts do not mix silently. Declare the column in the `schema`: under string, numbers become their "
        "text.",
    ),
    "IR533": Code(
        "a value does not fit its column",
        "The message names the file, the row, the column and the text, the notes name more of them. Correct the value, "
        "list it in `null_values`, or declare a wider type. Bad rows of a source become dead letters up to `max_bad` "
        "(a count or a share, by default 1%); `on_bad_row: error` stops at the first.",
    ),
    "IR534": Code(
        "a file is no JSON of rows",
        "`json` is one array of objects, `ndjson` one object a line.",
    ),
    "IR535": Code(
        "a workbook has no such sheet",
        "The message lists the sheets that the workbook has; their names are case-sensitive. Without `sheet` the first "
        "one is read.",
    ),
    "IR536": Code(
        "a key that no column stands for",
        "The columns of a JSON file are those of a sample of its rows and those in the `schema`. A key that comes "
        "later would be lost: declare it in the `schema`.",
    ),
    "IR537": Code(
        "a column is wider than its sample looked",
        "The type was inferred from a sample of the source, and a value further down does not fit it: the whole column "
        "is read as string. A step that needs the narrower type is an error then. Declare the type, and such rows "
        "become dead letters; declare string, and nothing is warned of; or list the text in `null_values`.",
    ),
    "IR538": Code(
        "values became null",
        "`on_bad_row: null` keeps a row whose value does not fit its declared type, without that value. The other "
        "actions are `quarantine`, which makes the row a dead letter, and `error`.",
    ),
    "IR539": Code(
        "on_bad_row without a value",
        "In YAML `null` without quotes is no text, and a key without a value counts as absent: bad rows are "
        'quarantined. Write `on_bad_row: "null"` to have the value become null.',
    ),
    "IR540": Code(
        "a payload that cannot be read",
        "What stands in for a request is JSON in UTF-8: one value, or in a file that ends in `.ndjson` one a line. It "
        "has to be what the webhook's `payload_schema` asks for, as the requests that a service accepts are; the "
        "message and the notes name each place in it that is not.",
    ),
    "IR550": Code(
        "cells of a workbook hold errors",
        "A formula that went wrong shows `#DIV/0!`, `#N/A` or the like; there is no value in it, so that the cell "
        "reads as null. Mend the formulas, or wrap them in `IFERROR` where they are meant to be empty.",
    ),
    "IR551": Code(
        "formulas of a workbook have no result",
        "A workbook holds the last result beside each formula. Programs that write formulas without calculating them "
        "leave it out, and the cells would read as empty. Open the workbook in a spreadsheet and save it again.",
    ),
    "IR560": Code(
        "a database that cannot be reached",
        "Nothing answers at the host and port of the credential, it answers too late, or both sides agree on no "
        "encryption. No row was read.",
    ),
    "IR561": Code(
        "a database that refuses the user",
        "The user or password of the credential is another than the server's, or the server lets this user in only "
        "from certain places or over TLS. The credential itself is never shown.",
    ),
    "IR562": Code(
        "no such database",
        "The server has no database of the name that the credential ends with, or this user may not see it.",
    ),
    "IR563": Code(
        "a query that cannot be read",
        "A query is checked before any database sees it, and sent anew from what was understood. This one is no "
        "statement of its database's SQL, or gives two columns one name. What only the database itself understands "
        "can stand in a view of it.",
    ),
    "IR564": Code(
        "a query that does not only read",
        "A query is one statement that reads. One that writes, locks, changes settings or calls a function with "
        "effects is refused before it is sent, and what slips through the database refuses: it runs read-only.",
    ),
    "IR565": Code(
        "a statement that the database refuses",
        "The database cannot run the statement: a name it does not know, a type that does not fit, a function it does "
        "not have. Its own words say which; `weirflow plan` shows the statement.",
    ),
    "IR566": Code(
        "a table that the user may not read",
        "The user of the credential has no right to read the table or to call a function of the query.",
    ),
    "IR567": Code(
        "a statement or request that took too long",
        "The statement ran longer, or waited longer for a lock that others hold, than it may, or no answer came within "
        "the time that `execution_constraints` gives an attempt. Nothing was delivered.",
    ),
    "IR568": Code(
        "a connection that ended before all rows were read",
        "The network or the server ended the connection in the middle, or somebody cancelled the statement. Nothing "
        "was delivered; another run starts over.",
    ),
    "IR569": Code(
        "an input where no value can stand in a query",
        "An input in a query is a value that the database gets beside the statement. It is written without quotes, and "
        "stands where a number or a text of its own could: not inside of a text, and not for the name of a table or "
        "column. In the query of a plugin's action it stands as `:name`, with its value under `parameters`; and rows "
        "never say the host of an address, to which credentials are sent.",
    ),
    "IR570": Code(
        "no such table",
        "The database has no table or view of this name, or this user may not see it. Names are written as the "
        "database has them, `schema.table` where the table is not in the user's own schema.",
    ),
    "IR573": Code(
        "a text of a database that is no UTF-8",
        "SQLite keeps the bytes of a text as a program gave them, and some are no letters. A query can read them as "
        "`hex(name)`, or make a text of them that is one.",
    ),
    "IR580": Code(
        "no MongoDB server answers",
        "The server that a credential names cannot be reached, or it does not accept the user and password. The "
        "message says which; the credential itself is never shown. A URL is "
        "`mongodb://user:password@host:27017/database`, and `?authSource=admin` says which database knows the user.",
    ),
    "IR581": Code(
        "no filter and no pipeline",
        "The `query` of a mongodb source is a filter, an object such as `{status: open}`, or a pipeline, a list of "
        "stages; JSON text of either is taken as well. References such as `{{inputs.since}}` stand in its values, in "
        "quotes, and keep their type.",
    ),
    "IR582": Code(
        "a query that does more than read",
        "A source only reads: stages that write (`$out`, `$merge`), operators that run JavaScript on the server "
        "(`$where`, `$function`, `$accumulator`) and stages that are not known to read are refused before anything is "
        "sent. The value of an input never becomes an operator.",
    ),
    "IR583": Code(
        "MongoDB refuses a query",
        "The server was reached and does not do what it was asked, because the user may not, because the query is not "
        "MongoDB's, or because it takes too long; or the connection broke in the middle.",
    ),
    "IR584": Code(
        "a database whose packages are not installed",
        "Each kind of database but SQLite is reached with packages that a plain installation leaves out: "
        "`pip install 'weirflow[postgres]'`, `weirflow[mysql]` or `weirflow[mongodb]`.",
    ),
    "IR585": Code(
        "credentials that a store cannot use",
        "The secret was found, but what it says makes no credentials of this store: a part is missing, is not known or "
        "has the wrong type. docs/object-stores.md lists the parts of each store.",
    ),
    "IR586": Code(
        "a store refuses the credentials",
        "There are none, a token has expired or was revoked, the keys do not fit each other, or they may not do what "
        "the run does; the message says which. What is missing is granted where the store is administered.",
    ),
    "IR587": Code(
        "a bucket or folder that is not there",
        "Files can only be written where a bucket (S3) or the folder of an id (Google Drive) is. A run makes neither "
        "buckets nor drives.",
    ),
    "IR588": Code(
        "several files of one name",
        "Google Drive lets files of one folder have the same name. Which of them is meant nothing tells: rename or "
        "remove the others.",
    ),
    "IR589": Code(
        "a store that does not answer",
        "Nothing answers at the address, or what answers is no such store, or it stayed busy through all attempts. "
        "Check the endpoint and the network, and whether the store itself has an outage.",
    ),
    "IR590": Code(
        "no such secret",
        "A `credentials_ref` names where a secret is kept, and nothing is kept there: `env:NAME` reads the environment "
        "variable NAME, a bare name `sales-db` the variable WEIRFLOW_SALES_DB and then `.weirflow/secrets.toml`. "
        "[Every form](secrets.md).",
    ),
    "IR591": Code(
        "a credential of another shape",
        "A database's credential is a URL, such as `postgresql://user:password@host/database`, or a JSON object of its "
        "parts (host, port, user, password, database, options). It is never shown.",
    ),
    "IR592": Code(
        "the secret is empty",
        "The variable, the key or the file is there and holds nothing but blanks, as happens where a deployment "
        "declares a secret without giving it a value.",
    ),
    "IR593": Code(
        "a store of secrets cannot be read",
        "The file is not there, may not be read or is not what its ending says; or Vault, the keyring or a resolver of "
        "your own did not answer. What a file's parser or a store said is not repeated, as it may quote a secret.",
    ),
    "IR594": Code(
        "a resolver lacks what it needs",
        "`keyring:` and `vault:` need packages (`pip install 'weirflow[secrets]'`), `vault:` also VAULT_ADDR and "
        "VAULT_TOKEN in the environment; a resolver of your own has to be "
        "[registered](secrets.md#a-resolver-of-your-own).",
    ),
    "IR595": Code(
        "others may read a file of secrets",
        "A warning: the file's mode lets every user of this machine read it. `chmod 600` makes it yours alone. Files "
        "under `/run/secrets`, where containers mount them, are left out.",
    ),
    "IR596": Code(
        "the journal cannot be used",
        "[Incremental](incremental.md) sources and deliveries to databases are remembered in `journal.db` of the home "
        "(`.weirflow/`, or where WEIRFLOW_HOME says), or in the database that WEIRFLOW_JOURNAL names. It is made ready "
        "before anything is delivered. What it says at the end of a run was not saved: the next run reads the same "
        "rows again.",
    ),
    "IR597": Code(
        "incremental reading that cannot work",
        "A cursor is a column that grows (a number, a date, a datetime, a text), for files `name` or `modified`; "
        "`initial` is one of its values, `lag` a number behind numbers and a duration such as `3d` behind times. A "
        "`limit` needs the cursor as the first key of `order_by`, else rows that were cut off would be passed over "
        "for ever, and an `offset` would skip rows anew in every run. A service that gives as many rows as its `limit` "
        "may have cut off others: leave it out. Its columns have to be known before it answers, and `{{cursor}}` "
        "within a text needs an `initial`. [Incremental reading](incremental.md).",
    ),
    "IR598": Code(
        "the last run's cursor is not used",
        "A warning: what was saved belongs to another column, table or location than the source names now, or to "
        "another type. The run starts over, at `initial` where there is one, and saves its own cursor when it has "
        "delivered. Whatever was delivered before is delivered again.",
    ),
    "IR599": Code(
        "rows that incremental reading passes over",
        "A warning: rows whose cursor is null stand behind no value, so that only a run that starts over reads them; "
        "and a file that came late is not read where its name stands before the last one read.",
    ),
    "IR601": Code(
        "no format a file can be delivered in",
        "`format` of a file delivery is one of those that `weirflow list formats` shows as writable. Some formats, "
        "such as arrow, can only be read.",
    ),
    "IR602": Code(
        "an option the format does not have",
        "Each format knows some of the options: a delimiter belongs to csv, a sheet's name to xlsx. Leave the option "
        "out, or deliver in a format that has it.",
    ),
    "IR603": Code(
        "two deliveries make the same file",
        "The second would replace the first. Give one of them another `filename_template` or another folder.",
    ),
    "IR604": Code(
        "an option that cannot be followed",
        "The value is understood but cannot be done for this file: a delimiter that is a quote or a line end, or "
        "`profile: lines` for a frame of several columns, or a workbook `template` that is not there or that has a "
        "placeholder which means nothing in the report.",
    ),
    "IR605": Code(
        "the file exists already",
        "Deliveries never replace a file unasked, and this is checked before anything is written. Write "
        "`overwrite: true` under `options`, or make the name tell runs apart with `{{date}}` or `{{run_id}}`.",
    ),
    "IR606": Code(
        "a file name that names no file below its destination",
        "A file name may hold folders of its own but never `..`, a drive, a URL or a link that leads out of the "
        "destination; and it needs a last part of at most 255 bytes. Values from templates are made safe.",
    ),
    "IR608": Code(
        "the destination refuses the file",
        "The folder cannot be made or written, or the store did not take the file. Nothing incomplete is left there; "
        "run again once the place, the rights or the network are as they should be.",
    ),
    "IR609": Code(
        "no compression known here",
        "Text formats can be written with gzip, zstd or bz2; parquet with zstd, snappy, gzip, lz4, brotli or none.",
    ),
    "IR610": Code(
        "text that the encoding cannot hold",
        "The encoding's name is unknown, or a value has a character that it does not have. Leave `encoding` out: utf-8 "
        "holds every character.",
    ),
    "IR611": Code(
        "no picture for a logo",
        "`rendering.logo` is a PNG or JPEG file of at most 4 MB that lies beside the workflow; nothing is fetched "
        "for a report.",
    ),
    "IR620": Code(
        "a file that cannot be made public",
        "`public: true` gives a file an access list on S3, a permission on Google Drive, a shared link on Dropbox. "
        "Other stores have no such thing, and these may forbid it, as S3 buckets without access lists do.",
    ),
    "IR621": Code(
        "no media type",
        "`content_type` is sent to the store as it is: a type and a subtype such as `text/csv`, with parameters after "
        "a semicolon.",
    ),
    "IR622": Code(
        "a media type that nothing keeps",
        "A warning: local folders and Dropbox keep no media type beside a file, so that `content_type` means nothing "
        "there.",
    ),
    "IR623": Code(
        "what arrived is not what was sent",
        "The store's checksum of the file differs from ours. A new file is taken away again; one that was overwritten "
        "has the wrong content now. Run again.",
    ),
    "IR624": Code(
        "a store without conditional writes",
        "`overwrite: false` is kept by the store itself, which is asked to write only where nothing stands. This one "
        "does not know such requests. Where nobody else writes, `conditional_writes: false` in the credentials has "
        "the run look first and write then.",
    ),
    "IR630": Code(
        "no such table to write to",
        "The database has no table of this name, or what has the name takes no rows. Names are written as the "
        "database has them, `schema.table` where the table is not in the user's own schema. With `create_table: "
        "true` the run makes the table, with columns of fitting types and `key_fields` as its primary key.",
    ),
    "IR631": Code(
        "the columns and the table do not match",
        "Every column that is sent must be one of the table, by its exact name, and none that the database computes "
        "itself; a column that must have a value and has no default must be sent. `columns` of the delivery chooses "
        "what is sent.",
    ),
    "IR632": Code(
        "a type that the column does not take",
        "Rows go into columns of their own kind only: integers into integer and decimal columns, decimals where no "
        "digit is lost, texts into texts, dates into dates. Nothing is converted silently; a cast says that it is "
        "wanted. [The table of types](databases-writing.md#types).",
    ),
    "IR633": Code(
        "rows without a key",
        "A key that is null tells no row apart, and a database finds none by it. Filter such rows out, or fill the "
        "column before.",
    ),
    "IR634": Code(
        "two rows of one delivery have the same key",
        "Only one of them can stand in the table. Where the rows have an order (a file's, a sort's) the last one "
        "wins, and they are counted; where they have none, which one that is would be chance. A sort or a "
        "deduplicate before says it.",
    ),
    "IR635": Code(
        "a key exists, or is missing",
        "An insert with `conflict_strategy: error`, its default, refuses keys that the table has; an update or "
        "delete with it those that the table has not. Nothing of the delivery is written. The other strategies say "
        "what is done instead.",
    ),
    "IR636": Code(
        "a constraint of the table is broken",
        "The table refuses a row: a unique constraint on other columns than the keys, a foreign key, a check, a "
        "column that must have a value. Nothing of the delivery is written. The message names the constraint and, "
        "where it can be found, the first row that breaks it.",
    ),
    "IR637": Code(
        "a value that its column cannot hold",
        "A text is too long, a number out of range, or a text is none of the words of an enum, no UUID and so on. "
        "Nothing of the delivery is written. The message names the column and the first row.",
    ),
    "IR638": Code(
        "a right is missing",
        "The user of the credential may not do this to the table. Nothing of the delivery is written; `weirflow "
        "connections test` says what the user may do.",
    ),
    "IR639": Code(
        "the table could not be written",
        "The server cannot be reached, the connection broke, a lock was not given in time, or a trigger refused a "
        "row: the message says what the server said. Nothing of the delivery is written, and it can be run again.",
    ),
    "IR640": Code(
        "columns of a delivery that do not fit its operation",
        "The `key_fields` must be among the `columns` that are sent, and an update needs at least one more, which it "
        "sets.",
    ),
    "IR650": Code(
        "a recipient that can be none",
        "What stands in `recipient`, `cc` or `bcc` is no address of the kind that the plugin sends to. Several are "
        "written as a list.",
    ),
    "IR651": Code(
        "a message that cannot be made",
        "A row has no recipient, or one that is none; the rows of a group name several; or a text names what a row "
        "does not have. The other messages are sent. The rows of this one are dead letters of the delivery.",
    ),
    "IR652": Code(
        "step_result without a result that it could be",
        "`{{step_result.x}}` is what the destination before answered for the same row, group or frame. The first of "
        "`multiple_destinations` has none before it, and both must be sent for the same: each row, each group, or "
        "once.",
    ),
    "IR653": Code(
        "messages that are other ones than before",
        "A run that is gone on with compares each message with what the journal says of it. Where the rows have "
        "changed or come in another order, nobody can tell which of them were sent, so none is.",
    ),
    "IR654": Code(
        "an attachment that is not there",
        "The file delivery whose `id` stands under `attachments` has made no file in this run.",
    ),
    "IR655": Code(
        "a key of config that the plugin does not have",
        "`config` of a message holds what its plugin takes beside the message itself, such as `from` and `reply_to` "
        "of an e-mail. A post is JSON, and has neither copies nor attachments.",
    ),
    "IR656": Code(
        "a column that stands before a word of the same name",
        "In the texts of a message a row its columns stand bare, and one of them is called as a word of the run or of "
        "the message, such as `date` or `count`. The column is meant; `{{run.date}}` is the run's own. Rename the "
        "column with `map` to be rid of the doubt.",
    ),
    "IR657": Code(
        "a rendering that nothing follows",
        "`rendering.template` and `rendering.summary_stats` say what messages say. Files show their table, or the "
        "report's `sections` with the totals of each. Add a delivery of messages, or leave the key out.",
    ),
    "IR670": Code(
        "a message whose text cannot be made",
        "The template names a part that this row or group does not have, or filling it passed a bound: ten million "
        "characters, a hundred thousand turns of its loops, five seconds. The others are sent.",
    ),
    "IR680": Code(
        "no mail account is configured",
        "A message is to go by e-mail, and nothing says through which server. Export "
        "`WEIRFLOW_EMAIL=smtps://user:password@smtp.example.com?from=reports@example.com`, or name another secret with "
        "`credentials_ref`. `gmail` and `google-mail` use the same account. [Mail accounts](mail-accounts.md).",
    ),
    "IR681": Code(
        "a mail account that is none",
        "A mail account is a URL such as `smtps://user:password@smtp.example.com:465?from=reports@example.com`, or an "
        "object of its parts (host, port, user, password, from, reply_to, encryption, …). Special characters of a "
        "password are written as in every URL: `@` is `%40`. It is never shown. [Mail accounts](mail-accounts.md).",
    ),
    "IR682": Code(
        "the mail server cannot be reached",
        "Nothing answered at its host and port, or the connection was lost before a message was handed over: nothing "
        "of that message was sent. Look at the host, the port (465 for smtps, 587 for smtp) and the firewall.",
    ),
    "IR683": Code(
        "the mail server does not let us in",
        "The login was refused, the server's certificate is not trusted, or there is no encryption: passwords never go "
        "over a connection that others can read. Many providers want a password made for applications. "
        "[Mail accounts](mail-accounts.md).",
    ),
    "IR684": Code(
        "a mail was not taken",
        "The server answered with an error, which is quoted. One that begins with 4 passes by itself and is tried "
        "again where `retry` says so; one that begins with 5 is final. Where the connection was lost after the whole "
        "message was sent nobody knows whether it was taken: `on_uncertain` decides whether it is sent again.",
    ),
    "IR685": Code(
        "no recipient or header a mail could have",
        "An address is `anna@example.com` or `Anna Berg <anna@example.com>`. A subject, an address or a header with a "
        "line break is refused, because it would begin a header of its own: values of rows get no say in that.",
    ),
    "IR686": Code(
        "a mail is too large",
        "Attachments grow by a third on their way. The account's `max_bytes` (25 MB, what most providers take) or the "
        "server itself allows less than this message has. Deliver the file to a store, and mail its link.",
    ),
    "IR687": Code(
        "config.toml cannot be used",
        "`config.toml` of the home (`.weirflow/`, or where WEIRFLOW_HOME says) is no TOML, or has a section or a key "
        "that there is not. Each key is also a variable of the environment, such as WEIRFLOW_MAIL_FROM. "
        "[Mail accounts](mail-accounts.md).",
    ),
    "IR690": Code(
        "no request that could be sent",
        "A post needs a `url` that begins with `https://`, headers without line breaks, and with `auth` a secret of "
        "the right shape. Credentials go only to the host that the document names, and only encrypted: a row's value "
        "cannot lead them elsewhere. [Posts to a service](webhooks-out.md).",
    ),
    "IR691": Code(
        "a service did not take a post",
        "It answered with a status other than those hoped for (2xx, or the config's `success`), which is quoted with "
        "the beginning of its answer. 408, 425, 429 and 5xx pass by themselves and are tried again where `retry` says "
        "so, after the time that the service asks for; the others are final. Redirects to another host are not "
        "followed. Of rows that come page by page it is also what the description of the pages got wrong: a path that "
        "leads nowhere while the answer says that there is more (`if_absent: end` in `paging` says that this is the "
        "end), or a second page that is the first one again.",
    ),
    "IR692": Code(
        "a service gave no answer",
        "The host is not known, nothing listens there, its certificate is not trusted, or the connection was lost "
        "before an answer came. In the last case nobody knows whether the post was taken; it carries the same key "
        "when it is sent again.",
    ),
    "IR693": Code(
        "parameters that an action does not take",
        "The values of one call, such as those of one row, do not fit the action's parameters: one is missing, is of "
        "another type, or cannot stand in a path or a header. Nothing was sent. `weirflow plugins show KEY ACTION` "
        "tells what it takes. [The request pipeline](plugin-requests.md).",
    ),
    "IR694": Code(
        "no file where an action needs one",
        "A parameter that takes a file has something else, or a file whose bytes are not in this run's folder. Files "
        "come from attachments, and from actions that download them.",
    ),
    "IR695": Code(
        "a manifest that cannot be used",
        "A plugin's manifest cannot be read, has a key that there is not, or a template that leads nowhere. `weirflow "
        "plugins check FILE` says where. [The request pipeline](plugin-requests.md).",
    ),
    "IR696": Code(
        "no version of a plugin in the range",
        "`plugins` of the workflow asks for versions that are not there. The hint names those that are; several may "
        "stand side by side, as `<key>@1.2.0.yaml`.",
    ),
    "IR697": Code(
        "a call that is not made again",
        "`on_error: retry` stands on an action that has no key by which the service could tell a second attempt from a "
        "second order. It is made again only where the service has not begun with it (429, 503, no connection); where "
        "it may have taken effect the step fails instead, and says so. `on_error: continue` goes on with the other "
        "rows. [Operations of plugins](plugin-operations.md).",
    ),
    "IR698": Code(
        "an action on its way out",
        "The plugin still has the action, and a later major version will not. The hint names the one to write instead.",
    ),
    "IR699": Code(
        "tools that are not written down",
        "A plan asks no MCP server for its tools, so that a wrong parameter shows when the call is made. Once the "
        "tools are written down as a manifest, `validate` checks them and the results have typed columns. "
        "[Agents and MCP](mcp.md).",
    ),
    "IR701": Code(
        "a test would ask the outside",
        "A test touches nothing outside: it asks no database and opens no connection. A source that is not a local "
        "file needs rows of the test's own: `sources: {orders: [{id: 1, amount: 10}]}`, under the name that the "
        "source has in the workflow.",
    ),
    "IR702": Code(
        "there are no tests",
        "`weirflow test` found none where it was told to look. A workflow carries them under `tests`, or a file named "
        "like it with `_test` at the end of its name stands beside it: `report_test.yaml` for `report.yaml`.",
    ),
    "IR710": Code(
        "a run that cannot be shown or gone on with",
        "There is no run of that id in the journal of this home, or it is still under way. As a warning of a resume: "
        "the run has made all its deliveries, and nothing is left to do. `weirflow runs list` shows the runs and how "
        "they stand; [runs](runs.md) says which of them can be resumed.",
    ),
    "IR711": Code(
        "what a run began with has changed",
        "A warning of a resume: the workflow's file, or a source that deliveries were made of before the run was "
        "stopped, is another one by now. The run goes on with the workflow that it began with, and with the sources "
        "as they are; `weirflow resume RUN --anew` begins a new run from the file.",
    ),
    "IR712": Code(
        "the run is another worker's by now",
        "A worker of a service did not answer for so long that another one has gone on with its run: it was frozen, or "
        "cut off from the journal. What it was about to write into the journal is refused, so that no delivery is made "
        "twice, and it ends its attempt.",
    ),
    "IR713": Code(
        "a run took more than it may",
        "Whoever runs the service has set how much memory and how much time a run may take: `max_memory` and "
        "`max_seconds` of `[service]` in `config.toml`. This run took more and was stopped; what it had delivered "
        "stands. Let it read less, or let DuckDB do it (`engine: duckdb` keeps what does not fit on the disk), or "
        "raise the limit, and resume the run. [The service's policy](service-policy.md).",
    ),
    "IR714": Code(
        "the process of a run is gone",
        "The process that carried the run out was killed from outside, as the system does when the machine has no "
        "memory left, or it crashed. The service and all other runs go on; what this one had delivered stands, and "
        "`weirflow resume` goes on with it. [The service's policy](service-policy.md).",
    ),
    "IR720": Code(
        "a replay that would mean nothing",
        "Rows that were rejected come back one by one. A delivery takes part in the replay only where each of its rows "
        "is made of one of them: an aggregate, a window or a deduplicate would count these rows alone, a union or the "
        "right side of a join would deliver rows again. As a warning it names a delivery that is left out; where none "
        "is left, repair the source and run the workflow again.",
    ),
    "IR721": Code(
        "nothing to replay",
        "There is no such run, it has no dead letters, all of them were replayed before, or the file with the repaired "
        "rows is not one of this run: its column `_letter` tells which row was repaired and stays as it is.",
    ),
    "IR730": Code(
        "nothing to verify",
        "There is no such run, it has delivered no file, or it is a replay, whose rows were repaired by hand.",
    ),
    "IR760": Code(
        "no model for an operation",
        "This AI operation needs a service that answers it: `base_url` and `model` under `[ai]` of `config.toml`, or "
        "WEIRFLOW_AI_BASE_URL and WEIRFLOW_AI_MODEL. Any service that speaks as OpenAI's does will do, also one on "
        "this machine. Without one, single rows are extracted from by patterns and labels, and with the extra "
        "`ai-local` classified and told the sentiment of. [AI operations](ai.md).",
    ),
    "IR761": Code(
        "a configuration of AI that makes no sense",
        "A value of `[ai]` in `config.toml`, or of its variable such as WEIRFLOW_AI_TIMEOUT_S, is none that could be "
        "meant, or one is missing that another needs: `max_cost` needs the prices of the model. "
        "[AI operations](ai.md).",
    ),
    "IR762": Code(
        "an answer that does not fit",
        "The model was asked several times, with the reason each time, and its answers do not have the types and "
        "values that `output_schema` says; or it refuses, or its answer is cut off. Say in `instruction` and in the "
        "fields' `description` what is wanted, leave fields that may be missing without `required`, or write "
        "`on_error: continue`. [AI operations](ai.md).",
    ),
    "IR763": Code(
        "a budget that is used up",
        "`max_cost`, `max_calls` or `max_tokens` of the operation, or of `[ai]` for a whole run, does not have room "
        "for another call; or `max_tokens_per_day` or `max_cost_per_day`, which all runs share, and the message says "
        "until when. Before the first call it is told where the budget cannot be enough. What was answered is "
        "remembered: a resume with a larger budget pays nothing twice. [AI operations](ai.md).",
    ),
    "IR764": Code(
        "a model's service does not answer",
        "It refuses the key, knows no such model, has no money left, is not there, or a row is too long for the "
        "model: the message says what it said. Services that are busy or fail for a moment are asked again for a "
        "while before. [AI operations](ai.md).",
    ),
    "IR780": Code(
        "a document that has no reader",
        "Text is read from PDF, DOCX, XLSX, HTML, mails in files (EML), CSV and plain text; what a file is shows in "
        "its first bytes, whatever its name says. Archives are not opened; old Office files (.doc, .xls), "
        "presentations and OpenDocument files are saved as one of those first.",
    ),
    "IR781": Code(
        "a document that is damaged or locked",
        "The file is not what it claims to be, is cut short, or asks for a password. Open it in the program it comes "
        "from and save it again, without a password.",
    ),
    "IR782": Code(
        "a document that asks too much",
        "It is larger, unpacks further, nests deeper, or takes longer to read than one document may; files made to do "
        "harm are like that. The limits stand in [documents](documents.md). It was read by a process of its own, which "
        "is all that was ended.",
    ),
    "IR783": Code(
        "a document of pictures",
        "A scan or a photograph has no text. `ocr_fallback: true` at the operation recognises letters in it, with "
        "models that come with `pip install 'weirflow[ocr]'`; nothing leaves the machine.",
    ),
}
