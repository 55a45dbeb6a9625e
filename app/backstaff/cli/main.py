"""The entry point: `backstaff COMMAND`."""

import sys

import click

from backstaff.cli.aliased import AliasedGroup
from backstaff.cli.arguments import refuse_bytes
from backstaff.cli.options import token_normalize
from backstaff.collector import keep_what_is_there, look_seldom
from backstaff.errors import ExitCode

COMMANDS = {
    "app": ("backstaff.cli.app", "app", "Boot, stop, start and look at the app's containers"),
    "config": ("backstaff.cli.config", "config", "Show the configuration, secrets masked"),
    "demo": ("backstaff.cli.demo", "demo", "Watch deploys, and how they get stuck, without any server"),
    "deploy": ("backstaff.cli.deploy", "deploy", "Build, push and deploy the app"),
    "lock": ("backstaff.cli.lock", "lock", "Look at, take and release the deploy lock"),
    "plan": ("backstaff.cli.plan", "plan", "Show what a deploy would do; changes nothing"),
    "proxy": ("backstaff.cli.proxy", "proxy", "Boot and look at kamal-proxy"),
    "redeploy": ("backstaff.cli.deploy", "redeploy", "Deploy without proxy boot and pruning"),
    "replay": (
        "backstaff.cli.replay",
        "replay",
        "Open a past run, or a log of Kamal's, and see why it waited",
    ),
    "rollback": ("backstaff.cli.deploy", "rollback", "Go back to a version that is still on the hosts"),
    "runs": ("backstaff.cli.runs", "runs", "List, show, compare, export and prune past runs"),
    "version": ("backstaff.cli.version", "version", "Show the version of Backstaff"),
}

SETTINGS = {"max_content_width": 110, "token_normalize_func": token_normalize}


@click.group(cls=AliasedGroup, commands_by_name=COMMANDS, context_settings=SETTINGS)
def cli() -> None:
    """Deploy containers to your own servers, and always see why a boot is waiting.

    Reads Kamal's config/deploy.yml and keeps the same state on the servers. Its aliases are commands too.
    """


def program() -> None:
    """The whole of the process `backstaff`."""
    look_seldom()
    try:
        main()
    finally:
        keep_what_is_there()


def main() -> None:
    """Run the command line; every way out is an exit code that means something."""
    try:
        refuse_bytes(sys.argv[1:])
        code = cli.main(args=sys.argv[1:], prog_name="backstaff", standalone_mode=False)
    except KeyboardInterrupt:
        sys.exit(int(ExitCode.INTERRUPTED))
    except Exception as error:  # noqa: BLE001 - the boundary of the program
        # Imported only now, so that a command that goes well starts faster.
        from backstaff.cli.boundary import told

        sys.exit(told(error, sys.argv[1:]))
    sys.exit(code if isinstance(code, int) else int(ExitCode.DONE))
