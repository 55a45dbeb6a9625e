"""Every fault in every phase of a deploy: `python -m tests.bench.faults [--only FAULT,…] [--phase PHASE,…]`.

Brings up a lab of real hosts, needs what `tests/lab` needs, and takes ten seconds or so for each case. A run
is timed from the moment the fault strikes. The exit code is 1 if anything was not as it has to be.
"""

import argparse
import json
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.lab import Lab, LabError, missing_requirements
from tests.lab.faults.fleet import Fleet
from tests.lab.faults.judgement import cause_is_named, complaints
from tests.lab.faults.phases import STAGES, At, Circumstance
from tests.lab.faults.table import FAULTS, Case, Fault, NotApplicable, cases
from tests.lab.faults.trial import LockAfter, Observation, try_out

_HEADING = (
    f"{'fault':26} {'phase':13} {'exit':>5} {'seconds':>8} {'bound':>6}  {'cause':6} {'lock':10} "
    f"{'failed requests':>15}  {'retry':5} {'next':5} containers left"
)
_HOSTS = 3


@dataclass(frozen=True)
class Row:
    """A case that was tried, and what was wrong with it."""

    case: Case
    seen: Observation | None
    wrong: tuple[str, ...]

    @property
    def line(self) -> str:
        """The table's row."""
        fault, at = self.case.fault.name, self.case.at
        seen = self.seen
        if seen is None:
            return f"{fault:26} {at:13} could not be tried"
        cause = "-" if seen.card is None else "named" if cause_is_named(self.case, seen) else "NOT"
        ended = f"{seen.code:5}" if seen.code is not None else "HUNG "
        failed = f"{len(seen.failures)} of {seen.requests}"
        after = "FAILS" if seen.next_code != 0 or seen.wrong_after else "ok"
        retry = "-" if seen.retry_code is None else "FAILS" if seen.retry_code else "ok"
        left = "; ".join(f"{host} {', '.join(words)}" for host, words in seen.left.items()) or "none"
        return (
            f"{fault:26} {at:13} {ended} {seen.took_s:8.1f} {seen.bound_s:6.0f}  {cause:6} "
            f"{seen.lock:10} {failed:>15}  {retry:5} {after:5} {left}"
        )


def chosen(faults: Sequence[str], phases: Sequence[str]) -> list[Case]:
    """The cases of the table that were asked for."""
    return [
        each
        for each in cases()
        if (not faults or each.fault.name in faults) and (not phases or each.at in phases)
    ]


def rows(lab: Lab, root: Path, wanted: Sequence[Case], record: Path | None) -> Iterator[Row]:
    """Try the cases one after the other."""
    fleet = Fleet(lab, root)
    for case in wanted:
        row = _row(fleet, case)
        if row.wrong:
            fleet.spoil()
        if record is not None:
            _write(record, row)
        yield row


def _row(fleet: Fleet, case: Case) -> Row:
    try:
        seen = try_out(fleet, case)
    except (LabError, AssertionError, subprocess.SubprocessError) as error:
        return Row(case, None, (f"{type(error).__name__}: {error}",))
    return Row(case, seen, tuple(complaints(case, seen)))


def _write(record: Path, row: Row) -> None:
    """Add what there is to know of a row that went wrong."""
    if not row.wrong:
        return
    with record.open("a") as file:
        seen = row.seen
        told = {"case": row.case.name, "wrong": row.wrong, "output": seen.output if seen else ""}
        file.write(json.dumps(told) + "\n")


def summary(fault: Fault, tried: Sequence[Row]) -> str:
    """One line for all phases of a fault."""
    seen = [row.seen for row in tried if row.seen is not None]
    longest = max((each.took_s for each in seen), default=0.0)
    share = max((each.took_s / each.bound_s for each in seen), default=0.0)
    codes = ", ".join(map(str, sorted({each.code for each in seen if each.code is not None})))
    failed = sum(len(each.failures) for each in seen)
    good = sum(1 for row in tried if not row.wrong)
    most = f"{longest:.0f} s, at most {share:.0%} of the bound" if seen else "-"
    return (
        f"{fault.name:26} {good:3} of {len(tried):2} phases as they have to be   exit {codes or '-':10} "
        f"longest {most:32} failed requests {failed}"
    )


