"""A log that just ends: what was waited for, who could have ended it, and what each was last seen doing."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from backstaff.events.board import Board
from backstaff.events.board_state import PairView, WaitView
from backstaff.events.facts import Explanation, FailureCard, HostEvidence, LockState, PairState, WaitKind
from backstaff.explain.evidence import last_output
from backstaff.explain.outcome import final_state
from backstaff.explain.retry import retry_command
from backstaff.explain.why import MOST_HOSTS, explain_wait
from backstaff.explain.words import by_role, duration, listed
from backstaff.kamallog.going import Command, Commands
from backstaff.kamallog.survey import Pair, Survey

ENDS_HERE = "the log ends here"
HELD_BACK = "Kamal holds back what it prints to a file or a pipe: its last lines may be missing"
_PLAN = "backstaff plan shows groups and barriers before anything is touched"
_BEGUN_WORDS = {
    PairState.PREPARING: "had begun to boot",
    PairState.CREATING: "its container was being created",
    PairState.STARTING: "its container had started",
    PairState.CHECKING: "its container was started and not yet found healthy",
    PairState.HEALTHY: "was healthy",
    PairState.FAILED: "failed to boot",
    PairState.HALTED: "was not booted",
    PairState.WAITING: "waited at the barrier",
}


@dataclass(frozen=True)
class LogEnd:
    """Where a log ends, `at_t` seconds into the run.

    `cancelled` is what a CI system wrote when it ended the job, `quiet_s` how long nothing had been printed
    before, `held_back` whether lines may be missing, `timed` whether the times are the file's own."""

    cancelled: str = ""
    quiet_s: float = 0.0
    at_t: float = 0.0
    held_back: bool = False
    timed: bool = False
    begun: Sequence[Pair] = ()


