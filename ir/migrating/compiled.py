"""The compiled step form as operations, branches and loops."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ir.diagnostics import Pointer
from ir.migrating.program import Arm, Block, Choice, Loop, Operation, Part, Refused, Together, Words
from ir.migrating.retries import policy_of
from ir.migrating.shapes import listing, mapping, mappings, text
from ir.migrating.step_keys import told
from ir.migrating.transform_keys import told_of_transform

_READING = ("read", "search", "list", "get", "fetch", "find", "query", "download", "retrieve")
_AI = frozenset({"ai_processing", "llm_decision", "deterministic_extraction"})
_PARAMETERS = frozenset({"input", "temperature", "max_tokens", "model"})
"""Parameters of a model's step that have a place of their own; the others are what it is told beside."""
_REFUSED = {
    "delay": ("waiting is no step", "is a limit of the service meant? write execution_constraints: {rate_limit: …}"),
    "comparison": (
        "a comparison of two values makes no rows",
        "what is compared? write a join with how: anti, or a conditional",
    ),
    "sub_workflow": (
        "a workflow does not run another one within itself",
        "is it to run afterwards? write schedule: {type: event, event: {workflow_finished: name}} in it",
    ),
    "human_approval": (
        "a run does not wait for a person",
        "who decides? deliver what is to be decided, and run a second workflow for what is approved",
    ),
    "validation": (
        "the rules of a validation step are its own",
        "what has to hold? write validation_rules: [{field, type, action}]",
    ),
}
"""{type of step: (why it has no words, what is asked)}."""


def program(steps: Sequence[Any], at: Pointer) -> Block:
    """The steps in order."""
    found: list[Part] = []
    for index, each in enumerate(steps):
        if isinstance(each, Mapping):
            found += _parts(each, (*at, index))
        else:
            why = "an entry that is no step"
            found.append(
                Refused(at=(*at, index), name=f"step {index + 1}", why=why, question="what does it do?", was=each)
            )
    return found


def _parts(step: Mapping[str, Any], at: Pointer) -> list[Part]:
    """The step, within a choice where it is done on a condition, and what is told of its other keys."""
    name = _name(step, at)
    inner = [_step(step, at), *told(step, at, name)]
    if step.get("type") == "transform":
        inner += told_of_transform(step, at, name)
    condition = step.get("executeIf")
    if condition is None:
        return inner
    return [Choice(at=(*at, "executeIf"), name=f"{name}_if", arms=[Arm(condition=condition, body=inner)])]


def _step(step: Mapping[str, Any], at: Pointer) -> Part:
    name, kind = _name(step, at), str(step.get("type") or "")
    match kind:
        case "action" | "plugin":
            return _action(step, at, name)
        case "transform":
            words = {**mapping(step.get("config")), "type": step.get("operation"), "input": step.get("input")}
            config = mapping(step.get("config"))
            words = {**words, "input": step.get("input") or config.get("input")}
            return _operation(step, at, name, "transform", words)
        case "conditional":
            then = step.get("then_steps") or step.get("steps") or step.get("then") or step.get("trueBranch") or ()
            other = step.get("else_steps") or step.get("else") or step.get("falseBranch") or ()
            return Choice(
                at=at,
                name=name,
                arms=[Arm(condition=step.get("condition"), body=_block(then, (*at, "then")))],
                otherwise=_block(other, (*at, "else")),
            )
        case "switch":
            return _switch(step, at, name)
        case "scatter_gather":
            return _scatter(step, at, name)
        case "loop":
            over = step.get("iterateOver") or step.get("iterate_over")
            return Loop(
                at=at,
                name=name,
                over=_bare(over),
                item=str(step.get("itemVariable") or "item"),
                body=_block(step.get("loopSteps") or step.get("steps") or (), (*at, "loopSteps")),
                output=text(step.get("output_variable")),
                at_once=3 if step.get("parallel") is True else None,
            )
        case "parallel_group" | "parallel":
            listed = listing(step.get("steps"))
            blocks = [_block(each, (*at, "steps", index)) for index, each in enumerate(listed)]
            return Together(at=at, name=name, blocks=blocks, at_once=_whole(step.get("maxConcurrency")))
        case "retry_wrapper" | "rate_limiter":
            return _wrapped(step, at, name)
        case "enrichment":
            return _enrichment(step, at, name)
    if kind in _AI:
        return _ai(step, at, name, kind)
    why, question = _REFUSED.get(kind, (f'"{kind}" is no type of step', "what does it do?"))
    if kind == "human_approval" and step.get("message"):
        question = f"{question} (it asked: {step['message']})"
    return Refused(
        at=at, name=name, why=why, question=question, was=dict(step), output=text(step.get("output_variable"))
    )


