"""Where secrets are while a deploy goes on, on the client and on the hosts: processes, and files.

All processes of the lab's namespaces can be seen from this machine, and are looked at as fast as that goes,
files many times a second. No process has a secret in its arguments. In its environment a hook has all of
them, the application its own, and the shell for a line of the secrets file those that stand in the line.
Nothing else has any: not Backstaff itself, nor a program of Docker's.
"""

import base64
import json
import os
import re
import shlex
from collections.abc import Mapping
from pathlib import Path
from uuid import uuid4

import pytest

from tests.lab import Lab
from tests.lab.commands import must, run
from tests.lab.deploys.project import Project, Result, a_project, settings_of
from tests.lab.file_watch import FileWatch, Holder, watching_files
from tests.lab.process_watch import watching
from tests.lab.registry import LONE_PASSWORD, LONE_USER
from tests.lab.secret_forms import SecretForms

# All processes of the machine are looked at, those of this test at the same time in another worker too.
DB_PASSWORD = f"correct horse {uuid4()} staple"
API_TOKEN = f"token-{uuid4()}"
"""Looks the same quoted and not, so it would stand in a command line as it is."""
HOOK_SECRET = f'the hook alone knows it\'s "{uuid4()}"'
APP_SECRETS = {"DB_PASSWORD": DB_PASSWORD, "API_TOKEN": API_TOKEN}
SECRETS = {"REGISTRY_PASSWORD": LONE_PASSWORD, **APP_SECRETS, "HOOK_TOKEN": HOOK_SECRET}
WORDS = list(SECRETS.values())

ROUNDS_PER_S = 25
"""How often processes are looked at, on the average of all runs: what lasts for 40 ms is seen then, and where
it is as slow as that, all that Docker does lasts longer. This is about how much was seen and not how long
anything took: two processors do over a thousand, and with eight other busy processes each still a hundred.
"""
HOLD = 'test -n "$HOOK_TOKEN" && sleep 0.3'
"""A hook that lasts long enough to be seen, and has what it was promised."""
HOOKS = ("pre-connect", "pre-deploy", "post-deploy")
CHAIN = """\
ALL=$(kamal secrets fetch --adapter test REGISTRY_PASSWORD DB_PASSWORD API_TOKEN HOOK_TOKEN)
DB_PASSWORD=$(kamal secrets extract DB_PASSWORD $ALL)
API_TOKEN=$(kamal secrets extract API_TOKEN $ALL)
HOOK_TOKEN=$(kamal secrets extract HOOK_TOKEN $ALL)
FETCHED=$(kamal secrets extract REGISTRY_PASSWORD $ALL)
REGISTRY_PASSWORD=$(sleep 0.4; printf %s "$FETCHED")
"""

VAULT = "client/vault.json"
HOSTS = ("h1", "h2")
ON_HOSTS = (
    *("root", "home", "tmp", "run", "var/tmp", "var/log"),
    *("var/lib/docker/volumes", "var/lib/docker/containers"),
)
ENV_FILE = "root/.kamal/apps/app/env/roles/web.env"
ENV_FILE_AT_FIRST = f"{ENV_FILE}.backstaff-new"
LOGIN = re.compile(r"client/tmp/backstaff-docker-[^/]+/config\.json")
RECORD = re.compile(
    r"h[12]/run/docker/containerd/.+/\.?[0-9a-f]{64}/config\.json"
    r"|h[12]/var/lib/docker/containers/[0-9a-f]{64}/(\.tmp-)?config\.v2\.json\d*"
)


@pytest.fixture
def project(lab: Lab, tmp_path: Path) -> Project:
    base = lab.app_image("base")
    project = a_project(lab, tmp_path)
    configure(lab, project)
    project.write("Dockerfile", f"FROM {base}\nCOPY content.txt /assets/\n")
    project.write("content.txt", "x\n")
    for name in HOOKS:
        project.hook(name, HOLD)
    project.write(".kamal/secrets", CHAIN)
    a_vault(project)
    project.commit()
    return project


def configure(lab: Lab, project: Project, *, bad: bool = False) -> None:
    """Write deploy.yml for one host after the other; the app of a bad second host does not start."""
    env = {"clear": {"GREETING": "hello"}, "secret": list(APP_SECRETS)}
    crash = {"tags": {"bad": {"clear": {"APP_MODE": "crash:0.3"}}}}
    settings = settings_of(
        lab,
        servers={"web": {"hosts": ["h1", {"h2": "bad"}] if bad else ["h1", "h2"]}},
        env=env | crash if bad else env,
        boot={"limit": 1},
        registry={"server": lab.registry, "username": LONE_USER, "password": ["REGISTRY_PASSWORD"]},
    )
    project.configure(settings)


def a_vault(project: Project) -> None:
    """A `kamal` on the search path whose `fetch` takes the secrets from a file."""
    (project.root / "vault.json").write_text(json.dumps(SECRETS))
    program = project.root / "bin/kamal"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\nsleep 0.2\nexec cat '{project.root}/vault.json'\n")
    program.chmod(0o755)
    project.environ["PATH"] = f"{program.parent}:{os.environ['PATH']}"


def directories(lab: Lab, project: Project) -> Mapping[str, Path]:
    """Where files are looked for: the project with the user's home and temporary files, and of the hosts
    what they see themselves, for /var is put together there."""
    found = {"client": project.root}
    for host in lab.hosts[: len(HOSTS)]:
        root = Path(f"/proc/{host.sandbox.init_pid}/root")
        found |= {f"{host.name}/{directory}": root / directory for directory in ON_HOSTS}
    return found


def deploy(project: Project, *options: str) -> Result:
    """A deploy, whether it goes well or not. Of temporary directories it leaves none."""
    result = project.run("deploy", *options)
    assert list(project.root.glob("tmp/backstaff-*")) == []
    return result


