"""Items answered by the models of a service: remembered ones first, each question once, many on their way at once."""

from __future__ import annotations

import asyncio
import hashlib
import random
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import field, replace

from connectors.ai.answering import Answer, Item, Task, Usage
from connectors.ai.configuration import AiSettings, Budget
from connectors.ai.fitting import Misfit, fitted
from connectors.ai.json_text import json_text, json_value
from connectors.ai.prompts import Prompt, correction
from connectors.ai.remembering import Memory
from connectors.ai.service.chat import LADDER, Chat, NotUnderstood, Reply, Rung, Unusable
from connectors.ai.service.questions import Question, cut_off, document_of, numbered, together, unfit
from connectors.ai.service.throttle import Sleep, Throttle
from connectors.ai.service.together import Together
from connectors.ai.spending import Purse, cost_of, tokens_of
from connectors.http.blocking import waited_for
from connectors.http.client import HttpClient
from connectors.leases import Leases
from connectors.policy import Policy
from connectors.problem import ConnectorProblem
from ir.records import dataclass

_NO_ANSWER = "IR692"
_OUTAGE = 5
"""After so many questions in a row without any answer the service counts as away."""
_AGAIN_S = (0.5, 30.0)
"""The first wait after a failure that passes, and the longest."""
_UNKNOWN_ANSWER_TOKENS = 64
_LONGEST_ASKED_S = 600.0
"""A service that wants to be left alone for longer, such as one whose limit is a day's, ends the step."""
_KEPT_AFTER_S = 0.5
"""What was answered is on the disk so soon, whatever becomes of the run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How often is asked again, the first time included: where the service is busy, where it fails, and where its
    answer does not fit."""

    busy: int = 12
    failing: int = 4
    misfits: int = 3


