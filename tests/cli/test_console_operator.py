"""Somebody at the console, who may leave."""

import asyncio
from dataclasses import replace

import pytest

from backstaff.cli.console_operator import ConsoleOperator
from backstaff.engine.questions import HostKeyQuestion, KeyPurpose, LockChoice, LockQuestion, OperatorGone
from tests.fakes.clock import simulated
from tests.fakes.operator import FakeOperator

KEY = HostKeyQuestion("h1", "SHA256:aaaa")


@simulated
async def test_what_was_said_about_a_key_is_not_asked_again_in_the_same_run() -> None:
    there = FakeOperator(trusted=frozenset({"h1"}))
    operator = ConsoleOperator()
    operator.comes(there)
    assert await operator.trusts(KEY)
    assert await operator.trusts(KEY)
    assert not await operator.trusts(HostKeyQuestion("h2", "SHA256:aaaa"))
    assert not await operator.trusts(HostKeyQuestion("h2", "SHA256:aaaa"))
    assert there.hosts == ["h1", "h2"]


@simulated
async def test_a_key_that_was_refused_is_not_asked_about_for_another_purpose() -> None:
    there = FakeOperator()
    operator = ConsoleOperator()
    operator.comes(there)
    assert not await operator.trusts(KEY)
    assert not await operator.trusts(replace(KEY, purpose=KeyPurpose.FOLLOW))
    assert there.hosts == ["h1"]


@simulated
async def test_the_next_run_asks_again_about_a_key_that_was_refused() -> None:
    there = FakeOperator()
    operator = ConsoleOperator()
    for _ in range(2):
        operator.comes(there)
        assert not await operator.trusts(KEY)
    assert there.hosts == ["h1", "h1"]


@simulated
async def test_before_anybody_comes_nobody_is_asked() -> None:
    with pytest.raises(OperatorGone):
        await ConsoleOperator().trusts(KEY)


@simulated
async def test_who_leaves_takes_open_questions_along() -> None:
    there = FakeOperator(choices=(LockChoice.WAIT,), takes_s=100)
    operator = ConsoleOperator()
    operator.comes(there)
    asyncio.get_running_loop().call_later(5, operator.leaves)
    with pytest.raises(OperatorGone):
        await operator.decide(LockQuestion("h1", "Grace"))
    assert there.cancelled == 1
    with pytest.raises(OperatorGone):
        await operator.decide(LockQuestion("h1", "Grace"))


@simulated
async def test_a_time_that_is_up_elsewhere_is_not_taken_for_leaving() -> None:
    operator = ConsoleOperator()
    operator.comes(FakeOperator(takes_s=100))
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(5):
            await operator.trusts(KEY)
