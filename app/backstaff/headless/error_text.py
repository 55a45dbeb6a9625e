"""An error as text, or as one line of JSON, where no run has begun that could tell it."""

import json

from backstaff.errors import BackstaffError, ConfigError
from backstaff.events.inert import inert
from backstaff.headless.colour import Paint, Tone


def error_lines(error: BackstaffError, paint: Paint) -> list[str]:
    """The error, what was seen, and what to do. A configuration shows each of its issues on a line."""
    told = error.issues if isinstance(error, ConfigError) else [str(error)]
    head = [f"{paint('error', Tone.BAD)}  {inert(line)}" for each in told for line in str(each).splitlines()]
    seen = [f"       {inert(line)}" for line in error.evidence]
    fix = [f"  fix  {inert(error.fix)}"] if error.fix else []
    return head + seen + fix


def error_record(error: BackstaffError) -> str:
    """`{"error": …, "where": …, "evidence": […], "fix": …, "exit_code": …}`, plain ASCII."""
    record = {
        "error": error.what,
        "where": error.where,
        "evidence": list(error.evidence),
        "fix": error.fix,
        "exit_code": int(error.exit_code),
    }
    return json.dumps(record)
