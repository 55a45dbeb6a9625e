"""Secrets: which files count, what values become, and what is said when something is missing or fails."""

import asyncio
import json
import os
import signal
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backstaff.config.models import SecretNeed
from backstaff.config.secrets import SecretCommand, SecretCommandFailed, Secrets, resolve_secrets
from backstaff.config.secrets.expansion import command_ends
from backstaff.errors import SecretsError
from tests.config.builders import MINIMAL, load, write

ENVIRON = {"PATH": os.environ["PATH"], "OUTSIDE": "out"}


async def secrets_of(
    directory: Path,
    files: Mapping[str, str | bytes],
    *names: str,
    destination: str | None = None,
    timeout_s: float = 10,
) -> Secrets:
    write(directory, files)
    text = f"{MINIMAL}x-backstaff: {{timeouts: {{secret: {timeout_s}}}}}\n"
    over = "{image: me/app}" if destination else None
    config = load(directory, text, destination=destination, over=over)
    needs = [SecretNeed(name, (), None) for name in names]
    return await resolve_secrets(config, needs, environ=ENVIRON, cwd=directory)


async def value_of(directory: Path, line: str) -> str:
    found = await secrets_of(directory, {".kamal/secrets": f"FIRST=one\n{line}\n"})
    return found["A"].reveal()


async def problems(directory: Path, text: str, *names: str, timeout_s: float = 10) -> list[str]:
    with pytest.raises(SecretsError) as caught:
        await secrets_of(directory, {".kamal/secrets": text}, *names, timeout_s=timeout_s)
    return caught.value.what.splitlines()


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("A=plain", "plain"),
        ("A=$FIRST-x", "one-x"),
        ("A=${FIRST}x", "onex"),
        ("A='$FIRST'", "$FIRST"),
        ('A="$FIRST"', "one"),
        (r"A=\$FIRST", "$FIRST"),
        ("A=$OUTSIDE", "out"),
        ("A=100$", "100$"),
        ("A=a$$", "a$$"),
        ('A=p$w"x', 'p"x'),
        (r"A=a\b", "ab"),
        (r"A='a\b'", r"a\b"),
        (r'A="a\"b"', 'a"b'),
        (r'A="a\nb"', r"a\nb"),
        ("DOTENV_LINEBREAK_MODE=legacy\n" + r'A="a\nb"', "a\nb"),
        ("A=$(echo hi)", "hi"),
        ("A='$(echo hi)'", "$(echo hi)"),
        ('A="<$(echo hi)>"', "<hi>"),
        ("A=$(echo $FIRST)", "one"),
        ("A=$(echo $(echo nested))", "nested"),
        (r"A=\$(echo hi)", "$(echo hi)"),
        (r"A=$(echo \\) )", ")"),
        ("A=$(printf 'a\\\\n\\\\n')", "a\n"),
        ("A=$()", "$()"),
        ("A=$(echo", "$(echo"),
        ("A=$(echo a)$(echo b)", "ab"),
    ],
)
async def test_values(tmp_path: Path, line: str, value: str) -> None:
    assert await value_of(tmp_path, line) == value


async def test_the_own_file_overrides_the_common_one(tmp_path: Path) -> None:
    files = {".kamal/secrets-common": "A=1\nB=1\n", ".kamal/secrets": "B=2\n"}
    found = await secrets_of(tmp_path, files)
    assert (found["A"].reveal(), found["B"].reveal()) == ("1", "2")


async def test_files_do_not_see_each_other(tmp_path: Path) -> None:
    files = {".kamal/secrets-common": "A=1\n", ".kamal/secrets": "B=<$A>\n"}
    found = await secrets_of(tmp_path, files)
    assert found["B"].reveal() == "<>"


