"""The options that a run was given, read off its command line."""

from collections.abc import Iterator, Sequence

from backstaff.events.types import RunStarted

DEFAULT_CONFIG = "config/deploy.yml"
_SHORT = {"-c": "--config-file", "-d": "--destination", "-h": "--hosts", "-r": "--roles"}
_SHORT_FLAGS = {"-p": "--primary", "-P": "--skip-push"}
_TAKE_A_VALUE = {
    *_SHORT.values(),
    "--version",
    "--lock-wait-timeout",
    "--lock-wait-interval",
    "--resume",
    "--on-failure",
}

Option = tuple[str, list[str]]
"""An option's long name where it has one, and its words as they were given."""


def options_of(run: RunStarted) -> Iterator[Option]:
    """The options that the run was given; where its command line is unknown, those that are told."""
    if run.argv:
        yield from parsed(run.argv)
        return
    if run.config_file and run.config_file != DEFAULT_CONFIG:
        yield "--config-file", ["-c", run.config_file]
    if run.destination:
        yield "--destination", ["-d", run.destination]


def value_of(run: RunStarted, name: str) -> str | None:
    """What was given for an option that takes a value, by its long name; None if it was not given. The last
    one counts."""
    values = [_value(given) for option, given in options_of(run) if option == name]
    return values[-1] if values else None


def was_given(run: RunStarted, name: str) -> bool:
    """Whether an option was given, by its long name."""
    return any(option == name for option, _ in options_of(run))


def _value(given: Sequence[str]) -> str:
    if len(given) > 1:
        return given[1]
    return given[0].partition("=")[2]


def parsed(argv: Sequence[str]) -> Iterator[Option]:
    """The options of a command line that was accepted; its arguments and the command are left out."""
    words = iter(argv)
    for word in words:
        if word == "--":
            return
        if word.startswith("--"):
            name = word.partition("=")[0].replace("_", "-")
            has_value_apart = name in _TAKE_A_VALUE and "=" not in word
            yield name, [word, next(words, "")] if has_value_apart else [word]
        elif word.startswith("-") and word != "-":
            yield from _short(word, words)


def _short(word: str, words: Iterator[str]) -> Iterator[Option]:
    """Short options may stand together, and the last of them may be followed by its value at once."""
    for place, letter in enumerate(word[1:], start=1):
        option = f"-{letter}"
        if option in _SHORT:
            yield _SHORT[option], [option, word[place + 1 :] or next(words, "")]
            return
        yield _SHORT_FLAGS.get(option, option), [option]