def _operation(step: Mapping[str, Any], at: Pointer, name: str, kind: Any, words: Words) -> Operation:
    settings = policy_of(step)
    open_: list[str] = []
    if step.get("rollbackAction"):
        open_.append(
            "what undoes the step when a later one fails? nothing is undone by itself: deliver last what cannot "
            "be taken back"
        )
    return Operation(
        at=at,
        name=name,
        kind=kind,
        words=words,
        output=text(step.get("output_variable")),
        settings={**settings, **({"open": open_} if open_ else {})},
        description=text(step.get("description")) or _title(step, name),
    )


def _action(step: Mapping[str, Any], at: Pointer, name: str) -> Operation:
    action = str(step.get("action") or step.get("operation") or "")
    config = {**mapping(step.get("config")), **mapping(step.get("params")), **mapping(step.get("parameters"))}
    words = {"plugin_key": step.get("plugin") or step.get("plugin_key"), "action": action, "config": config}
    kind = "fetch" if action.split("_")[0] in _READING else "deliver"
    return _operation(step, at, name, kind, words)


def _ai(step: Mapping[str, Any], at: Pointer, name: str, kind: str) -> Operation:
    config = {**mapping(step.get("llm_config")), **mapping(step.get("config"))}
    params = mapping(step.get("params"))
    declared = {"llm_decision": "decide", "deterministic_extraction": "deterministic_extract"}.get(kind, "generate")
    words: Words = {
        "type": config.get("ai_type") or config.get("type") or declared,
        "instruction": step.get("prompt") or step.get("instruction") or config.get("instruction"),
        "input": step.get("input") or config.get("input") or params.get("input"),
        "output_schema": config.get("output_schema") or step.get("output_schema"),
        "labels": config.get("labels"),
        "temperature": config.get("temperature") or params.get("temperature"),
        "max_tokens": config.get("max_tokens") or params.get("max_tokens"),
        "document_type": step.get("document_type"),
        "ocr_fallback": step.get("ocr_fallback"),
        "model": config.get("model") or params.get("model"),
        "context": {key: each for key, each in params.items() if key not in _PARAMETERS} or None,
    }
    return _operation(step, at, name, "ai", {key: each for key, each in words.items() if each is not None})


def _switch(step: Mapping[str, Any], at: Pointer, name: str) -> Choice:
    over = _bare(step.get("evaluate"))
    cases = mapping(step.get("cases"))
    arms = [
        Arm(
            condition={"type": "simple", "variable": over, "operator": "equals", "value": value},
            body=_block(body, (*at, "cases", value)),
        )
        for value, body in cases.items()
    ]
    return Choice(at=at, name=name, arms=arms, otherwise=_block(step.get("default") or (), (*at, "default")))


def _scatter(step: Mapping[str, Any], at: Pointer, name: str) -> Part:
    scatter, gather = mapping(step.get("scatter")), mapping(step.get("gather"))
    inner = scatter.get("steps") or step.get("steps") or ()
    if scatter.get("continueOnError") is True:  # an element that fails is left out, and the others go on
        inner = [{"continueOnError": True, **each} if isinstance(each, Mapping) else each for each in listing(inner)]
    body = list(_block(inner, (*at, "scatter", "steps")))
    if gather.get("operation") not in (None, "collect", "collect_all", "merge", "flatten"):
        body.append(
            Refused(
                at=(*at, "gather"),
                name=name,
                why=f"a gather by {gather['operation']} is no collection of rows",
                question="which value is meant? write a reduce over the rows",
                was=dict(gather),
            )
        )
    return Loop(
        at=at,
        name=name,
        over=_bare(scatter.get("input") or step.get("input")),
        item=str(scatter.get("itemVariable") or "item"),
        body=body,
        output=text(step.get("output_variable")) or text(gather.get("output_variable")) or name,
        at_once=_whole(scatter.get("maxConcurrency")),
    )