@dataclass(slots=True, kw_only=True)
class ServiceAnswerer:
    """The answers of one service to the steps of one run."""

    settings: AiSettings
    policy: Policy
    memory: Memory
    purse: Purse = field(default_factory=Purse)
    patience: Patience = field(default_factory=Patience)
    at_a_time: int = 1
    """So many items go into one call."""
    stops_early: bool = False
    """Whether nothing more is asked once an item has a problem."""
    leases: Leases | None = None
    """What counts the limits together with other processes."""
    now_s: Callable[[], float] = time.monotonic
    sleep: Sleep = asyncio.sleep
    rng: random.Random = field(default_factory=random.Random)
    _client: HttpClient | None = None
    _throttle: Throttle | None = None
    _chats: dict[str, Chat] = field(default_factory=dict)
    _rungs: dict[str, int] = field(default_factory=dict)
    """How far down the ladder a model had to go."""
    _proven: set[tuple[str, Rung]] = field(default_factory=set)
    _failing: int = 0
    _stopped: ConnectorProblem | None = None

    @property
    def provider(self) -> str:
        return "service"

    def check(self, task: Task) -> None:
        model = self.settings.model(task.preference)
        limit = "max_cost" if self.purse.budget.max_cost is not None else "max_cost_per_day"
        is_bounded = self.purse.budget.max_cost is not None or self.settings.day.max_cost is not None
        if is_bounded and model.price_out is None:
            raise ConnectorProblem("IR761", f'{limit} is set, and nothing says what the model "{model.name}" costs',
                                   key=("max_cost",), hint="write price_in and price_out, for a million tokens, "
                                   "under [ai] of config.toml")  # fmt: skip

    def expected(self, task: Task, items: Sequence[Item], seen: set[str]) -> Usage:
        """What answering takes at least, for a budget that is checked before: of what is neither remembered nor
        `seen`, which what is counted joins."""
        prompt = self._prompt(task)
        contents = map(prompt.content_of, items)
        keys = {key: each for each in contents if (key := prompt.key_of(each)) not in seen}
        known = self.memory.known(list(keys))
        seen.update(keys)
        asked = [self._question(prompt, key, each) for key, each in keys.items() if key not in known]
        if not asked:
            return Usage()
        return replace(self._expected(task, asked), calls=-(-len(asked) // self.at_a_time))

    def answer(self, task: Task, items: Sequence[Item]) -> list[Answer]:
        return waited_for(self._answers(task, items))

    def close(self) -> None:
        self.memory.close()
        if self._client is not None:
            with suppress(Exception):
                waited_for(self._client.close())

    async def _answers(self, task: Task, items: Sequence[Item]) -> list[Answer]:
        prompt = self._prompt(task)
        contents = [prompt.content_of(each) for each in items]
        keys = [prompt.key_of(each) for each in contents]
        found = self._remembered(prompt, keys)
        asked: dict[str, Question] = {}
        for key, content in zip(keys, contents, strict=True):
            if key not in found and key not in asked:
                asked[key] = self._question(prompt, key, content)
        fresh = await self._ask_all(prompt, list(asked.values())) if asked else {}
        answers: list[Answer] = []
        for key in keys:
            answers.append(found[key] if key in found else fresh[key])
            found.setdefault(key, replace(answers[-1], usage=Usage(), is_remembered=answers[-1].problem is None))
        return answers

    def _prompt(self, task: Task, *, is_for_several: bool = False) -> Prompt:
        model = self.settings.model(task.preference)
        return Prompt.of(task, is_for_several=is_for_several, rests_on=(self.settings.base_url or "", model.name))

    def _question(self, prompt: Prompt, key: str, content: str) -> Question:
        return Question(key=key, content=content, tokens=tokens_of(prompt.system) + tokens_of(content))

    def _remembered(self, prompt: Prompt, keys: Sequence[str]) -> dict[str, Answer]:
        found: dict[str, Answer] = {}
        for key, said in self.memory.known(list(dict.fromkeys(keys))).items():
            with suppress(Misfit, ValueError):  # what was kept by another version
                value = fitted(json_value(said), prompt.task.shape)
                found[key] = Answer(value=value, provider=self._model_name(prompt.task), is_remembered=True)
        return found

    def _model_name(self, task: Task) -> str:
        return self.settings.model(task.preference).name

    async def _ask_all(self, prompt: Prompt, questions: list[Question]) -> dict[str, Answer]:
        """The answers by the questions' keys.

        Raises:
            ConnectorProblem: nobody gets an answer.
        """
        self._chat(prompt.task)  # a key that cannot be had is no matter of one row
        most = self.settings.max_input_tokens
        found = {each.key: self._too_long(each) for each in questions if each.tokens > most}
        questions = [each for each in questions if each.key not in found]
        several = self._prompt(prompt.task, is_for_several=True) if self.at_a_time > 1 else prompt
        waiting = iter(list(together(questions, self.at_a_time, most)))

        async def work() -> None:
            for some in waiting:
                if self._stopped is not None:
                    found.update((each.key, Answer(problem=self._stopped, is_asked=False)) for each in some)
                    continue
                found.update(await self._ask_some(prompt, several, some))

        async def keep() -> None:
            while True:
                await asyncio.sleep(_KEPT_AFTER_S)
                self.memory.keep()

        workers = [asyncio.ensure_future(work()) for _ in range(min(self.settings.max_concurrent, len(questions)))]
        keeping = asyncio.ensure_future(keep())
        try:
            await asyncio.gather(*workers)
        finally:
            for each in (*workers, keeping):
                each.cancel()
            await asyncio.gather(*workers, keeping, return_exceptions=True)
            self.memory.keep()
        return found

    def _too_long(self, question: Question) -> Answer:
        return self._failed(ConnectorProblem(
            "IR764", f"the row has about {question.tokens:,} tokens, and max_input_tokens is "
            f"{self.settings.max_input_tokens:,}", hint="send fewer columns, or raise max_input_tokens of [ai]",
        ))  # fmt: skip

    def _failed(self, problem: ConnectorProblem, usage: Usage | None = None) -> Answer:
        if self.stops_early or problem.code == "IR763":
            self._stopped = self._stopped or problem
        return Answer(problem=problem, usage=usage or Usage())

    async def _ask_some(self, prompt: Prompt, several: Prompt, some: Sequence[Question], *, is_part: bool = False
                        ) -> dict[str, Answer]:  # fmt: skip
        if len(some) == 1:
            return {some[0].key: await self._ask_one(prompt, some[0])}
        found = await self._ask_together(several, some, is_part=is_part)
        if found is None:  # some of them may be the reason: half of them each, as long as nothing has ended the asking
            halves = some[: len(some) // 2], some[len(some) // 2 :]
            found = {}
            for half in halves:
                if self._stopped is not None:
                    found.update((each.key, Answer(problem=self._stopped, is_asked=False)) for each in half)
                else:
                    found.update(await self._ask_some(prompt, several, half, is_part=True))
            return found
        for each in some:  # what is missing or does not fit is asked by itself
            if each.key not in found:
                found[each.key] = await self._ask_one(prompt, each)
        return found

    async def _ask_together(self, prompt: Prompt, some: Sequence[Question], *, is_part: bool
                            ) -> dict[str, Answer] | None:  # fmt: skip
        """The answers to several items in one call, those alone that fit; None where the call itself failed."""
        found: dict[str, Answer] = {}
        try:
            reply = await self._reply(prompt, prompt.messages([each.content for each in some]), some,
                                      counts=not is_part)  # fmt: skip
        except ConnectorProblem as problem:
            if isinstance(problem, Unusable) or problem.code == "IR763" or problem.reason == "rate_limit":
                raise
            return None
        said = document_of(reply.text)
        usage = reply.usage
        for number, one in numbered(said).items():
            if not 1 <= number <= len(some):
                continue
            key = some[number - 1].key
            with suppress(Misfit):
                value = fitted(one, prompt.task.shape)
                self.memory.remember(key, json_text(one))
                found[key] = Answer(value=value, provider=self._model_name(prompt.task), usage=usage)
                usage = Usage()
        return found

    async def _ask_one(self, prompt: Prompt, question: Question) -> Answer:
        messages = prompt.messages([question.content])
        usage, problems = Usage(), [""]
        for _ in range(self.patience.misfits):
            try:
                reply = await self._reply(prompt, messages, [question])
            except Unusable:
                raise
            except ConnectorProblem as problem:
                return self._failed(problem, usage)
            usage += reply.usage
            if reply.refusal is not None:
                return self._failed(unfit(f"the model refuses to answer: {reply.refusal[:200]}"), usage)
            read = document_of(reply.text)
            said = prompt.unpacked(read)
            try:
                value = fitted(said, prompt.task.shape)
            except Misfit as misfit:
                problems = misfit.problems if read is not None else ["the answer is no JSON object"]
                if reply.is_cut:
                    return self._failed(cut_off(), usage)
                messages = [*messages[:2], *correction(reply.text[:4000], problems)]
                continue
            self.memory.remember(question.key, json_text(said))
            return Answer(value=value, provider=self._model_name(prompt.task), usage=usage)
        shown = "; ".join(problems[:3])
        return self._failed(unfit(f"the answer does not fit, asked {self.patience.misfits} times: {shown}"), usage)

    async def _reply(self, prompt: Prompt, messages: list[dict[str, str]], some: Sequence[Question], *,
                     counts: bool = True) -> Reply:  # fmt: skip
        """An answer of the service, asked again where the failure passes. One that `counts` and does not come is taken
        for a sign that the service is away; of the parts of a call that failed only the single rows are.

        Raises:
            ConnectorProblem: there is none.
            Unusable: nobody gets one.
        """
        task, expected = prompt.task, self._expected(prompt.task, some)
        busy = failing = 0
        while True:
            if (refused := await self._reserved(expected)) is not None:
                raise refused
            used = Usage()
            try:
                reply = await self._once(prompt, messages, task, expected.tokens_in + expected.tokens_out)
                used = reply.usage
                self._failing = 0
                return reply
            except Unusable:
                raise
            except ConnectorProblem as problem:
                busy, failing = (busy + 1, failing) if problem.reason == "rate_limit" else (busy, failing + 1)
                if problem.reason is None:
                    raise
                was_reached = problem.code != _NO_ANSWER or problem.sent
                used = Usage(calls=1) if was_reached else Usage()
                if (problem.retry_after_s or 0.0) > _LONGEST_ASKED_S:
                    raise Unusable(problem.code, f"{problem.message}; and it asks to be left alone for "
                                   f"{problem.retry_after_s:,.0f} s", hint="resume the run after that time; what was "
                                   "answered is remembered") from problem  # fmt: skip
                if busy >= self.patience.busy or failing >= self.patience.failing:
                    self._failing += counts
                    if self._failing >= _OUTAGE:
                        raise Unusable(problem.code, problem.message, hint=problem.hint) from problem
                    raise
                wait_s, is_busy = self._wait_s(problem, busy + failing), problem.reason == "rate_limit"
                asked_s = problem.retry_after_s
            finally:
                self.purse.settle(expected, used)
            if is_busy:
                self._way.too_many(wait_s)
                if asked_s is not None:
                    await self._way.tell_others(asked_s)
            else:
                await self.sleep(wait_s)

    async def _reserved(self, expected: Usage) -> ConnectorProblem | None:
        """What the budget says; of a day's it may have to ask the journal, and wait for other processes there."""
        if self.settings.day == Budget():
            return self.purse.reserve(expected)
        return await asyncio.to_thread(self.purse.reserve, expected)

    async def _once(self, prompt: Prompt, messages: list[dict[str, str]], task: Task, tokens: int) -> Reply:
        """One attempt, on the rung of the ladder where this model stands."""
        chat = self._chat(task)
        way = self._way
        while True:
            rung = self._rung(chat)
            used = tokens
            await way.enter(tokens)
            try:
                reply = await chat.ask(messages, task=task, schema=prompt.schema, rung=rung)
                used = reply.usage.tokens_in + reply.usage.tokens_out
                self._proven.add((chat.model.name, rung))
                way.went_well(reply.headers)
                return reply
            except NotUnderstood as refused:
                self._step_down(chat, rung, refused)
            finally:
                way.leave(expected=tokens, used=used)

    def _step_down(self, chat: Chat, rung: Rung, refused: NotUnderstood) -> None:
        """Leave out from now on what the service does not take.

        Raises:
            ConnectorProblem: nothing is left to leave out.
        """
        if refused.part == "temperature":
            chat.takes_temperature = False
        elif refused.part == "max_tokens":
            chat.limit_key = "max_completion_tokens"
        elif (chat.model.name, rung) in self._proven or self.settings.form != "auto":
            raise refused.problem
        else:
            self._rungs[chat.model.name] = max(self._rungs.get(chat.model.name, 0), LADDER.index(rung) + 1)

    def _rung(self, chat: Chat) -> Rung:
        return LADDER[self._rungs.get(chat.model.name, 0)] if self.settings.form == "auto" else self.settings.form

    def _chat(self, task: Task) -> Chat:
        model = self.settings.model(task.preference)
        if self._client is None:
            self._client = HttpClient(self.policy, connections=self.settings.max_concurrent)
        if model.name not in self._chats:
            self._chats[model.name] = Chat(settings=self.settings, model=model, client=self._client,
                                           key_headers=self.settings.key_headers(self.policy),
                                           limit_key=self.settings.answer_limit_key)  # fmt: skip
        return self._chats[model.name]

    @property
    def _way(self) -> Throttle:
        if self._throttle is None:
            self._throttle = Throttle(
                self.settings.max_concurrent, now=self.now_s, sleep=self.sleep,
                requests_per_minute=self.settings.requests_per_minute,
                tokens_per_minute=self.settings.tokens_per_minute, together=self._together,
            )  # fmt: skip
        return self._throttle

    @property
    def _together(self) -> Together | None:
        """The limits of the account, by a digest of its key."""
        if self.leases is None:
            return None
        key = hashlib.sha256(repr(sorted(self.settings.key_headers(self.policy).items())).encode()).hexdigest()
        return Together.of(self.leases, f"ai:{self.settings.base_url}:{key}",
                           requests_per_minute=self.settings.requests_per_minute,
                           tokens_per_minute=self.settings.tokens_per_minute)  # fmt: skip

    def _expected(self, task: Task, some: Sequence[Question]) -> Usage:
        """What a call takes at least, as far as it can be told before."""
        tokens_in = sum(each.tokens for each in some)
        tokens_out = min(_UNKNOWN_ANSWER_TOKENS, task.max_answer_tokens or _UNKNOWN_ANSWER_TOKENS) * len(some)
        cost = cost_of(self.settings.model(task.preference), tokens_in, tokens_out)
        return Usage(calls=1, tokens_in=tokens_in, tokens_out=tokens_out, cost=cost)

    def _wait_s(self, problem: ConnectorProblem, attempt: int) -> float:
        first, most = _AGAIN_S
        own = min(first * 2.0 ** (attempt - 1), most) * (0.5 + self.rng.random() / 2)
        return own if problem.retry_after_s is None else problem.retry_after_s + own / 10
