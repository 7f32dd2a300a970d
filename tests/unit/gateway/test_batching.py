"""Micro-batching: who goes with whom, and who gets which answer."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import numpy as np
import pytest

from gateway.batching import MicroBatcher
from gateway.errors import ModelServerFailed, ModelServerTimeout, ModelServerUnavailable, Overloaded
from gateway.inference import Pixels, Probabilities
from tests.unit.gateway.rig import soon

POISON = 255


class Server:
    """Answers each picture with its own first value; calls wait until they are let go."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.timeouts: list[float] = []
        self.go = asyncio.Event()
        self.cancelled = 0

    async def __call__(self, pictures: Sequence[Pixels], timeout_s: float) -> Probabilities:
        values = [int(picture[0]) for picture in pictures]
        self.batches.append(values)
        self.timeouts.append(timeout_s)
        try:
            await self.go.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        if POISON in values:
            raise ModelServerFailed
        return np.array([[value] for value in values], np.float32)


def picture(value: int) -> Pixels:
    return np.array([value], np.uint8)


def batcher(server: Callable[..., Awaitable[Probabilities]], **changes: Any) -> MicroBatcher:
    given = {"max_batch_size": 4, "concurrency": lambda: 1, "max_queue": 100, **changes}
    return MicroBatcher(server, **given)


def ask(batch: MicroBatcher, *values: int, timeout_s: float = 20) -> list[asyncio.Task[Probabilities]]:
    return [asyncio.create_task(batch.submit(picture(value), timeout_s)) for value in values]


async def first_call_in_flight(server: Server, batch: MicroBatcher) -> asyncio.Task[Probabilities]:
    (task,) = ask(batch, 0)
    await soon(lambda: server.batches)
    return task


async def test_a_lone_picture_goes_at_once() -> None:
    server = Server()
    server.go.set()
    assert (await batcher(server).submit(picture(7), 20)).tolist() == [7]
    assert server.batches == [[7]]


async def test_what_arrives_while_a_call_is_in_flight_goes_together_up_to_the_largest_batch() -> None:
    server = Server()
    batch = batcher(server)
    first = await first_call_in_flight(server, batch)
    rest = ask(batch, 1, 2, 3, 4, 5, 6)
    await asyncio.sleep(0)
    server.go.set()
    answers = await asyncio.gather(first, *rest)
    assert server.batches == [[0], [1, 2, 3, 4], [5, 6]]
    assert [answer.tolist() for answer in answers] == [[value] for value in range(7)]


async def test_no_more_calls_are_in_flight_than_allowed() -> None:
    server = Server()
    batch = batcher(server, concurrency=lambda: 2, max_batch_size=1)
    tasks = ask(batch, 1, 2, 3)
    await soon(lambda: len(server.batches) == 2)
    await asyncio.sleep(0.02)
    assert server.batches == [[1], [2]]
    server.go.set()
    await asyncio.gather(*tasks)


async def test_a_cancelled_callers_picture_is_dropped_before_it_is_sent() -> None:
    server, dropped = Server(), []
    batch = batcher(server, dropped=lambda: dropped.append(1))
    first = await first_call_in_flight(server, batch)
    gone, stays = ask(batch, 1, 2)
    await asyncio.sleep(0)
    gone.cancel()
    await asyncio.sleep(0)
    server.go.set()
    await asyncio.gather(first, stays)
    assert server.batches == [[0], [2]]
    assert len(dropped) == 1


async def test_an_expired_picture_is_dropped_and_its_caller_told() -> None:
    server, dropped = Server(), []
    batch = batcher(server, dropped=lambda: dropped.append(1))
    first = await first_call_in_flight(server, batch)
    (late,) = ask(batch, 1, timeout_s=0.01)
    with pytest.raises(ModelServerTimeout):
        await late
    server.go.set()
    await first
    await soon(lambda: batch.is_idle)
    assert server.batches == [[0]]
    assert len(dropped) == 1