class Silence:
    """Explains the end of a log that tells no end of the run."""

    def __init__(self, board: Board, survey: Survey, commands: Commands, end: LogEnd) -> None:
        self._board = board
        self._survey = survey
        self._commands = commands
        self._end = end
        self._gate = survey.gate or ""
        self._waiting = [
            (wait.start.host, wait.start.role)
            for wait in board.waits.values()
            if wait.start.what is WaitKind.BARRIER
        ]

    def waits(self) -> dict[int, Explanation]:
        """The explanation of every open wait, by its number."""
        barrier = self._barrier() if self._waiting else None
        return {
            number: barrier
            if barrier is not None and wait.start.what is WaitKind.BARRIER
            else self._other(number)
            for number, wait in self._board.waits.items()
        }

    def card(self, end: str) -> FailureCard:
        """The failure card: how it ended, in the words of `end`, and what was going on then."""
        why = self._barrier() if self._waiting else self._without_barrier()
        command = self._board.run.command if self._board.run else "kamal"
        told = [
            "; ".join((f"{_who(each)}: {each.doing}", *each.lines, *each.output)) for each in why.evidence
        ]
        return FailureCard(
            title=f"{command}, of which the log tells no end",
            cause=f"{end}{why.sentence}",
            evidence=(*told, *self._about_the_end()),
            state=(*final_state(replace(self._board, lock=None)), *self._lock()),
            fix=why.advice,
            retry=retry_command(self._board),
        )

    def _other(self, number: int) -> Explanation:
        why = explain_wait(self._board, number, self._end.at_t)
        wait = self._board.waits[number]
        within = f" within {duration(wait.start.limit_s)}" if wait.start.limit_s else ""
        advice = f"{ENDS_HERE}; Kamal gives up by itself{within}, unless {wait.start.host} hangs"
        return why.model_copy(update={"advice": advice})

    def _barrier(self) -> Explanation:
        """Why the pairs at the barrier wait, with the hosts that could have opened it."""
        gates = [pair for pair in self._gates() if pair.state is not PairState.HEALTHY] or self._gates()
        evidence = [self._gate_evidence(pair) for pair in gates[:MOST_HOSTS]]
        if len(gates) > MOST_HOSTS:
            more = f"{len(gates) - MOST_HOSTS} more"
            evidence.append(HostEvidence(host=more, role=self._gate, doing="not shown"))
        sentence, advice = self._barrier_in_words()
        return Explanation(sentence=sentence, evidence=(*evidence, *self._waiters()), advice=advice)

    def _gates(self) -> list[PairView]:
        pairs = [pair for pair in self._board.pairs.values() if pair.role == self._gate]
        return sorted(pairs, key=lambda pair: (self._has_begun(pair), pair.group))

    def _has_begun(self, pair: PairView) -> bool:
        return (pair.host, pair.role) in self._end.begun

    def _barrier_in_words(self) -> tuple[str, str]:
        """The sentence and the advice."""
        roles = list(dict.fromkeys(role for _, role in self._waiting))
        waits = f"{listed(roles)} {'waits' if len(roles) == 1 else 'wait'}"
        gates, gate = self._gates(), self._gate
        if not gate:
            primary = "Kamal takes the first host of --hosts as primary: let that be one of its primary role."
            return (
                f"{waits} for a role that Kamal did not select: nobody can open the barrier",
                f"{primary} {_PLAN}",
            )
        if not gates:
            return (
                f"{waits} for {gate}; the log names no {gate} host",
                f"does the selection have {gate} hosts? {_PLAN}",
            )
        begun = [pair for pair in gates if self._has_begun(pair)]
        healthy = [pair.host for pair in gates if pair.state is PairState.HEALTHY]
        going = [pair.host for pair in begun if not pair.state.final]
        if not begun:
            return (
                f"{waits} for {gate}; no {gate} host has started; its group comes after",
                self._order_advice(),
            )
        if healthy:
            return f"{waits} for {gate}; {gate} on {listed(healthy)} was healthy", "Kamal was about to go on"
        if going:
            return (
                f"{waits} for {gate}; {gate} on {listed(going)} has begun and was not healthy yet",
                self._look_at(going),
            )
        failed = [pair.host for pair in begun]
        return (
            f"{waits} for {gate}; {gate} failed on {listed(failed)}, so that nobody can open the barrier",
            f"Kamal waits for ever: end it, and look at {listed(failed)}. {_PLAN}",
        )

    def _order_advice(self) -> str:
        return (
            "Kamal boots one group of hosts after the other, and waits at the barrier without a limit: the"
            f" group that waits must not come before that of {self._gate}. Kamal 2.6.0 puts them in the wrong"
            f" order when boot.limit is set: use 2.6.1 or later, or leave boot.limit out. {_PLAN}"
        )

    def _look_at(self, hosts: Sequence[str]) -> str:
        first = hosts[0]
        return (
            "Kamal waits at the barrier without a limit, and runs its commands without one: "
            f"{_still_answer(hosts)}   {self._logs_command(first)}"
        )

    def _logs_command(self, host: str) -> str:
        destination = f" -d {self._survey.destination}" if self._survey.destination else ""
        return f"backstaff app logs{destination} -h {host}"

    def _gate_evidence(self, pair: PairView) -> HostEvidence:
        """A host that could have opened the barrier, and what it was last seen doing."""
        command = self._commands.last_on(pair.host)
        begun = self._has_begun(pair)
        doing = _BEGUN_WORDS.get(pair.state, "had begun to boot") if begun else "has not started"
        return HostEvidence(
            host=pair.host,
            role=pair.role,
            doing=doing,
            lines=(
                f"last seen: {self._seen(command)}" if command else "the log shows no command there",
                *self._time_given(pair),
            ),
            output=last_output(self._board, pair),
        )

    def _time_given(self, pair: PairView) -> tuple[str, ...]:
        """How long Kamal gives what a pair waits for itself."""
        limits = [wait.start.limit_s for wait in self._board.waits_of(pair.host, pair.role)]
        return tuple(f"Kamal gives that {duration(limit)}" for limit in limits[-1:] if limit)

    def _waiters(self) -> tuple[HostEvidence, ...]:
        """The pairs that wait."""
        waits = [wait for wait in self._board.waits.values() if wait.start.what is WaitKind.BARRIER]
        return tuple(
            HostEvidence(
                host=wait.start.host, role=wait.start.role, doing=f"waits at the barrier{self._lasted(wait)}"
            )
            for wait in waits[:MOST_HOSTS]
        )

    def _lasted(self, wait: WaitView) -> str:
        """How long a wait lasted in the log, where its times tell."""
        return f" for {duration(wait.elapsed_s(self._end.at_t))}" if self._end.timed else ""

    def _without_barrier(self) -> Explanation:
        """What was going on where nobody waited at the barrier."""
        failed = [pair for pair in self._board.pairs.values() if pair.state is PairState.FAILED]
        if failed:
            hosts = by_role((pair.host, pair.role) for pair in failed)
            return Explanation(
                sentence=f"{hosts} failed to boot, and why is not in it",
                evidence=tuple(self._gate_evidence(pair) for pair in failed[:MOST_HOSTS]),
                advice=self._logs_command(failed[0].host),
            )
        if going := self._commands.open:
            return self._unfinished(going)
        last = self._commands.last
        if last is None:
            return Explanation(sentence="it tells of no command", advice="is this all that Kamal printed?")
        where = f" on {last.host}" if last.host else ""
        return Explanation(
            sentence=f"the last that it tells is {self._seen(last)}{where}; what came after is not in it",
            advice="Kamal runs most commands without a time limit: the next step may hang on any host",
        )

    def _unfinished(self, going: Sequence[Command]) -> Explanation:
        """Commands without an end, those that are alike together."""
        alike: dict[str, list[str]] = {}
        for command in going:
            alike.setdefault(command.what, []).append(command.host or "this machine")
        told = [f"{what} on {listed(hosts)}" for what, hosts in alike.items()]
        evidence = tuple(
            HostEvidence(
                host=each.host or "this machine", role=each.role, doing=self._seen(each), lines=(each.short,)
            )
            for each in going[:MOST_HOSTS]
        )
        hosts = list(dict.fromkeys(command.host for command in going if command.host))
        where = _still_answer(hosts) if hosts else "what does this machine do?"
        return Explanation(
            sentence=f"{'; '.join(told[:3])} had not ended",
            evidence=evidence,
            advice=f"Kamal runs commands without a time limit: {where}",
        )

    def _seen(self, command: Command) -> str:
        return command.seen(self._end.at_t, timed=self._end.timed)

    def _about_the_end(self) -> list[str]:
        lines = []
        if self._end.cancelled:
            quiet = f" after {duration(self._end.quiet_s)} of silence" if self._end.quiet_s >= 1.0 else ""
            lines.append(f"the CI system ended the job{quiet}: {self._end.cancelled}")
        if self._end.held_back:
            lines.append(HELD_BACK)
        return lines

    def _lock(self) -> tuple[str, ...]:
        """The lock: whether it is still held is not to be seen in a log that just ends."""
        lock = self._board.lock
        if lock is None or lock.state is not LockState.OURS:
            return ()
        return ("the lock was taken and its release is not in the log: backstaff lock status",)


def _who(evidence: HostEvidence) -> str:
    return f"{evidence.host} {evidence.role}".rstrip()


def _still_answer(hosts: Sequence[str]) -> str:
    return f"{'does' if len(hosts) == 1 else 'do'} {listed(hosts)} still answer?"
