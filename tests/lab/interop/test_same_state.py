"""Each tool deploys the same project to the same empty hosts, and everything that they leave is compared."""

import time
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.lab import Lab
from tests.lab.interop.docker_recorder import Call, proxy_calls, recorded, take_calls
from tests.lab.interop.host_state import HostState, look_at, steady_hostname
from tests.lab.interop.once import OncePerRun
from tests.lab.interop.project import Project, Tool, make_project

_SHOP = ("shop", "--destination=staging")
_PLAIN = ("plain",)

RUNS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "shop": {
        "first deploy": ("--destination=staging", "--version=v1"),
        "second deploy": ("--destination=staging", "--version=v2"),
    },
    "plain": {"deploy": ("--version=v1",)},
}
"""The runs of each project, with their options."""

HOSTS = {"shop": ("h1", "h2"), "plain": ("h3", "h4")}
"""Where each project runs: on no host of another, so that they are deployed at the same time."""

SEEN = [(project, run, host) for project, runs in RUNS.items() for run in runs for host in HOSTS[project]]

ALLOWED_WORDS: Mapping[Call, tuple[Call, str]] = {
    ("run", "--detach"): (
        ("create",),
        "it is started by a call of its own, so that what can not be created is told from what can not start",
    ),
}
"""Where Backstaff's command for an app's container differs: Kamal's words, Backstaff's, and the reason."""

ALLOWED_IN_CONTAINERS: Mapping[str, str] = {
    "Config.AttachStdout": "what `docker create` always notes; only a client that attaches would care",
    "Config.AttachStderr": "the same",
}
"""Where an app's container differs in `docker inspect`, and the reason."""

ALLOWED_ONLY_BY_KAMAL: Mapping[str, str] = {
    ".docker": "Kamal runs `docker login` on the hosts",
    ".docker/config.json": "so the registry's password stays there; Backstaff sends it along with each pull",
}
"""What only Kamal leaves in the login home, and the reason."""

Pair = tuple[HostState, HostState]
"""A host after Kamal's run and the same host after Backstaff's."""


@pytest.fixture(autouse=True)
def _clean_hosts() -> None:
    """Nothing to clean: these tests look at what was seen once."""


States = Mapping[tuple[str, str, str], HostState]
"""Hosts by project, run and name."""


@pytest.fixture(scope="module")
def states(lab: Lab, tmp_path_factory: pytest.TempPathFactory, once: OncePerRun) -> Mapping[Tool, States]:
    """What every run of each tool left."""
    return once.made("same-state", lambda: _deploy_all(lab, tmp_path_factory))


def _deploy_all(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Mapping[Tool, States]:
    projects = {name: make_project(lab, tmp_path_factory.mktemp(name), name) for name in RUNS}
    for service, version in (("shop", "v1"), ("shop", "v2"), ("plain_app-1", "v1")):
        lab.app_image(version, service=service)
    found = {}
    for tool in Tool:
        lab.wipe()
        with recorded(lab.hosts), ThreadPoolExecutor() as pool:
            deployed = [pool.submit(_deploy, lab, projects[name], name, tool) for name in RUNS]
            found[tool] = {place: state for each in deployed for place, state in each.result().items()}
    return found


def _deploy(lab: Lab, project: Project, name: str, tool: Tool) -> States:
    """All runs of a project, and its hosts after each."""
    seen = {}
    for run, options in RUNS[name].items():
        since = time.time()
        project.must(tool, "deploy", "--skip-push", *options)
        for host in lab.hosts:
            if host.name in HOSTS[name]:
                seen[name, run, host.name] = look_at(host, take_calls(host), proxy_calls(host, since))
    return seen


@pytest.fixture(params=SEEN, ids=" ".join)
def pair(request: pytest.FixtureRequest, states: Mapping[Tool, States]) -> Pair:
    return states[Tool.KAMAL][request.param], states[Tool.BACKSTAFF][request.param]


def test_containers_have_equal_names_settings_environment_and_labels(pair: Pair) -> None:
    kamal, backstaff = pair
    assert backstaff.containers.keys() == kamal.containers.keys()
    for name in kamal.containers:
        assert _comparable(backstaff, name) == _comparable(kamal, name)


def test_containers_are_made_with_the_same_words_in_the_same_order(pair: Pair) -> None:
    kamal, backstaff = pair
    expected = [_allowed(call) for call in _creating(kamal.calls)]
    assert expected
    assert list(_creating(backstaff.calls)) == expected


def test_directories_files_modes_and_contents_are_equal(pair: Pair) -> None:
    kamal, backstaff = pair
    assert kamal.files.keys() - backstaff.files.keys() == ALLOWED_ONLY_BY_KAMAL.keys()
    shared = {path: file for path, file in kamal.files.items() if path not in ALLOWED_ONLY_BY_KAMAL}
    assert backstaff.files == shared


def test_audit_logs_are_equal_but_for_the_times(pair: Pair) -> None:
    kamal, backstaff = pair
    assert backstaff.audit == kamal.audit


def test_images_networks_and_volumes_are_equal(pair: Pair) -> None:
    kamal, backstaff = pair
    assert backstaff.images == kamal.images
    assert backstaff.networks == kamal.networks
    assert backstaff.volumes == kamal.volumes


def test_the_proxy_is_told_the_same_and_serves_the_same(pair: Pair) -> None:
    kamal, backstaff = pair
    assert [call for call in backstaff.proxy_calls if " deploy " in call] == list(kamal.proxy_calls)
    assert backstaff.services == kamal.services
    assert kamal.services


@pytest.mark.parametrize("tool", Tool)
def test_the_comparison_sees_what_the_project_asks_for(states: Mapping[Tool, States], tool: Tool) -> None:
    state = states[tool]["shop", "second deploy", "h1"]
    assert state.running() == {"shop-web-staging-v2", "shop-job-staging-v2"}
    assert state.stopped() == {"shop-web-staging-v1", "shop-job-staging-v1"}
    assert state.files[".kamal/apps/shop-staging/env/roles/web.env"].mode == "600"
    environment = state.containers["shop-web-staging-v2"]["Config.Env"]
    assert isinstance(environment, list)
    assert "MODE=blue-production" in environment
    assert "EU_TOKEN=bare value" in environment
    assert 'TOKEN=single $quoted "text" with `ticks` and \\\\ backslash' in environment
    assert state.services[0].target == "shop-web-staging-v2:8080"
    assert len(state.audit) == 12


def _comparable(state: HostState, name: str) -> Mapping[str, object]:
    allowed = ALLOWED_IN_CONTAINERS if name != "kamal-proxy" else {}
    return {path: value for path, value in state.containers[name].items() if path not in allowed}


def _creating(calls: Iterable[Call]) -> Iterable[Call]:
    """Calls that make containers, host names without their random ends."""
    for call in calls:
        if call[0] in {"run", "create"} or call[:2] == ("container", "create"):
            yield tuple(
                steady_hostname(word) if before == "--hostname" else word
                for before, word in zip(("", *call), call, strict=False)
            )


def _allowed(call: Call) -> Call:
    """A call of Kamal as Backstaff may make it."""
    for words, (instead, _) in ALLOWED_WORDS.items():
        if call[: len(words)] == words:
            return (*instead, *call[len(words) :])
    return call
