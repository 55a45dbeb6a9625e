"""A journal of any size, as of one long run: recorded runs over and over, with much output between."""

import random
from collections.abc import Iterator
from datetime import timedelta
from itertools import count
from pathlib import Path

from backstaff.events.types import (
    Body,
    BodyAdapter,
    Event,
    Failed,
    Output,
    PlanMade,
    RunEnded,
    RunStarted,
    Verified,
)
from tests.events.builders import START
from tests.recordings import recorded

SCENARIOS = ("slow-boot", "healthy", "frozen-docker", "unhealthy")
OUTPUT_LINES = 3_000
"""How many lines of output come with each recorded run."""
OUTPUT_S = 30.0
HOSTS = (("h1", "web"), ("h2", "web"), ("h3", "job"), ("h4", "job"))
PHRASES = (
    'Started GET "/orders/{n}" for 10.0.{m}.7 at 2026-11-23 12:03:57 +0000',
    "Completed 200 OK in {n}ms (Views: 12.3ms | ActiveRecord: 4.{m}ms | Allocations: 21873)",
    '{{"level":"info","msg":"job performed","job_id":"5f2c{n}","queue":"mailers","duration":0.{m}}}',
    "\x1b[1m\x1b[36mOrder Load ({m}.4ms)\x1b[0m  SELECT orders.* FROM orders WHERE orders.id = {n} LIMIT 1",
    "Performing ActionMailer::MailDeliveryJob (Job ID: {n}) from Sidekiq(mailers) with arguments: {m}",
    "GC: 1{m} ms pause, heap 2{n} slots",
)


def write_journal(path: Path, size: int) -> int:
    """Write a journal of about `size` bytes; how many lines it has."""
    chance = random.Random(7)
    written, lines = 0, 0
    with path.open("wb") as file:
        for t, body in _happenings(chance):
            lines += 1
            if written >= size:
                body = BodyAdapter.dump_json(RunEnded(exit_code=0, verdict="done", took_s=t))
            stamp = f'{{"v":1,"seq":{lines},"at":"{_wall(t)}","t":{t:.3f}'.rstrip("0")
            stamp += "0," if stamp.endswith(".") else ","
            written += file.write(stamp.encode() + body[1:] + b"\n")
            if written >= size and b'"run_ended"' in body:
                return lines
    return lines


def _wall(t: float) -> str:
    return (START + timedelta(seconds=t)).isoformat().replace("+00:00", "Z")


def _happenings(chance: random.Random) -> Iterator[tuple[float, bytes]]:
    """What happens when, without an end; bodies as they are written."""
    output = _output(chance)
    began = 0.0
    for repeat in count():
        events = recorded(SCENARIOS[repeat % len(SCENARIOS)])
        bodies = [(event.t, _dumped(event.body)) for event in events if _repeats(event, repeat)]
        lines = [(chance.random() * OUTPUT_S, chance.choice(output)) for _ in range(OUTPUT_LINES)]
        if not repeat:
            yield from bodies[:2]
            bodies = bodies[2:]
        for t, body in sorted([*bodies, *lines], key=lambda each: each[0]):
            yield began + t, body
        began += OUTPUT_S


def _repeats(event: Event, repeat: int) -> bool:
    """A run begins once, and ends once."""
    if isinstance(event.body, RunStarted | PlanMade):
        return repeat == 0
    return not isinstance(event.body, RunEnded | Failed | Verified)


def _output(chance: random.Random) -> list[bytes]:
    """Lines of output to choose from."""
    lines = []
    for number in range(5_000):
        host, role = HOSTS[number % len(HOSTS)]
        text = chance.choice(PHRASES).format(n=chance.randrange(100_000), m=chance.randrange(10))
        lines.append(_dumped(Output(source="container", host=host, role=role, name="v2", text=text)))
    return lines


def _dumped(body: Body) -> bytes:
    return body.model_dump_json().encode()