async def test_a_destination_reads_its_own_file_instead_of_the_plain_one(tmp_path: Path) -> None:
    files = {
        ".kamal/secrets-common": "C=common\n",
        ".kamal/secrets": "A=plain\n",
        ".kamal/secrets.prod": "B=$(echo $KAMAL_DESTINATION)\n",
    }
    found = await secrets_of(tmp_path, files, destination="prod")
    assert {name: value.reveal() for name, value in found.values.items()} == {"C": "common", "B": "prod"}


async def test_a_byte_order_mark_is_no_part_of_the_first_key(tmp_path: Path) -> None:
    found = await secrets_of(tmp_path, {".kamal/secrets": b"\xef\xbb\xbfA=1\n"})
    assert found["A"].reveal() == "1"


async def test_values_do_not_show(tmp_path: Path) -> None:
    found = await secrets_of(tmp_path, {".kamal/secrets": "A=hunter2\n"})
    assert "hunter2" not in repr(found)
    assert "hunter2" not in str(found["A"])


async def test_missing_secrets_are_told_together_with_near_names(tmp_path: Path) -> None:
    found = await problems(tmp_path, "DB_PASSWORT=1\n", "DB_PASSWORD", "OTHER")
    assert found == [
        "the secret DB_PASSWORD is not found in .kamal/secrets (did you mean `DB_PASSWORT`?)",
        "the secret OTHER is not found in .kamal/secrets",
    ]


async def test_missing_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(SecretsError) as caught:
        await secrets_of(tmp_path, {}, "A")
    assert caught.value.what == (
        "the secret A is not found because none of its files exists (.kamal/secrets-common, .kamal/secrets)"
    )


async def test_what_the_configuration_asks_for_is_needed_by_default(tmp_path: Path) -> None:
    config = load(tmp_path, MINIMAL)
    with pytest.raises(SecretsError, match=r"deploy\.yml:4:37: the secret PW is not found"):
        await resolve_secrets(config, environ=ENVIRON, cwd=tmp_path)


async def test_a_failing_command_names_its_key_and_line_and_hides_secrets(tmp_path: Path) -> None:
    text = "TOKEN=hunter2\nA=$(echo denied $TOKEN >&2; exit 7)\nB=$(no-such-program-here)\n"
    found = await problems(tmp_path, text, "A")
    assert found[0] == ".kamal/secrets:2:1: A: the command failed (exit status 7: denied •••)"
    assert found[1].startswith(".kamal/secrets:3:1: B: the command failed (exit status 127:")
    assert len(found) == 2


async def test_a_command_killed_by_a_signal_has_failed(tmp_path: Path) -> None:
    assert await problems(tmp_path, r"A=$(kill -9 \$\$)") == [
        ".kamal/secrets:1:1: A: the command failed (ended by signal 9)"
    ]


async def test_what_kamal_fetches_is_passed_on_to_extract_unquoted(tmp_path: Path) -> None:
    """A `kamal` that knows `fetch` alone: `extract` is none of its calls."""
    fetched = {"A": "two words", "B": '(x) \\ $(y) " `z`'}
    write(
        tmp_path,
        {"bin/kamal": '#!/bin/sh\n[ "$2" = fetch ] && cat fetched\n', "fetched": json.dumps(fetched)},
    )
    (tmp_path / "bin/kamal").chmod(0o755)
    fetch = "ALL=$(kamal secrets fetch --adapter test A B)\n"
    extract = "A=$(kamal secrets extract A $ALL)\nB=$(kamal secrets extract B $ALL)\n"
    write(tmp_path, {".kamal/secrets": fetch + extract})
    config = load(tmp_path, MINIMAL)
    environ = {"PATH": f"{tmp_path}/bin:{ENVIRON['PATH']}"}
    found = await resolve_secrets(config, (), environ=environ, cwd=tmp_path)
    assert [found["A"].reveal(), found["B"].reveal()] == list(fetched.values())


async def test_a_command_has_a_deadline(tmp_path: Path) -> None:
    assert await problems(tmp_path, "A=$(sleep 300 | cat)", timeout_s=0.2) == [
        ".kamal/secrets:1:1: A: the command gave no result within 0.2 s"
    ]