def test_no_process_and_no_file_has_a_secret_but_those_it_is_for(lab: Lab, project: Project) -> None:
    places = directories(lab, project)
    with watching(WORDS) as processes, watching_files(places, WORDS) as files:
        first = deploy(project, "--json")
        project.write("content.txt", "y\n")
        project.commit()
        second = deploy(project, "-v")
        configure(lab, project, bad=True)
        project.write("content.txt", "z\n")
        project.commit()
        third = deploy(project, "--on-failure", "rollback")
    told = "".join(each.out + each.err for each in (first, second, third))

    assert [first.code, second.code, third.code] == [0, 0, 1], told
    assert first.json_events == list(first.events)
    assert "$ docker " in second.out
    assert "rolled back" in third.card
    assert SecretForms(WORDS).found_in(told.encode()) == set()

    assert processes.rounds_per_s > ROUNDS_PER_S
    assert "sleep 0.4" in processes.programs
    assert processes.ran("docker", "create"), processes.programs
    assert processes.ran("sh", "-c"), processes.programs
    assert processes.arguments == []
    environments = {(WORDS[number], program) for number, program in processes.environments}
    assert {each for each in environments if not may_have(*each)} == set()
    assert {word for word, program in environments if is_hook(program)} == set(WORDS)
    assert {word for word, program in environments if is_app(program)} == set(APP_SECRETS.values())

    assert {each for each in files.holders if not may_hold(each)} == set()
    assert len({each.file for each in files.holders if is_login(each)}) == len((first, second, third))
    left = FileWatch(places, WORDS)
    left.look()
    env_files = {(f"{host}/{ENV_FILE}", word) for host in HOSTS for word in APP_SECRETS.values()}
    vault = {(VAULT, word) for word in WORDS}
    assert {(each.file, each.secret) for each in left.holders if not is_record(each)} == env_files | vault


def may_have(word: str, program: str) -> bool:
    """Whether a program may have a secret in its environment."""
    if word == LONE_PASSWORD:
        return is_hook(program) or is_secrets_line(program)
    return is_hook(program) or (word in APP_SECRETS.values() and is_app(program))


def is_hook(program: str) -> bool:
    """A hook, or what it runs."""
    return bool(re.fullmatch(rf"/bin/sh /\S+/app/\.kamal/hooks/({'|'.join(HOOKS)})|sleep 0\.3", program))


def is_secrets_line(program: str) -> bool:
    """The shell that runs a line of the secrets file: it is given the line with the secrets in it."""
    return program.startswith("/bin/sh -c eval ")


def is_app(program: str) -> bool:
    """The application's own process, also while the container runtime becomes it."""
    return program.split(" ")[0] in {"app", "/bin/app"} or program.startswith("runc init")


def may_hold(holder: Holder) -> bool:
    """Whether a file may hold a secret while a deploy goes on. The vault is the test's own."""
    return holder.file == VAULT or is_login(holder) or is_env_file(holder) or is_record(holder)


def is_login(holder: Holder) -> bool:
    """The registry's login for Docker on the client, while an image is built and pushed: nobody but the user
    can read it, nor enter its directory."""
    own = (holder.mode, holder.owner) == (0o600, os.getuid())
    within = (holder.directory_mode, holder.directory_owner) == (0o700, os.getuid())
    return bool(LOGIN.fullmatch(holder.file)) and holder.secret == LONE_PASSWORD and own and within


def is_env_file(holder: Holder) -> bool:
    """The file from which Docker takes a container's environment, also before it has its name."""
    names = {f"{host}/{name}" for host in HOSTS for name in (ENV_FILE, ENV_FILE_AT_FIRST)}
    own = (holder.mode, holder.owner) == (0o600, 0)
    return holder.file in names and holder.secret in APP_SECRETS.values() and own


def is_record(holder: Holder) -> bool:
    """Docker's own record of a container, which tells its environment."""
    return bool(RECORD.fullmatch(holder.file)) and holder.secret in APP_SECRETS.values()


def test_the_watches_find_what_is_there(tmp_path: Path) -> None:
    needle = "it's a needle"
    login = base64.b64encode(f"user:{needle}".encode()).decode()
    with watching([needle]) as processes, watching_files({"here": tmp_path}, [needle]) as files:
        must(run(["sh", "-c", f"x=1; sleep 0.5 # {login}"]))
        file = tmp_path / "of/a/moment"
        file.parent.mkdir(parents=True, mode=0o750)
        file.write_text(login)
        file.chmod(0o604)
        must(run(["sh", "-c", "sleep 0.4; true"], env={"PATH": "/usr/bin:/bin", "X": shlex.quote(needle)}))
        file.unlink()
    assert any("sleep 0.5" in program for _, program in processes.arguments)
    assert any("sleep 0.4" in program for _, program in processes.environments)
    assert Holder("here/of/a/moment", needle, 0o604, os.getuid(), 0o750, os.getuid()) in files.holders


def test_a_secret_is_found_in_every_form() -> None:
    secret = 'it\'s $1 "secret"'
    forms = SecretForms(["another", secret])
    written = [
        *(base64.b64encode(b"x" * before + secret.encode() + b"?\xff") for before in range(3)),
        *(base64.encodebytes(b"user:" * times + secret.encode()) for times in range(1, 20)),
        *map(str.encode, (secret, shlex.quote(secret), json.dumps(secret))),
        *(rb"""'it'\''s $1 "secret"'""", rb"""it's \$1 \"secret\"""", rb"""it\'s\ \$1\ \"secret\""""),
    ]
    assert [each for each in written if forms.found_in(b"<" + each + b">") != {1}] == []
    assert forms.found_in(base64.b64encode(b"it's $1 \"secrec")) == set()