async def test_one_callers_short_patience_does_not_shorten_the_call_for_the_others() -> None:
    server = Server()
    batch = batcher(server)
    first = await first_call_in_flight(server, batch)
    patient, hasty = ask(batch, 1, timeout_s=30)[0], ask(batch, 2, timeout_s=1)[0]
    await asyncio.sleep(0)
    server.go.set()
    await asyncio.gather(first, patient, hasty)
    assert server.timeouts[1] > 20


async def test_a_call_that_nobody_waits_for_is_cancelled() -> None:
    server = Server()
    batch = batcher(server)
    first = await first_call_in_flight(server, batch)
    first.cancel()
    await soon(lambda: server.cancelled == 1)
    await soon(lambda: batch.is_idle)


async def test_a_call_goes_on_while_anyone_waits_for_it() -> None:
    server = Server()
    batch = batcher(server)
    gone, stays = ask(batch, 1, 2)
    await soon(lambda: server.batches == [[1, 2]])
    gone.cancel()
    await asyncio.sleep(0.01)
    server.go.set()
    assert (await stays).tolist() == [2]
    assert server.cancelled == 0


async def test_the_error_of_one_picture_is_not_given_to_the_others() -> None:
    server = Server()
    batch = batcher(server)
    server.go.set()
    answers = await asyncio.gather(*ask(batch, 1, POISON, 3), return_exceptions=True)
    assert [type(answer) for answer in answers] == [np.ndarray, ModelServerFailed, np.ndarray]
    assert server.batches == [[1, POISON, 3], [1], [POISON], [3]]


async def test_an_unavailable_server_fails_the_whole_batch_without_more_calls() -> None:
    calls = []

    async def away(pictures: Sequence[Pixels], _timeout_s: float) -> Probabilities:
        calls.append(len(pictures))
        raise ModelServerUnavailable

    answers = await asyncio.gather(*ask(batcher(away), 1, 2), return_exceptions=True)
    assert [type(answer) for answer in answers] == [ModelServerUnavailable] * 2
    assert calls == [2]


async def test_an_unexpected_error_reaches_those_who_wait_and_the_batcher_goes_on() -> None:
    calls = []

    async def odd(pictures: Sequence[Pixels], _timeout_s: float) -> Probabilities:
        calls.append(len(pictures))
        if len(calls) == 1:
            raise LookupError
        return np.ones((len(pictures), 1), np.float32)

    batch = batcher(odd)
    with pytest.raises(LookupError):
        await batch.submit(picture(1), 20)
    assert (await batch.submit(picture(1), 20)).tolist() == [1]


async def test_an_answer_that_is_not_a_number_is_an_error_of_that_picture_alone() -> None:
    async def half(pictures: Sequence[Pixels], _timeout_s: float) -> Probabilities:
        return np.array([[np.nan] if picture[0] == POISON else [1.0] for picture in pictures], np.float32)

    answers = await asyncio.gather(*ask(batcher(half), 1, POISON), return_exceptions=True)
    assert [type(answer) for answer in answers] == [np.ndarray, ModelServerFailed]


async def test_a_full_queue_refuses_at_once() -> None:
    server = Server()
    batch = batcher(server, max_queue=2)
    waiting = [await first_call_in_flight(server, batch), *ask(batch, 1, 2)]
    await asyncio.sleep(0)
    with pytest.raises(Overloaded):
        await batch.submit(picture(3), 20)
    server.go.set()
    await asyncio.gather(*waiting)


async def test_closing_tells_those_who_wait_for_a_call() -> None:
    server = Server()
    batch = batcher(server)
    first = await first_call_in_flight(server, batch)
    await batch.close()
    with pytest.raises(ModelServerUnavailable):
        await first


async def test_an_unexpected_error_while_finding_the_culprit_leaves_nobody_waiting() -> None:
    calls = []

    async def odd(pictures: Sequence[Pixels], _timeout_s: float) -> Probabilities:
        calls.append(len(pictures))
        raise ModelServerFailed if len(calls) == 1 else LookupError

    answers = await asyncio.gather(*ask(batcher(odd), 1, 2, 3), return_exceptions=True)
    assert [type(answer) for answer in answers] == [LookupError] * 3
