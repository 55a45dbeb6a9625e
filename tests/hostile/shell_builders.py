"""Every function that returns text for a shell, with ugly values for its arguments."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime

from backstaff.config.models import Config
from backstaff.kamal import assets, audit, build, create, error_pages, lock_scripts, proxy_boot, quoting, tls
from backstaff.kamal import script as scripts
from backstaff.kamal.boot_script import boot_script
from backstaff.kamal.lock import LockOwner, details_text
from backstaff.kamal.prepare_script import HostNeeds, prepare_script
from backstaff.kamal.proxy_deploy import deploy_command, list_command, remove_command
from backstaff.kamal.stopping import stop_line
from backstaff.kamal.tls import CertificateFiles
from tests.hostile.ugly import Ugly

Builder = Callable[[Ugly], Iterable[str]]
V, ID, TOKEN = "v1", "h1-0123456789ab", "00112233445566778899aabb"
AT = datetime(2026, 11, 23, 12, tzinfo=UTC)


def _owner(ugly: Ugly) -> LockOwner:
    return LockOwner(machine=ugly.text, boot="b", pid=42, process_start="7", run=ugly.text)


def _details(ugly: Ugly) -> str:
    return details_text(ugly.text, AT, V, ugly.text)


def _prepare(ugly: Ugly) -> list[str]:
    needs = HostNeeds(
        starts_proxy=True,
        error_pages={f"4{ugly.text.replace('/', '')[:20]}.html": b"page"},
        certificates=(CertificateFiles("web", ugly.text, ugly.text),),
        audit=(audit.audit_line(ugly.config(), AT, ugly.text, ugly.text),),
    )
    return [prepare_script(ugly.config(), "h1", V, needs)]


def _needs_web(work: Callable[[Ugly], list[str]]) -> Builder:
    return lambda ugly: [scripts.script([assets.FILL, *work(ugly)])]


BUILDERS: Mapping[str, Builder] = {
    "boot_script": lambda u: [
        boot_script(u.config(), u.config().role("web"), u.text, V, hostname=ID, env_text=f"T={u.text}\n")
    ],
    "create_line": lambda u: [
        create.create_line(u.config(), u.config().role("web"), u.value, V, hostname=u.text)
    ],
    "logging_arguments": lambda u: [
        " ".join(["docker x", *create.logging_arguments(u.config().role("web").logging)])
    ],
    "prepare_script": _prepare,
    "start_line": lambda u: [proxy_boot.start_line(u.config(), "h1")],
    "start_script": lambda u: [proxy_boot.start_script(u.config(), "h1")],
    "acquire_script": lambda u: [
        lock_scripts.acquire_script(u.config(), _details(u), token=TOKEN, owner=_owner(u))
    ],
    "status_script": lambda u: [lock_scripts.status_script(u.config())],
    "release_if_ours_script": lambda u: [
        lock_scripts.release_if_ours_script(u.config(), _owner(u), token=TOKEN)
    ],
    "release_script": lambda u: [lock_scripts.release_script(u.config(), token=TOKEN)],
    "takeover_script": lambda u: [
        lock_scripts.takeover_script(u.config(), u.text, _details(u), token=TOKEN, owner=_owner(u))
    ],
    "stop_line": lambda u: [stop_line(u.config(), u.config().role("web"), "app-web-v1")],
    "append_audit": lambda u: [audit.append_audit(u.config(), [u.text, u.value])],
    "recent_audit": lambda u: [audit.recent_audit(u.config())],
    "put_error_pages": lambda u: error_pages.put_error_pages(
        u.config(), V, {f"4{u.text.replace('/', '')[:20]}.html": u.text.encode()}
    ),
    "clean_error_pages": lambda u: [error_pages.clean_error_pages(u.config(), V)],
    "put_certificate": lambda u: tls.put_certificate(u.config(), CertificateFiles("web", u.text, u.text)),
    "extract_assets": _needs_web(lambda u: assets.extract_assets(u.config(), u.config().role("web"), V)),
    "sync_assets": _needs_web(lambda u: assets.sync_assets(u.config(), u.config().role("web"), V, "v0")),
    "clean_assets": lambda u: assets.clean_assets(u.config(), "web", V),
    "deploy_command": lambda u: [
        deploy_command(u.config(), u.config().role("web"), V, target="0123456789ab").line
    ],
    "remove_command": lambda u: [remove_command(u.config(), "web").line],
    "list_command": lambda _: [list_command().line],
    "buildx_commands": lambda u: [
        each.line for each in build.buildx_commands(u.config(), V, local_arch="amd64")
    ],
    "plain_commands": lambda u: [
        each.line for each in build.plain_commands(_without_secrets(u), V, local_arch="amd64")
    ],
    "create_builder_commands": lambda u: [
        each.line for each in build.create_builder_commands(u.config(), "kamal-local-docker-container")
    ],
    "script": lambda u: [scripts.script([scripts.say("x", u.text)])],
    "say": lambda u: [scripts.say("x", u.text)],
    "say_value": lambda _: [scripts.say_value("x", "$((1 + 2))")],
    "step": lambda u: [scripts.step(u.text)],
    "write_file": lambda u: [scripts.write_file("f'$(touch INJECTED)", u.text.encode(), 0o600)],
    "make_directory": lambda u: [scripts.make_directory(f"./d{u.text}")],
    "argumentize": lambda u: [
        " ".join(["docker", *quoting.argumentize("--x", {"K;touch INJECTED": u.value})])
    ],
    "optionize": lambda u: [" ".join(["docker", *quoting.optionize({"x": u.value, "y": (u.value,)})])],
    "esc": lambda u: [f"docker {quoting.esc(u.value)}"],
    "single_quote": lambda u: [f"docker {quoting.single_quote(u.text)}"],
    "word": lambda u: [f"docker {quoting.word(u.text)}"],
}

NO_SHELL = {
    *("audit_line", "pulled", "booted", "renaming", "tagging", "started", "rolled_back", "booted_versions"),
    *(
        "bridge_failures",
        "created_container",
        "marked_lines",
        "last_step",
        "parse_services",
        "version_of_image",
    ),
    *("app_dir", "env_dir", "env_file", "extracted_assets_dir", "asset_volume_dir", "lock_dir", "audit_log"),
    *("proxy_app_dir", "proxy_app_dir_in_proxy", "error_pages_dir", "error_pages_dir_in_proxy", "tls_dir"),
    *("tls_dir_in_proxy", "container_prefix", "container_name", "replaced_name", "assets_container"),
    *("version_of", "container_hostname", "latest_image", "abbreviated_version", "builder_name"),
    *("needs_buildx", "details_text", "encoded_details", "env_file_text", "ascii_runs", "ruby_dump"),
    *("label_values", "misplaced_labels", "label_filters", "auth_server", "docker_server", "credential_text"),
    *("removable_tags", "deploy_flags", "hook_env", "image_filter", "up_containers", "removable_containers"),
    *("new_clone_commands", "reset_commands", "check_commands"),
}
"""Functions whose texts are names, lines for people, argument lists that no shell sees, or answers taken
apart: what becomes shell of them is quoted by a builder above."""


def _without_secrets(ugly: Ugly) -> Config:
    config = ugly.config()
    return replace(config, builder=replace(config.builder, secrets=()))
