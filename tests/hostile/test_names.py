"""Names and values of deploy.yml: what can work goes through unharmed, what can not is refused."""

from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from backstaff.config import Config
from backstaff.errors import ConfigError
from backstaff.kamal.boot_script import boot_script
from backstaff.kamal.env_file import env_file_text
from tests.config.builders import NO_RUBY, errors, load
from tests.hostile.recorder import Recorder, a_recorder
from tests.kamal.builders import SHELLS

CAN_NOT_WORK = ["a b", "$(touch INJECTED)", "`touch INJECTED`", "a\nb", ""]


@pytest.mark.parametrize("name", [*CAN_NOT_WORK, "a;b", "a'b", 'a"b', "é", "../up", "a/b", "a:b", "${HOME}"])
def test_a_role_that_no_container_can_be_named_by_is_refused_where_it_stands(
    tmp_path: Path, name: str
) -> None:
    text = with_line("").replace("servers: [h1]", f"servers:\n  web: [h1]\n  {quoted(name)}: [h2]")
    (issue,) = errors(tmp_path, text)
    assert issue.startswith(f"deploy.yml:5:3: servers/{name}: should be letters, digits, dots, hyphens and")


def quoted(name: str) -> str:
    """As a key of YAML on one line."""
    return yaml.safe_dump(name, default_style='"', allow_unicode=True, width=1000).strip()


def with_line(line: str) -> str:
    """A small deploy.yml whose sixth line is this one."""
    small = "service: app\nimage: me/app\nservers: [h1]\nregistry: {username: me, password: [PW]}\n"
    return f"{small}builder: {{arch: amd64}}\n{line}\n"


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('labels: {"a b": x}', "deploy.yml:6:10: labels/a b: is not a name"),
        ('labels: {"a=b": x}', "deploy.yml:6:10: labels/a=b: is not a name"),
        ('env: {clear: {"a b": x}}', "deploy.yml:6:15: env/clear/a b: is not a name"),
        ('env: {"": x}', "deploy.yml:6:7: env/: is not a name"),
        ('env: {secret: ["A B"]}', "deploy.yml:6:16: env/secret/0: is not a name"),
        ('logging: {options: {"a\\nb": x}}', "deploy.yml:6:21: logging/options/a\nb: is not a name"),
        ('asset_path: "/a\\0b"', "deploy.yml:6:13: asset_path: has a NUL character"),
        ('proxy: {run: {version: "v1; reboot"}}', "deploy.yml:6:24: proxy/run/version: has a character"),
        (
            'proxy: {run: {options: {"--init": true}}}',
            "deploy.yml:6:25: proxy/run/options/--init: --init is no option",
        ),
    ],
)
def test_what_can_not_work_is_refused_where_it_stands(tmp_path: Path, line: str, told: str) -> None:
    (issue,) = errors(tmp_path, with_line(line))
    assert issue.startswith(told)


@pytest.mark.parametrize("host", ["a;b", "a'b", "$HOME", "-oProxyCommand=x", "a/b", "a|b", "*", "a\\b"])
def test_a_host_that_no_machine_can_be_called_is_refused(tmp_path: Path, host: str) -> None:
    text = with_line("").replace("servers: [h1]", f"servers: [{quoted(host)}]")
    (issue,) = errors(tmp_path, text)
    assert issue.startswith("deploy.yml:3:11: servers/0: is not a host")


@pytest.mark.parametrize(
    "host", ["h1", "a_b.example-1.com", "10.0.0.1", "[fe80::1%eth0]:22", "ü.example", "me@h"]
)
def test_any_usual_host_is_fine(tmp_path: Path, host: str) -> None:
    config = load(tmp_path, with_line("").replace("servers: [h1]", f"servers: [{quoted(host)}]"))
    assert config.all_hosts == (host,)


@pytest.mark.parametrize("destination", ["a b", "../up", "$(x)", "a\nb", ""])
def test_a_destination_that_no_container_can_be_named_by_is_refused(tmp_path: Path, destination: str) -> None:
    with pytest.raises(ConfigError, match="the destination"):
        load(tmp_path, with_line(""), destination=destination)


TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"], exclude_characters="\0"), max_size=30)
LITERAL = st.one_of(
    TEXTS,
    st.sampled_from(
        ["$(touch INJECTED)", "`touch INJECTED`", "'; touch INJECTED; '", '" $(touch INJECTED) "']
    ),
    st.sampled_from(["${x:-$(touch INJECTED)}", "a\\", "a\\'b", "!x", "~", "*", "-e", "a=b", "#", "\\$x"]),
).filter(lambda text: "${" not in text)
KEYS = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cs", "Cc", "Zs", "Zl", "Zp"], exclude_characters="="),
    min_size=1,
    max_size=12,
)


def config_with(directory: Path, env: dict[str, str], labels: dict[str, str]) -> Config | None:
    """A configuration that says so; None if it can not be one."""
    data = {
        "service": "app",
        "image": "me/app",
        "servers": {"web": ["h1"]},
        "registry": {"username": "me", "password": ["PW"]},
        "builder": {"arch": "amd64"},
        "proxy": {"host": "app.example.com"},
        "env": {"clear": env, "secret": ["TOKEN"]},
        "labels": labels,
        "asset_path": "/app/a 'b' $(touch INJECTED)",
    }
    # PyYAML reads a NEL back as a blank from where it writes it as it is.
    plain = not any("\x85" in text for texts in (env, labels) for item in texts.items() for text in item)
    try:
        return load(directory, yaml.safe_dump(data, allow_unicode=plain, sort_keys=False), environ=NO_RUBY)
    except ConfigError as error:
        unplaced = [issue for issue in error.issues if not (issue.line and issue.column)]
    assert not unplaced
    return None


def as_ruby_writes(value: str) -> str:
    """What arrives of a value: Kamal's quoting spells control characters out, and `#` before some others."""
    for plain, spelt in (("\n", "\\n"), ("\r", "\\r"), ("\t", "\\t"), ("\x1b", "\\e"), ("\b", "\\b")):
        value = value.replace(plain, spelt)
    for plain, spelt in (("\f", "\\f"), ("\v", "\\v"), ("\a", "\\a")):
        value = value.replace(plain, spelt)
    value = "".join(c if ord(c) > 0x7E or c >= " " else f"\\x{ord(c):02X}" for c in value)
    return value.replace("\x7f", "\\x7F").replace("#{", "\\#{").replace("#$", "\\#$").replace("#@", "\\#@")


@pytest.mark.parametrize("shell", SHELLS, ids=" ".join)
@settings(max_examples=40)
@example(env={"A": "a\x85b"}, labels={"b": "\x85"}, secret="c\x85")
@given(
    env=st.dictionaries(KEYS, LITERAL, max_size=4),
    labels=st.dictionaries(KEYS, LITERAL, max_size=3),
    secret=LITERAL,
)
def test_what_deploy_yml_says_reaches_docker_word_by_word(
    shell: tuple[str, ...], env: dict[str, str], labels: dict[str, str], secret: str
) -> None:
    with TemporaryDirectory() as directory:
        config = config_with(Path(directory), env, labels)
    if config is None:
        return
    role = config.role("web")
    text = env_file_text(role.env_for("h1"), {"TOKEN": secret, "PW": "x"})
    script = boot_script(config, role, "h1", "v1", hostname="h1-0123456789ab", env_text=text)
    with a_recorder(shell) as recorder:
        done = recorder.run(script)
        assert done.returncode == 0, done.stderr
        assert not recorder.injected()
        (call,) = recorder.calls()
    assert values_after(call, "--env")[3:] == [arrives(key, value) for key, value in env.items()]
    assert (
        values_after(call, "--label")[-len(labels) :]
        == [arrives(key, value) for key, value in labels.items()]
        or not labels
    )
    assert values_after(call, "--volume")[-1].endswith(":/app/a 'b' $(touch INJECTED)")
    assert call[-1] == "me/app:v1"


def arrives(key: str, value: str) -> str:
    return f"{key}={as_ruby_writes(value)}" if value.strip() else key


def values_after(call: list[str], flag: str) -> list[str]:
    return [after for before, after in pairwise(call) if before == flag]


def test_the_recorder_notices_an_injection(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path, ("sh",))
    assert recorder.run('docker create "$(touch INJECTED)"\n').returncode == 0
    assert recorder.injected()
