"""The same targets for Atheris, which looks for input that reaches lines not reached before.

Atheris is no dependency, and nothing in the tests needs it. One target for three minutes:

uv run --with atheris python -m tests.fuzz.atheris_targets config -max_total_time=180

What follows the target's name goes to libFuzzer: its options, and directories of input to begin with. Input
that breaks a target is left in a file `crash-…`, which is tried again by naming it instead of a directory.
"""

import sys
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory


def main() -> None:
    """Fuzz one target until it breaks, or its time is over."""
    atheris = import_module("atheris")
    with atheris.instrument_imports(include=["backstaff"]):
        targets = import_module("tests.fuzz.targets").TARGETS
    if len(sys.argv) < 2 or sys.argv[1] not in targets:
        raise SystemExit(f"name one of: {', '.join(targets)}")
    target = targets[sys.argv.pop(1)]
    _run_no_commands()
    with TemporaryDirectory() as directory:
        for number, seed in enumerate(target.seeds):
            (Path(directory) / f"seed-{number}").write_bytes(seed)
        words = Path(directory) / "words.dict"
        words.write_text("".join(f'"{_escaped(token)}"\n' for token in target.tokens))
        named = [each for each in sys.argv[1:] if not each.startswith("-")]
        begin = [] if named else [directory]
        atheris.Setup([sys.argv[0], f"-dict={words}", *sys.argv[1:], *begin], target.feed)
        atheris.Fuzz()


def _run_no_commands() -> None:
    """Lines at random are nothing for this machine's shell."""
    # What is imported before it is instrumented is not looked at.
    from backstaff.config import erb
    from backstaff.config.commands import Ended

    def run(command: object, **_: object) -> Ended:
        return Ended(0, "what was printed\n", "")

    vars(erb)["run"] = run


def _escaped(token: str) -> str:
    """A word of the grammar as libFuzzer's dictionaries have it."""
    return "".join(f"\\x{byte:02x}" for byte in token.encode())


if __name__ == "__main__":
    main()
