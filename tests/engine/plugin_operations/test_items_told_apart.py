"""Calls of which a service does some things and refuses others, in an answer that is a success."""

from __future__ import annotations

import copy
import json

import pytest
from aiohttp import web

import weirflow as wf
from engine.journal.items import items_of
from engine.journal.journal import Journal
from tests.engine.plugin_operations.shop import MANIFEST, Shop, document, with_shop

_ORDERS = {"type": "array", "minItems": 1, "items": {"type": "object"}}
EACH = {
    "kind": "write",
    "parameters": {"type": "object", "required": ["orders"], "properties": {
        "orders": _ORDERS, "all_or_none": {"type": "boolean", "default": False}}},
    "output_schema": {"type": "array", "items": {"type": "object", "properties": {"id": {"type": "string"}}}},
    "request": {"method": "POST", "path": "/each",
                "body": {"orders": "{{params.orders}}", "all_or_none": "{{params.all_or_none}}"}},
    "response": {"select": "done"},
    "items": {"of": "done", "success_when": {"path": "ok", "equals": True}, "message_path": "error",
              "undone": {"path": "error", "equals": "rolled back"}},
    "batch": {"parameter": "orders", "max_items": 4},
    "rows": {"parameter": "orders", "shape": "objects", "max_items": 4},
}  # fmt: skip
PACKED = {"operation_type": "order_each", "execution_scope": "batch", "output_variable": "order",
          "config": {"orders": [{"who": "{{who}}"}]}}  # fmt: skip
ROWS = [{"who": each} for each in ("a", "bad", "c", "d", "e")]


class Each(Shop):
    """Takes each order by itself, and refuses those of customers that it does not know."""

    def __init__(self) -> None:
        super().__init__()
        self.unknown = {"bad"}
        self.taken: list[str] = []
        self.most = 1000
        """It refuses calls about more orders than that as a whole."""

    def routes(self) -> list[web.RouteDef]:
        return [*super().routes(), web.post("/each", self._each)]

    async def _each(self, request: web.Request) -> web.Response:
        sent = await request.json()
        names = [each["who"] for each in sent["orders"]]
        if len(names) > self.most:
            return web.json_response({"error": "these are too many"}, status=422)
        is_rolled_back = sent["all_or_none"] and bool(self.unknown & set(names))
        done = []
        for name in names:
            if name in self.unknown:
                done.append({"ok": False, "error": f"nobody is called {name}"})
            elif is_rolled_back:
                done.append({"ok": False, "error": "rolled back"})
            else:
                self.taken.append(name)
                done.append({"ok": True, "id": f"o-{name}"})
        return web.json_response({"done": done})


