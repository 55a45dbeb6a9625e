"""What a configuration that loads has to stand: whatever is made of it, before any host is asked."""

import json
from dataclasses import asdict
from itertools import cycle
from pathlib import Path

import yaml

from backstaff.cli.config import plain
from backstaff.config import Config
from backstaff.errors import BuildFailed, PlanRefused, UsageError
from backstaff.headless.plan_text import plan_lines
from backstaff.hosts.remote_script import said
from backstaff.plan.local_steps import ThisMachine, local_steps
from backstaff.plan.outline import outline
from backstaff.plan.plan import Command, make_plan
from backstaff.plan.selection import select

_HERE = Path("/project")
_MACHINES = (
    ThisMachine("amd64", _HERE, Path("/tmp"), hooks=("pre-build", "pre-connect")),
    ThisMachine("amd64", _HERE, Path("/tmp"), buildx=True, repository=_HERE, revision="c0ffee"),
)


def use(config: Config) -> None:
    """Show it as `config` does, and plan every command with it. It may be refused, in words."""
    shown = plain(config)
    yaml.safe_dump(shown, sort_keys=False, allow_unicode=True).encode()
    json.dumps(shown, ensure_ascii=False).encode()
    config.requires_secrets()
    for role in config.roles:
        for host in role.hosts:
            role.env_for(host)
    for command, machine in zip(Command, cycle(_MACHINES), strict=False):
        _plan(config, command, machine)


def _plan(config: Config, command: Command, machine: ThisMachine) -> None:
    try:
        plan = make_plan(config, select(config), "v1", command)
        told = outline(config, plan, {}, local_steps(config, plan, machine))
    except (BuildFailed, PlanRefused, UsageError) as error:
        str(error).encode()
        return
    "\n".join(map(str, plan_lines(told))).encode()
    json.dumps(asdict(told), ensure_ascii=False).encode()
    for host in told.hosts:
        for step in host.steps:
            said(step.line)
