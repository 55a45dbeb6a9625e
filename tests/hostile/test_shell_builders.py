"""Everything that a shell is given, built from ugly values and run by real shells.

Whoever adds a function that returns text for a shell adds it to `shell_builders`: the last tests find it.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings

import backstaff
from backstaff.hosts.remote_script import COMMAND, said
from backstaff.kamal import audit
from backstaff.kamal.quoting import word
from tests.hostile.recorder import a_recorder
from tests.hostile.shell_builders import BUILDERS, NO_SHELL
from tests.hostile.ugly import UGLY_VALUES, Ugly
from tests.kamal.builders import SHELLS, a_config

APP = Path(backstaff.__file__).parent
SHELL_TEXT = {
    "str",
    "list[str]",
    "Iterable[str]",
    "Sequence[str]",
    "ProxyCommand",
    "LocalCommand",
    "list[LocalCommand]",
}
_COMPLAINTS = ("yntax error", "nterminated", "not found", "bad substitution", "unexpected")


@pytest.mark.parametrize("name", sorted(BUILDERS))
@settings(max_examples=8)
@given(ugly=UGLY_VALUES)
def test_nothing_but_the_builders_own_commands_is_run(name: str, ugly: Ugly) -> None:
    text = "\n".join(BUILDERS[name](ugly))
    for shell in SHELLS:
        with a_recorder(shell) as recorder:
            done = recorder.run(text)
            assert not recorder.injected()
        complaints = done.stderr.decode("utf-8", "replace")
        assert not any(each in complaints for each in _COMPLAINTS), complaints


@pytest.mark.parametrize("shell", SHELLS, ids=" ".join)
@settings(max_examples=20)
@given(ugly=UGLY_VALUES)
def test_lines_of_the_audit_log_arrive_as_they_are(shell: tuple[str, ...], ugly: Ugly) -> None:
    with a_recorder(shell) as recorder:
        recorder.run(audit.append_audit(a_config(), [ugly.text, ugly.value]))
        written = (recorder.home / ".kamal/app-audit.log").read_bytes()
    assert written.decode() == f"{ugly.text}\n{ugly.value}\n"


@pytest.mark.parametrize("shell", SHELLS, ids=" ".join)
@settings(max_examples=20)
@given(ugly=UGLY_VALUES)
def test_a_script_arrives_as_it_is_and_its_commands_do_not_eat_it(shell: tuple[str, ...], ugly: Ugly) -> None:
    script = f"cat; x={word(ugly.text)}\nprintf '%s.' \"$x\""
    with a_recorder(shell) as recorder:
        status, printed = recorder.send(COMMAND, said(script).decode())
        assert not recorder.injected()
    assert (status, printed) == (0, f"{ugly.text}.")


def functions() -> Iterator[tuple[str, ast.FunctionDef]]:
    """The public functions of what makes commands for hosts and for this machine."""
    for file in [*sorted((APP / "kamal").glob("*.py")), APP / "hosts/remote_script.py"]:
        for node in ast.parse(file.read_text()).body:
            if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
                yield file.name, node


def test_every_function_that_returns_text_is_proven_or_known_to_be_no_shell() -> None:
    unknown = [
        f"{file}: {node.name}"
        for file, node in functions()
        if node.returns is not None and ast.unparse(node.returns) in SHELL_TEXT
        if node.name not in BUILDERS and node.name not in NO_SHELL
    ]
    assert unknown == []


def test_what_is_proven_exists() -> None:
    assert set(BUILDERS) - {node.name for _, node in functions()} == set()


KNOWN_INLINE = {
    ("hosts/docker_api.py", "f'df -Pk -- {shlex.quote(root)}'"),
    ("hosts/docker_socket.py", "f'socket={REMOTE_SOCKET}\\n{_LOOK}'"),
}
"""Scripts written where they are run: of constants, and of words quoted by Python's own library."""


def test_no_script_is_put_together_where_it_is_run() -> None:
    found = {
        (str(file.relative_to(APP)), ast.unparse(call.args[0]))
        for file in [*APP.glob("engine/*.py"), *APP.glob("hosts/*.py"), *APP.glob("cli/*.py")]
        for call in ast.walk(ast.parse(file.read_text()))
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute)
        if call.func.attr in {"run", "_run", "attempt"} and call.args
        if isinstance(call.args[0], ast.JoinedStr | ast.BinOp)
    }
    assert found == KNOWN_INLINE


def test_the_shells_are_there_and_the_trap_snaps() -> None:
    for shell in SHELLS:
        with a_recorder(shell) as recorder:
            assert recorder.run("docker $(touch INJECTED)").returncode == 0
            assert recorder.injected()
    assert word("$(touch INJECTED)") != "$(touch INJECTED)"
