"""All scenarios, by name."""

from typing import TYPE_CHECKING

from backstaff.demo.scenario import NEXT, Scenario
from backstaff.errors import ExitCode
from backstaff.plan.plan import Command
from backstaff.simulator.faults import Operation

if TYPE_CHECKING:
    from backstaff.simulator.fleet import Fleet


def _last_web(fleet: "Fleet") -> str:
    """The last host of the role web, where it has more than one."""
    return fleet.spec.roles["web"].hosts[-1]


def _freeze(fleet: "Fleet") -> None:
    host = fleet.host(_last_web(fleet))
    host.at(Operation.PROXY_DEPLOY, host.freeze_docker)


def _lose(fleet: "Fleet") -> None:
    host = fleet.host(_last_web(fleet))
    host.at(Operation.PROXY_DEPLOY, host.go_down)


def _take_down(fleet: "Fleet") -> None:
    fleet.host(_last_web(fleet)).go_down()


def _fail_last(fleet: "Fleet") -> None:
    fleet.host(_last_web(fleet)).behave(fleet.spec.image(NEXT), "unhealthy", role="web")


def _hold_lock(fleet: "Fleet") -> None:
    fleet.host(fleet.spec.roles["web"].hosts[0]).hold_lock("shop", by="Grace", version="v7")


SCENARIOS: dict[str, Scenario] = {
    scenario.name: scenario
    for scenario in (
        Scenario("healthy", "everything goes well: traffic moves to v2, no request is lost", ExitCode.DONE),
        Scenario(
            "slow-boot",
            "web takes 12 s to listen; job waits at the barrier and says for what",
            ExitCode.DONE,
            mode="slow:12",
        ),
        Scenario(
            "stuck-filter",
            "web runs, but under the label of another destination: no filter finds it",
            ExitCode.FAILED,
            changes={"web": {"options": {"label": "destination=staging"}}},
        ),
        Scenario(
            "job-first",
            "job's host is named before web's, in groups of one host: why it deploys all the same",
            ExitCode.DONE,
            roles={"job": 1, "web": 1},
            order=("job", "web"),
            settings={"boot": {"limit": 1, "wait": 5}},
            shows_plan=True,
        ),
        Scenario("unhealthy", "web answers 500 on /up", ExitCode.FAILED, mode="unhealthy"),
        Scenario(
            "wrong-port", "web listens on another port than app_port", ExitCode.FAILED, mode="wrong-port"
        ),
        Scenario(
            "crash-loop",
            "web ends after a second, again and again: given up after the third restart",
            ExitCode.FAILED,
            mode="crash:1",
        ),
        Scenario(
            "oom",
            "web takes more memory than it may have and is killed",
            ExitCode.FAILED,
            mode="oom",
            changes={"web": {"options": {"memory": "64m"}}},
        ),
        Scenario("image-missing", "the version was never pushed", ExitCode.FAILED, version="v3"),
        Scenario(
            "frozen-docker",
            "Docker on a web host stops answering while its container boots",
            ExitCode.FAILED,
            settings={"x-backstaff": {"timeouts": {"docker": 12}}},
            arrange=_freeze,
        ),
        Scenario(
            "host-down",
            "a host can not be reached: nothing is changed",
            ExitCode.UNREACHABLE,
            arrange=_take_down,
        ),
        Scenario(
            "host-lost", "the connection to a web host breaks in mid-boot", ExitCode.FAILED, arrange=_lose
        ),
        Scenario("lock-held", "somebody else is deploying", ExitCode.LOCK_HELD, arrange=_hold_lock),
        Scenario(
            "on-failure",
            "the last of three web hosts fails: with on_failure: rollback the others go back to v1",
            ExitCode.FAILED,
            roles={"web": 3, "job": 1},
            settings={"boot": {"limit": 2}, "x-backstaff": {"on_failure": "rollback"}},
            arrange=_fail_last,
        ),
        Scenario("rollback", "v2 goes out, and back to v1 it goes", ExitCode.DONE, then=Command.ROLLBACK),
        Scenario(
            "big",
            "60 hosts in groups of 20 go to v2: web's come first, the other roles wait for web",
            ExitCode.DONE,
            roles={"web": 30, "web-admin": 10, "job": 15, "cron": 5},
            order=("web", "web-admin", "job", "cron"),
            settings={"boot": {"limit": 20}},
        ),
    )
}
"""In the order in which they are worth seeing."""
