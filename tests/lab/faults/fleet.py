"""Two web hosts and a job host on which one version runs, and one fault after the other strikes."""

from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from backstaff.config.loader import load_config
from backstaff.config.models import Config
from tests.lab import Lab, LabError, LabHost
from tests.lab.deploys.project import Result, a_project, settings_of
from tests.lab.deploys.seen import get, locked, running
from tests.lab.faults.phases import HOSTS, JOB_HOST, LOCK_HOST, WEB_HOSTS, Circumstance, Stage
from tests.lab.faults.table import Case
from tests.lab.waiting import wait_until

_TIMEOUTS = {
    "connect": 3,
    "silence": 4,
    "docker": 4,
    "command": 10,
    "release": 4,
    "start": 10,
    "proxy_grace": 2,
    "stop_grace": 4,
    "pull_silence": 12,
    "hook": 10,
}
_DEPLOY_TIMEOUT_S = 12
_SERVES_WITHIN_S = 10.0
_ONE_WAY_MS = 120.0
_CONNECT_FAR_S = 12
_SKEWED = Path(__file__).with_name("skewed.py")


class Fleet:
    """The hosts between two faults: `version` runs on all of them, and the lock is free.

    Each case deploys two versions more: the one that a fault meets, and the one after it."""

    def __init__(self, lab: Lab, root: Path) -> None:
        self.lab = lab
        self.project = a_project(lab, root, web=WEB_HOSTS, job=[JOB_HOST])
        self.version = ""
        self._made = 0
        self._usual_program = self.project.program
        self._far_configs: dict[str, Path] = {}

    @property
    def hosts(self) -> list[LabHost]:
        """Those that are deployed to."""
        return [self.host(name) for name in HOSTS]

    def host(self, name: str) -> LabHost:
        """The host of this name."""
        return next(host for host in self.lab.hosts if host.name == name)

    @property
    def locked(self) -> bool:
        """Whether there is a lock."""
        return locked(self.host(LOCK_HOST))

    def make_ready(self) -> None:
        """Begin anew, unless the case before has left everything well."""
        if self.version:
            return
        self.heal()
        self.lab.wipe()
        self._configure({}, {})
        version = self.new_image()
        result = self.project.run("deploy", "-P", "--version", version)
        if result.code != 0:
            raise LabError(f"the first deploy ended with {result.code}\n{result.out}{result.err}")
        self.version = version

    def spoil(self) -> None:
        """Something is not as it should be: the next case begins anew."""
        self.version = ""

    def new_image(self, *, mode: str = "healthy", labelled: bool = True) -> str:
        """Push a version that there was not before; returns its name."""
        self._made += 1
        version = f"v{self._made}"
        self.lab.app_image(version, mode=mode, label=labelled)
        return version

    def configure_for(self, case: Case, stage: Stage) -> Config:
        """Write deploy.yml and hooks for a case; returns what they mean."""
        fault = case.fault
        is_far = stage.circumstance is Circumstance.FAR_AWAY
        far = {"ssh": {"config": str(self._far_away(stage.host))}} if is_far else {}
        self._configure(fault.timeouts, {**far, **fault.settings})
        self._remove_hooks()
        if case.at in fault.hooks:
            name, script = fault.hooks[case.at]
            self.project.hook(name, script)
        if fault.clock_s:
            self.project.program = (self._usual_program[0], str(_SKEWED), f"{fault.clock_s:g}")
        file = self.project.directory / "config/deploy.yml"
        return load_config(file, environ={}, cwd=self.project.directory)

    def heal(self) -> None:
        """Undo the fault, and go back to the usual settings."""
        self.lab.heal()
        self.lab.hub.registry.revive()
        self._configure({}, {})
        self._remove_hooks()
        self.project.program = self._usual_program

    def deploy_next(self) -> tuple[Result, str]:
        """Deploy once more, as somebody does who knows nothing of the fault."""
        version = self.new_image()
        return self.project.run("deploy", "-P", "--version", version), version

    def disagreements(self, version: str) -> list[str]:
        """What the hosts show that they should not, when this version was deployed and nothing else runs."""
        return [*self._wrong_containers(version), *self.not_serving((version,), WEB_HOSTS)]

    def not_serving(self, versions: Collection[str], names: Iterable[str]) -> list[str]:
        """Which of these hosts serve none of the versions, given some seconds."""
        return list(self._wrong_answers(versions, names))

    def _wrong_containers(self, version: str) -> Iterable[str]:
        for host in self.hosts:
            role = "job" if host.name == JOB_HOST else "web"
            if (seen := running(host)) != {f"app-{role}-{version}"}:
                yield f"{host.name} runs {', '.join(sorted(seen)) or 'nothing'}"

    def _wrong_answers(self, versions: Collection[str], names: Iterable[str]) -> Iterable[str]:
        wanted = {(200, f"{version} app-web-{version}") for version in versions}

        for name in names:
            host = self.host(name)

            def answers(host: LabHost = host) -> bool:
                with suppress(OSError):
                    return get(host) in wanted
                return False

            try:
                what = f"{' or '.join(versions)} behind the proxy on {name}"
                wait_until(answers, what, timeout_s=_SERVES_WITHIN_S)
            except LabError as error:
                yield str(error)

    def _configure(self, timeouts: Mapping[str, float], settings: Mapping[str, object]) -> None:
        own = {"timeouts": {**_TIMEOUTS, **timeouts}}
        usual: dict[str, object] = {"deploy_timeout": _DEPLOY_TIMEOUT_S}
        self.project.configure(
            settings_of(self.lab, web=WEB_HOSTS, job=[JOB_HOST], own=own, **{**usual, **settings})
        )

    def _remove_hooks(self) -> None:
        for hook in self.project.directory.glob(".kamal/hooks/*"):
            hook.unlink()

    def _far_away(self, name: str) -> Path:
        """An SSH configuration by which one host is reached over a distance."""
        if name not in self._far_configs:
            host = self.host(name)
            address, _ = self.lab.relay(host, _ONE_WAY_MS)
            file = self.project.root / f"far_ssh_config_{name}"
            near, far = f"HostName {host.address}\n", f"HostName {address}\n"
            file.write_text(self.lab.ssh_config.read_text().replace(near, far))
            self._far_configs[name] = file
        return self._far_configs[name]