def _wrapped(step: Mapping[str, Any], at: Pointer, name: str) -> Part:
    """What stands in a wrapper; the wrapper's own settings are asked for, as they were never the same twice."""
    inner = list(_block(step.get("step") or step.get("steps") or (), (*at, "steps")))
    rest = {key: each for key, each in step.items() if key not in ("id", "step_id", "type", "name", "step", "steps")}
    if rest:
        inner.append(
            Refused(
                at=at,
                name=name,
                why=f"a {step.get('type')} is no step",
                question="which limits are meant? write execution_constraints: {retry: …, rate_limit: …} at the step",
                was=rest,
            )
        )
    return Together(at=at, name=name, blocks=[inner])


def _enrichment(step: Mapping[str, Any], at: Pointer, name: str) -> Part:
    sources = mappings(step.get("sources"))
    on = step.get("joinOn")
    if step.get("strategy") != "join" or len(sources) != 2 or not isinstance(on, str):
        return Refused(
            at=at,
            name=name,
            why="objects that are merged into each other are no rows",
            question="which columns of which rows are equal? write a transform of type enrich",
            was=dict(step),
            output=text(step.get("output_variable")),
        )
    words = {
        "type": "join",
        "input": _bare(sources[0].get("from")),
        "right": _bare(sources[1].get("from")),
        "left_key": on,
        "right_key": on,
        "join_type": "left",
    }
    return _operation(step, at, name, "transform", words)


def _block(written: Any, at: Pointer) -> Block:
    if isinstance(written, Mapping):
        written = [written]
    found: list[Part] = []
    for index, each in enumerate(written if isinstance(written, list) else [written] if written else []):
        if isinstance(each, Mapping):
            found += _parts(each, (*at, index))
        elif each not in ("end", None, ""):
            found.append(
                Refused(
                    at=(*at, index),
                    name=str(each),
                    why="a branch names a step that stands elsewhere",
                    question="write the step inside the branch",
                )
            )
    return found


def with_branches_inside(steps: Sequence[Any]) -> list[Any]:
    """The steps with those that branches name by their id moved into the branches."""
    by_id = {str(each.get("id") or each.get("step_id")): each for each in steps if isinstance(each, Mapping)}
    named: set[str] = set()

    def resolved(step: Any, depth: int = 0) -> Any:
        if not isinstance(step, Mapping) or depth > 20:
            return step
        made = dict(step)
        for key in ("trueBranch", "falseBranch", "then", "else", "then_steps", "else_steps", "steps", "default"):
            if made.get(key) is not None:
                made[key] = branch(made[key], depth)
        if isinstance(made.get("cases"), Mapping):
            made["cases"] = {value: branch(body, depth) for value, body in made["cases"].items()}
        return made

    def branch(written: Any, depth: int) -> Any:
        listed = written if isinstance(written, list) else [written]
        found = []
        for each in listed:
            if isinstance(each, str) and each in by_id:
                named.add(each)
                found.append(resolved(by_id[each], depth + 1))
            else:
                found.append(resolved(each, depth + 1))
        return found

    made = [
        (str(each.get("id") or each.get("step_id")) if isinstance(each, Mapping) else "", resolved(each))
        for each in steps
    ]
    return [each for name, each in made if name not in named]


def _title(step: Mapping[str, Any], name: str) -> str | None:
    """What people call the step, where that is more than its id."""
    title = text(step.get("name"))
    return title if title != name else None


def _whole(written: Any) -> int | None:
    return written if isinstance(written, int) and not isinstance(written, bool) else None


def _name(step: Mapping[str, Any], at: Pointer) -> str:
    return str(step.get("step_id") or step.get("id") or f"step{at[-1]}")


def _bare(written: Any) -> str:
    text = str(written or "").strip()
    return text[2:-2].strip() if text.startswith("{{") and text.endswith("}}") else text