def totals(tried: Sequence[Row]) -> Iterator[str]:
    """How many of all cases have each property, and of how many it could be asked."""
    seen = [(row.case, row.seen) for row in tried if row.seen is not None]
    carded = [(case, each) for case, each in seen if each.card is not None]
    retried = [each.retry_code for _, each in seen if each.retry_code is not None]
    locks = {state: sum(1 for _, each in seen if each.lock is state) for state in LockAfter}
    failed = sum(len(each.failures) for _, each in seen)
    asked = sum(each.requests for _, each in seen)
    served = [each for case, each in seen if not case.fault.takes_down]
    yield f"as they have to be: {sum(1 for row in tried if not row.wrong)} of {len(tried)}"
    named = _well(not cause_is_named(*pair) for pair in carded)
    yield f"cards that name the cause, and the host where it lies with one: {named}"
    yield f"lock: {', '.join(f'{state} {count}' for state, count in locks.items())}"
    yield f"failed requests: {failed} of {asked}"
    yield f"old or new version serves once the fault is mended: {_well(each.wrong_before for each in served)}"
    yield f"retry goes through: {retried.count(0)} of {len(retried)}"
    yield f"next deploy goes through: {_well(each.next_code or each.wrong_after for _, each in seen)}"


def _well(wrong: Iterable[object]) -> str:
    each = [bool(one) for one in wrong]
    return f"{each.count(False)} of {len(each)}"


def not_applicable() -> Iterator[str]:
    """The pairs that mean nothing, and why."""
    for fault in FAULTS:
        reasons: dict[str, list[At]] = {}
        for at in At:
            if isinstance(ends := fault.ends[at], NotApplicable):
                reasons.setdefault(ends.reason, []).append(at)
        for reason, phases in reasons.items():
            yield f"{fault.name}: not applicable in {', '.join(phases)}: {reason}"


def lasting() -> Iterator[str]:
    """How phases are made to last that are too short to be hit."""
    for at, stage in STAGES.items():
        if stage.circumstance is not Circumstance.NONE:
            yield f"{at}: {stage.circumstance}"


def main(arguments: Sequence[str]) -> int:
    """Try the cases and print the tables."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.faults", description=__doc__)
    parser.add_argument("--only", default="", metavar="FAULT,…", help="faults, by the names of the table")
    parser.add_argument("--phase", default="", metavar="PHASE,…", help="phases, by the names of the table")
    parser.add_argument("--record", type=Path, metavar="FILE", help="where the output of bad runs is added")
    options = parser.parse_args(arguments)
    wanted = chosen(_listed(options.only), _listed(options.phase))
    if missing := missing_requirements():
        print("\n".join(missing), file=sys.stderr)
        return 2
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    tried: list[Row] = []
    try:
        with tempfile.TemporaryDirectory(prefix="faults-") as root, Lab.up(_HOSTS) as lab:
            print(_HEADING, flush=True)
            for row in rows(lab, Path(root), wanted, options.record):
                tried.append(row)
                print("\n    ".join((row.line, *row.wrong)), flush=True)
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
    _conclude(tried)
    return 0 if len(tried) == len(wanted) and not any(row.wrong for row in tried) else 1


def _listed(text: str) -> list[str]:
    return [word.strip() for word in text.split(",") if word.strip()]


def _conclude(tried: Sequence[Row]) -> None:
    print()
    for fault in FAULTS:
        if mine := [row for row in tried if row.case.fault is fault]:
            print(summary(fault, mine))
    print("\n" + "\n".join(totals(tried)))
    print("\n" + "\n".join(not_applicable()))
    print("\nHow short phases are made to last:\n" + "\n".join(lasting()))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