async def test_what_a_command_leaves_running_is_waited_for_no_longer_than_the_command(tmp_path: Path) -> None:
    async with asyncio.timeout(60):
        told = await problems(tmp_path, f"A=$(setsid sleep 600 & echo $! >{tmp_path}/pid)", timeout_s=0.5)
    os.kill(int((tmp_path / "pid").read_text()), signal.SIGKILL)
    assert told == [
        ".kamal/secrets:1:1: A: the command left something running that held its output open for 0.5 s"
    ]


async def test_what_is_written_after_the_command_has_ended_belongs_to_it(tmp_path: Path) -> None:
    assert await value_of(tmp_path, "A=$( (sleep 2.5; echo cret) & printf se)") == "secret"


async def test_cancelling_ends_the_command(tmp_path: Path) -> None:
    started = tmp_path / "started"
    os.mkfifo(started)
    write(tmp_path, {".kamal/secrets": r"A=$(echo \$\$ > started; exec sleep 300)"})
    config = load(tmp_path, MINIMAL)
    async with asyncio.timeout(20), asyncio.TaskGroup() as group:
        work = group.create_task(resolve_secrets(config, [], environ=ENVIRON, cwd=tmp_path))
        process = int(await asyncio.to_thread(started.read_text))
        work.cancel()
    assert work.cancelled()
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)


async def test_text_that_is_lost_to_an_unknown_variable_is_warned_about(tmp_path: Path) -> None:
    found = await secrets_of(tmp_path, {".kamal/secrets": 'A=p$w"x\n'})
    assert [str(warning) for warning in found.warnings] == [
        r".kamal/secrets:1:1: A: loses $w, because no such variable is set; write \$w to keep the text"
    ]


async def test_text_that_was_surely_meant_otherwise_is_warned_about(tmp_path: Path) -> None:
    found = await secrets_of(tmp_path, {".kamal/secrets": "MY-KEY=1\nA='open\nB=$(echo # x)\n"})
    assert [str(warning) for warning in found.warnings] == [
        ".kamal/secrets:1:1: this line is no KEY=value and is ignored",
        ".kamal/secrets:2:1: A: starts with a quote that is never closed",
        ".kamal/secrets:3:1: B: has a $( without its ), so it is no command",
    ]


async def test_an_export_of_nothing_is_an_error(tmp_path: Path) -> None:
    assert await problems(tmp_path, "export NOTHING\n") == [
        ".kamal/secrets:1:8: NOTHING: is exported without a value and not set above"
    ]


async def test_an_unreadable_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SecretsError, match="secrets: is not UTF-8 text"):
        await secrets_of(tmp_path, {".kamal/secrets": b"A=\xff\n"})
    (tmp_path / ".kamal/secrets").unlink()
    (tmp_path / ".kamal/secrets").mkdir()
    with pytest.raises(SecretsError, match="can not be read"):
        await secrets_of(tmp_path, {})


async def test_another_runner_may_answer_commands(tmp_path: Path) -> None:
    write(tmp_path, {".kamal/secrets": "F=x\nA=$(kamal secrets extract $F)\nB=$(other)\n"})
    seen: list[str] = []

    async def run(command: SecretCommand) -> str:
        seen.append(command.line)
        if command.line == "other":
            raise SecretCommandFailed("no")
        return "value"

    with pytest.raises(SecretsError, match="B: no"):
        await resolve_secrets(load(tmp_path, MINIMAL), [], environ={}, cwd=tmp_path, run=run)
    assert seen == ["kamal secrets extract x", "other"]


@settings(deadline=None)
@given(st.text(alphabet="()\\a", max_size=20))
def test_a_command_ends_where_its_parentheses_balance(tail: str) -> None:
    text = f"({tail}"
    end = command_ends(text).get(0)
    if end is not None:
        assert text[end - 1] == ")"
        assert end > 2
    if "\\" not in tail and end is not None:
        assert text[:end].count("(") == text[:end].count(")")