@pytest.fixture
def each_shop(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    manifest = copy.deepcopy(MANIFEST)
    manifest["actions"]["order_each"] = copy.deepcopy(EACH)
    with Each().running() as running:
        with_shop(tmp_path, running, monkeypatch, manifest)
        yield running


def _step(result):
    return next(each.outcome for each in result.steps if each.kind == "plugin")


def test_what_was_refused_in_a_pack_is_a_dead_letter_and_the_rest_is_done(tmp_path, each_shop):
    step = {**PACKED, "on_error": "continue"}
    result = wf.compile(document(ROWS, step), base=tmp_path).run(out=tmp_path)
    assert [each and each["id"] for each in result["data"]["order"]] == ["o-a", None, "o-c", "o-d", "o-e"]
    assert result["data"]["order_error"].to_list() == [None, "Shop answers nobody is called bad", None, None, None]
    assert each_shop.taken == ["a", "c", "d", "e"]
    assert _step(result) == {"calls": 3, "requests": 2, "failed": 1}
    assert (result.status, result.dead_letters["count"]) == ("incomplete", 1)
    # and a replay sends the repaired row alone
    repaired = tmp_path / "repaired.csv"
    repaired.write_text("_letter,who\n1,b\n")
    assert [each.status for each in wf.replay(result.run_id, repaired).runs] == ["succeeded"]
    assert each_shop.taken == ["a", "c", "d", "e", "b"]


def test_a_run_that_ended_at_what_was_refused_goes_on_with_that_alone(tmp_path, each_shop):
    with pytest.raises(wf.WorkflowError, match="row 2: Shop answers nobody is called bad") as failure:
        wf.compile(document(ROWS, PACKED), base=tmp_path).run(out=tmp_path)
    assert each_shop.taken == ["a", "c", "d"]
    with pytest.raises(wf.WorkflowError, match="row 2: Shop answers nobody is called bad"):
        wf.resume(failure.value.run_id)
    assert each_shop.taken == ["a", "c", "d"]
    each_shop.unknown.clear()
    result = wf.resume(failure.value.run_id)
    assert each_shop.taken == ["a", "c", "d", "bad", "e"]
    assert [each["id"] for each in result["data"]["order"]] == ["o-a", "o-bad", "o-c", "o-d", "o-e"]


def test_a_run_that_was_killed_makes_nothing_again_of_what_was_done_in_part(tmp_path, each_shop, monkeypatch):
    made = document(ROWS[:4], {"operation_type": "order_each", "on_error": "continue", "config": {}})

    def killed(*_):
        raise MemoryError

    plan = wf.compile(made, base=tmp_path)
    with monkeypatch.context() as patched:
        patched.setattr("engine.plugin_operations.writing.ResultWriter.take", killed)
        with pytest.raises(MemoryError):
            plan.run(out=tmp_path)
    assert each_shop.taken == ["a", "c", "d"]
    each_shop.unknown.clear()
    assert wf.resume("last").status == "succeeded"
    assert each_shop.taken == ["a", "c", "d", "bad"]


def test_what_was_done_behind_many_that_are_refused_again_is_known(tmp_path, each_shop, monkeypatch):
    manifest = copy.deepcopy(MANIFEST)
    manifest["actions"]["order_each"] = {**EACH, "rows": {**EACH["rows"], "max_items": 100}}
    with_shop(tmp_path, each_shop, monkeypatch, manifest)
    names = [f"n{number:03}" for number in range(100)]
    each_shop.unknown = set(names[:70])
    step = {"operation_type": "order_each", "on_error": "continue", "config": {}}
    plan = wf.compile(document([{"who": each} for each in names], step), base=tmp_path)

    def killed(*_):
        raise MemoryError

    with monkeypatch.context() as patched:
        patched.setattr("engine.plugin_operations.writing.ResultWriter.take", killed)
        with pytest.raises(MemoryError):
            plan.run(out=tmp_path)
    result = wf.resume("last")
    assert (result.dead_letters["count"], each_shop.taken) == (70, names[70:])
    each_shop.unknown.clear()
    repaired = tmp_path / "repaired.csv"
    repaired.write_text("_letter,who\n" + "".join(f"{at},{name}\n" for at, name in enumerate(names[:70], 1)))
    wf.replay(result.run_id, repaired)
    assert sorted(each_shop.taken) == names


def test_parts_that_are_each_done_in_part_are_no_sign_that_parts_are_of_no_use(tmp_path, each_shop, monkeypatch):
    manifest = copy.deepcopy(MANIFEST)
    manifest["actions"]["order_each"] = {**EACH, "rows": {**EACH["rows"], "max_items": 16}}
    with_shop(tmp_path, each_shop, monkeypatch, manifest)
    names = [f"n{number:02}" for number in range(32)]
    each_shop.most, each_shop.unknown = 2, set(names[::2])
    step = {"operation_type": "order_each", "on_error": "continue", "config": {}}
    result = wf.compile(document([{"who": each} for each in names], step), base=tmp_path).run(out=tmp_path)
    assert (result.dead_letters["count"], each_shop.taken) == (16, names[1::2])


def test_a_call_that_does_no_harm_twice_is_made_in_parts_also_behind_one_of_unknown_effect(
    tmp_path, each_shop, monkeypatch
):
    manifest = copy.deepcopy(MANIFEST)
    manifest["actions"]["order_each"] = {**EACH, "is_idempotent": True, "rows": {**EACH["rows"], "max_items": 8}}
    with_shop(tmp_path, each_shop, monkeypatch, manifest)
    each_shop.most = 2
    each_shop.fail("POST", "/each", status=500)
    names = [f"n{number}" for number in range(8)]
    step = {"operation_type": "order_each", "on_error": "continue", "config": {}}
    result = wf.compile(document([{"who": each} for each in names], step), base=tmp_path).run(out=tmp_path)
    assert (result.dead_letters["count"], each_shop.taken) == (0, names)


def test_an_answer_that_tells_nothing_of_each_leaves_what_was_done_uncertain(tmp_path, each_shop):
    each_shop.fail("POST", "/each", status=200, body='{"ok": true}', headers={"Content-Type": "application/json"})
    step = {**PACKED, "on_error": "continue"}
    result = wf.compile(document(ROWS[:1], step), base=tmp_path).run(out=tmp_path)
    said = "Shop does not tell what became of each: the answer has no list at done"
    assert (result["data"]["order_error"].to_list(), _step(result)["uncertain"]) == ([said], 1)


def test_rows_of_which_none_was_done_for_the_sake_of_one_are_sent_again_without_it(tmp_path, each_shop):
    config = {**PACKED["config"], "all_or_none": True}
    step = {**PACKED, "on_error": "continue", "config": config}
    result = wf.compile(document(ROWS, step), base=tmp_path).run(out=tmp_path)
    assert each_shop.taken == ["a", "c", "d", "e"]
    assert result["data"]["order_error"].to_list()[1] == "Shop answers nobody is called bad"


def test_a_call_of_one_row_about_several_things_that_was_done_in_part_is_not_made_again(tmp_path, each_shop):
    step = {**PACKED, "on_error": "continue", "config": {"orders": [{"who": "x"}, {"who": "{{who}}"}]}}
    result = wf.compile(document(ROWS[1:2], step), base=tmp_path).run(out=tmp_path)
    said = "Shop refuses 1 of 2 (number 2): Shop answers nobody is called bad"
    assert result["data"]["order_error"].to_list() == [said]
    assert (_step(result)["uncertain"], each_shop.taken) == (1, ["x"])
    with Journal() as journal:
        [kept] = items_of(journal, result.run_id, "op_0").values()
    assert (kept.status, [each.get("id") for each in json.loads(kept.result)]) == ("uncertain", ["o-x", None])
