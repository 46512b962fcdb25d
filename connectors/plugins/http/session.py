"""Calls over HTTP: an action's request, its pages and its steps, whatever the system."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

from connectors.http.client import HttpClient
from connectors.plugins.account import Connection, PluginAccount, connect
from connectors.plugins.files import FileStore
from connectors.plugins.filters import json_of
from connectors.plugins.http.answers import Read, ServiceProblem, stored
from connectors.plugins.http.asking import Asking, Asks, Call
from connectors.plugins.http.auth import authority
from connectors.plugins.http.calls import CompiledAction, CompiledExchange, CompiledStep, compiled_action
from connectors.plugins.http.ended_pages import check_first, check_second
from connectors.plugins.http.pagination import CompiledPages, Turn
from connectors.plugins.http.places import Places
from connectors.plugins.http.showing import shown_requests
from connectors.plugins.http.uploading import SessionGone, uploaded
from connectors.plugins.pace import Pace
from connectors.plugins.plugin import Action, Plugin
from connectors.plugins.session import Outcome, RenderedRequest
from connectors.plugins.templating import MISSING, Roots
from connectors.problem import ConnectorProblem
from ir.value_text import text_of


def open_http(plugin: Plugin, account: PluginAccount, files: FileStore | None, pace: Pace,
              now: Callable[[], float]) -> HttpSession:  # fmt: skip
    """A session of a plugin whose driver is http."""
    return HttpSession(plugin, connect(plugin.manifest, account), account, files, pace, now)


class HttpSession:
    """The connection of one plugin."""

    def __init__(self, plugin: Plugin, connection: Connection, account: PluginAccount, files: FileStore | None,
                 pace: Pace, now: Callable[[], float], *, client: Asks | None = None) -> None:  # fmt: skip
        self.plugin = plugin
        self.connection = connection
        self._files = files
        self._places = Places(plugin.manifest, connection)
        timeout_s = plugin.manifest.defaults.timeout_s
        self._client: Asks = client or HttpClient(account.policy, timeout_s=timeout_s, now_s=now)
        self._authority = authority(plugin.manifest, connection, self._places, self._client, now,
                                    is_shared=client is None)  # fmt: skip
        self._asking = Asking(manifest=plugin.manifest, connection=connection, authority=self._authority,
                              client=self._client, files=files, pace=pace, now=now)  # fmt: skip
        self.remarks: list[ConnectorProblem] = []
        self._actions: dict[str, CompiledAction] = {}
        self._done_once: dict[tuple[str, str, str], asyncio.Future[Any]] = {}

    async def call(self, action: Action, params: Mapping[str, Any], *, key: str | None = None,
                   is_retry_safe: bool | None = None) -> Outcome:  # fmt: skip
        call = self._begin(action, params, key, is_retry_safe)
        single = call.compiled.single
        try:
            if single is not None:  # most are: one coroutine less for each of the layers that it does not have
                read = await self._asking.ask(call, single, single.request, call.roots, None)
                output = self._result(single, read, call.roots)
            else:
                output = await self._carried_out(call)
        except ConnectorProblem as problem:
            problem.sent = problem.sent or (call.has_acted and not call.is_harmless)
            raise
        if single is not None and call.compiled.items is not None:
            call.compiled.items.check(read, output)
        return Outcome(output=output, attempts=call.attempts, requests=call.requests, total=call.total)

    async def pages(self, action: Action, params: Mapping[str, Any]) -> AsyncIterator[list[Any]]:
        call = self._begin(action, params, None, None)
        first = call.compiled.steps[0] if call.compiled.steps else None
        if first is not None and first.step.is_streamed and first.exchange is not None and first.exchange.pages:
            async for items in self._pages(call, first.exchange, first.exchange.pages, call.roots):
                yield _listed(await self._steps(call, {first.step.id: items}))
            return
        if call.compiled.exchange is None or call.compiled.exchange.pages is None:
            yield _listed((await self.call(action, params)).output)
            return
        async for items in self._pages(call, call.compiled.exchange, call.compiled.exchange.pages, call.roots):
            yield items

    def rendered(self, action: Action, params: Mapping[str, Any]) -> list[RenderedRequest]:
        call = self._begin(action, params, "{key}", None)
        return shown_requests(call.compiled, call.roots, self._authority, self.plugin.manifest)

    async def close(self) -> None:
        await self._client.close()

    def _begin(self, action: Action, params: Mapping[str, Any], key: str | None, is_retry_safe: bool | None) -> Call:
        compiled = self._actions.get(action.name)
        if compiled is None:
            compiled = self._actions[action.name] = compiled_action(action, self._places)
        if key is None:
            from uuid import uuid4

            key = uuid4().hex
        checked = action.checked(params)
        roots = Roots(values={"params": checked, "connection": self.connection.parts, "key": key},
                      files=self._files)  # fmt: skip
        is_repeatable = action.is_repeatable_with(checked)
        return Call(compiled, roots, bool(is_retry_safe) or is_repeatable, key,
                    is_harmless=is_repeatable and action.manifest.is_idempotent)  # fmt: skip

    async def _carried_out(self, call: Call) -> Any:
        if call.compiled.steps:
            return await self._steps(call)
        assert call.compiled.exchange is not None
        return await self._exchange(call, call.compiled.exchange, call.roots)

    async def _steps(self, call: Call, given: Mapping[str, Any] | None = None) -> Any:
        """What the steps give; the results of some of them may be there already."""
        results: dict[str, Any] = dict(given or {})
        roots = call.roots.having(steps=results)
        for each in call.compiled.steps:
            if given is not None and each.step.id in given:
                continue
            if each.when is None or each.when(roots):
                try:
                    results[each.step.id] = await self._step(call, each, roots)
                except SessionGone as gone:
                    results[each.step.id] = await self._anew(call, each, roots, gone)
        if call.compiled.output is None:
            return results.get(call.compiled.steps[-1].step.id)
        output = call.compiled.output(roots)
        return None if output is MISSING else output

    async def _anew(self, call: Call, each: CompiledStep, roots: Roots, gone: SessionGone) -> Any:
        """What an upload gives that is begun a second time, by the step that begins it."""
        assert each.step.upload is not None
        first = next((step for step in call.compiled.steps if step.step.id == each.step.upload.begin), None)
        if first is None or first.for_each is not None or each.for_each is not None:
            raise gone.problem
        roots.values["steps"][first.step.id] = await self._step(call, first, roots)
        try:
            return await self._step(call, each, roots)
        except SessionGone as again:
            raise again.problem from None

    async def _step(self, call: Call, each: CompiledStep, roots: Roots) -> Any:
        if each.for_each is None:
            return await self._shared(call, each, roots)
        items = each.for_each(roots)
        if items is MISSING or items is None:
            return []
        room = asyncio.Semaphore(each.step.at_once)

        async def of_item(index: int, item: Any) -> Any:
            async with room:
                return await self._shared(call, each, roots.having(item=item, index=index))

        tasks = [asyncio.ensure_future(of_item(index, item))
                 for index, item in enumerate(items if isinstance(items, list) else [items])]  # fmt: skip
        try:
            return await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()

    async def _shared(self, call: Call, each: CompiledStep, roots: Roots) -> Any:
        """What the step gives; where it is to be carried out once, others with the same template wait for the first."""
        if each.once is None:
            return await self._once(call, each, roots)
        name, has_acted = (call.compiled.action.name, each.step.id, json_of(each.once(roots))), call.has_acted
        task = self._done_once.get(name)
        if task is None:
            task = self._done_once[name] = asyncio.ensure_future(self._once(call, each, roots))
        try:
            return await asyncio.shield(task)
        except ConnectorProblem:
            if self._done_once.get(name) is task:
                del self._done_once[name]  # the next one that needs it tries anew
            raise
        finally:
            call.has_acted = has_acted  # what was done once is not done anew

    async def _once(self, call: Call, each: CompiledStep, roots: Roots) -> Any:
        if each.fail is not None:
            raise ConnectorProblem("IR691", f"{self.plugin.manifest.title}: {text_of(each.fail(roots))}")
        try:
            if each.inner is not None and each.params is not None:
                return await self._inner(call, each.inner, each.params(roots))
            if each.exchange is not None:
                return await self._exchange(call, each.exchange, roots)
        except ServiceProblem as problem:
            if any(each.step.on.get(name) == "continue" for name in problem.met):
                return None
            raise
        value = each.value(roots) if each.value is not None else None
        return None if value is MISSING else value

    async def _inner(self, call: Call, compiled: CompiledAction, params: Mapping[str, Any]) -> Any:
        """What another action gives as a step of this one."""
        checked = compiled.action.checked(params)
        is_repeatable = call.is_repeatable or compiled.action.is_repeatable_with(checked)
        inner = Call(compiled, call.roots.having(params=checked), is_repeatable, call.key)
        try:
            return await self._carried_out(inner)
        finally:
            call.requests += inner.requests
            call.has_acted = call.has_acted or inner.has_acted
            call.attempts = max(call.attempts, inner.attempts)

    async def _exchange(self, call: Call, exchange: CompiledExchange, roots: Roots) -> Any:
        if exchange.pages is not None:
            return [item async for page in self._pages(call, exchange, exchange.pages, roots) for item in page]
        if exchange.upload is not None:
            read = await uploaded(self._asking, call, exchange, exchange.upload, roots)
        else:
            read = await self._asking.ask(call, exchange, exchange.request, roots, None)
        return self._result(exchange, read, roots)

    def _result(self, exchange: CompiledExchange, read: Read, roots: Roots) -> Any:
        body = None if exchange.response.decode == "none" else read.body
        if exchange.response.decode == "file":
            body = stored(read.answer, exchange.response, roots, self._files, title=self.plugin.manifest.title)
            read = Read(read.answer, body)
        if exchange.result is None:
            return body
        found = exchange.result(read.roots(roots))
        return None if found is MISSING else found

    async def _pages(self, call: Call, exchange: CompiledExchange, pages: CompiledPages,
                     roots: Roots) -> AsyncIterator[list[Any]]:  # fmt: skip
        pages = pages.of_call(roots)
        turn: Turn | None = pages.first(roots)
        most, seen, number = pages.limit(roots), 0, 0
        token, before, body = None, list[Any](), b""
        while turn is not None:
            number += 1
            if number > pages.pagination.max_pages:
                most_pages = f"{pages.pagination.max_pages:,} pages"
                raise ConnectorProblem("IR691", f"{self.plugin.manifest.title} gives more than {most_pages}",
                                       hint="ask for less at once")  # fmt: skip
            request = pages.further if number > 1 and pages.further is not None else exchange.request
            asked = roots.having(page={"token": turn.token, "number": number})
            try:
                read = await self._asking.ask(call, exchange, request, asked, turn)
            except ServiceProblem as problem:
                if number > 1 and pages.is_of_call and "not_found" in problem.met:
                    return  # how some services say that there is no such page
                raise
            if (
                number == 1
                and exchange.total is not None
                and isinstance(total := exchange.total(read.roots(roots)), int)
            ):
                call.total = total
            found = pages.items_of(read) if not pages.is_again(read, turn) else []
            items = self._items(exchange, pages, read, found, asked)
            url = turn.url or str(request.url(asked))
            following = pages.next(read, number=number, seen=seen + len(found), count=len(found), before=turn,
                                   roots=roots, url=url)  # fmt: skip
            if pages.is_of_call and number > 1 and found and found == before:
                is_stuck = turn.token is not None and following is not None and following.token == turn.token
                is_telling = len(found) == 1 or any(each != found[0] for each in found)
                is_again = is_stuck or (is_telling and read.answer.body == body)
                check_second(pages, is_first_again=number == 2 and is_again)
                if turn.token is not None and turn.token == token:
                    return  # the last page again, by the token that had led to it
            token, before, body = turn.token, found if pages.is_of_call else [], read.answer.body
            turn = following
            seen += len(found)
            if number == 1 and turn is None and pages.is_of_call and (most is None or seen < most):
                params = roots.values["params"]
                said = check_first(pages, read, count=len(found), roots=roots, described=params.get("paging"))
                if said is not None and said.message not in {each.message for each in self.remarks}:
                    self.remarks.append(said)
            if most is not None and seen >= most:
                items, turn = items[: len(items) - (seen - most)] if seen > most else items, None
            yield items

    def _items(self, exchange: CompiledExchange, pages: CompiledPages, read: Read, found: list[Any],
               roots: Roots) -> list[Any]:  # fmt: skip
        """A page's items, each as the response's output says."""
        if exchange.response.output is None or exchange.result is None:
            return found
        answered = read.roots(roots)
        if pages.items is None:
            made = exchange.result(answered)
            return made if isinstance(made, list) else []
        return [exchange.result(answered.having(item=each)) for each in found]


def _listed(output: Any) -> list[Any]:
    return output if isinstance(output, list) else [] if output is None else [output]
