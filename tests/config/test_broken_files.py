"""Files that are wrong: each error with its place, its path, what is wrong and what was probably meant."""

import os
from pathlib import Path

import pytest

from backstaff.config.loader import load_config
from backstaff.errors import ConfigError
from tests.config.builders import MINIMAL, NO_RUBY, errors, write

CASES: dict[str, tuple[str, list[str]]] = {
    "unknown root key with a near one": (
        MINIMAL + "retain_container: 3\n",
        ["deploy.yml:6:1: retain_container: unknown key (did you mean `retain_containers`?)"],
    ),
    "unknown root key with none near": (
        MINIMAL + "zzz: 3\n",
        ["deploy.yml:6:1: zzz: unknown key"],
    ),
    "unknown nested keys": (
        MINIMAL + "proxy:\n  healthcheck: {intervall: 3}\n  app_prt: 80\n",
        [
            "deploy.yml:7:17: proxy/healthcheck/intervall: unknown key (did you mean `interval`?)",
            "deploy.yml:8:3: proxy/app_prt: unknown key (did you mean `app_port`?)",
        ],
    ),
    "an extension below the root": (
        MINIMAL + "boot: {x-a: 1}\n",
        ["deploy.yml:6:8: boot/x-a: unknown key"],
    ),
    "everything at once": (
        "service: a b\nimage: x\nservers: 5\nboot: {limit: many}\nbuilder: {arch: amd64}\n",
        [
            "deploy.yml:1:1: registry: is required",
            "deploy.yml:1:10: service: should be letters, digits, hyphens and underscores only",
            "deploy.yml:3:10: servers: should be a list of hosts or a mapping of roles, not a number",
            (
                "deploy.yml:4:15: boot/limit: should be a number of hosts or a percentage "
                'such as "25%", not a text'
            ),
        ],
    ),
    "required keys": (
        "x-a: 1\n",
        [
            (
                "deploy.yml:1:1: builder/arch: is required: name the architecture of the hosts, "
                "such as amd64 or arm64"
            ),
            "deploy.yml:1:1: image: is required",
            "deploy.yml:1:1: registry: is required",
            "deploy.yml:1:1: servers: is required, unless there are accessories",
            "deploy.yml:1:1: service: is required",
        ],
    ),
    "an empty value": (
        MINIMAL + "boot:\nlabels:\n",
        [
            "deploy.yml:6:1: boot: is empty but should be a mapping",
            "deploy.yml:7:1: labels: is empty but should be a mapping",
        ],
    ),
    "texts are no integers": (
        MINIMAL + 'retain_containers: "5"\nreadiness_delay: 1.5\ndeploy_timeout: true\n',
        [
            "deploy.yml:6:20: retain_containers: should be a whole number, not a text",
            "deploy.yml:7:18: readiness_delay: should be a whole number, not 1.5",
            "deploy.yml:8:17: deploy_timeout: should be a whole number, not true",
        ],
    ),
    "texts are no booleans": (
        MINIMAL + 'allow_empty_roles: "yes"\n',
        ["deploy.yml:6:20: allow_empty_roles: should be true or false, not a text"],
    ),
    "a path that can be none": (
        MINIMAL + f"hooks_path: {'a' * 300}\n",
        ["deploy.yml:6:13: hooks_path: can not be looked into: File name too long"],
    ),
    "no retained container": (
        MINIMAL + "retain_containers: 0\n",
        ["deploy.yml:6:20: retain_containers: should be at least 1"],
    ),
    "a date": (
        MINIMAL + "labels: {on: 2024-01-31}\n",
        ["deploy.yml:6:14: labels/true: should be a string, not a date"],
    ),
    "root proxy is no flag": (
        MINIMAL + "proxy: true\n",
        ["deploy.yml:6:8: proxy: should be a mapping, not true"],
    ),
    "hosts of wrong kinds": (
        MINIMAL.replace("[1.1.1.1]", "[[a], {b: c, d: e}, {f: {g: h}}, {i: [[j]]}, 'k l']"),
        [
            "deploy.yml:3:11: servers/0: should be a host or a host with tags, not a list",
            "deploy.yml:3:16: servers/1: should be one host with its tags; start a list item for each host",
            "deploy.yml:3:31: servers/2/f: should be a tag or a list of tags, not a mapping",
            "deploy.yml:3:48: servers/3/i/0: should be a string, not a list",
            "deploy.yml:3:55: servers/4: is not a host name: it is empty or contains spaces",
        ],
    ),
    "a role that is a text": (
        MINIMAL.replace("[1.1.1.1]", "{web: host}"),
        ["deploy.yml:3:16: servers/web: should be a list of hosts or a mapping, not a text"],
    ),
    "a reserved label": (
        MINIMAL.replace("[1.1.1.1]", "{web: {hosts: [a], labels: {role: x}}}"),
        ["deploy.yml:3:38: servers/web/labels/role: is a reserved label, like destination, role and service"],
    ),
    "restart policy no": (
        MINIMAL.replace("[1.1.1.1]", "{web: {hosts: [a], options: {restart: no}}}"),
        [
            (
                'deploy.yml:3:48: servers/web/options/restart: should be a string (quote "no" to disable '
                "restarts), not false"
            )
        ],
    ),
    "restart policy unknown": (
        MINIMAL.replace("[1.1.1.1]", "{web: {hosts: [a], options: {restart: sometimes}}}"),
        [
            (
                "deploy.yml:3:48: servers/web/options/restart: "
                "should be no, always, unless-stopped, on-failure or on-failure:N"
            )
        ],
    ),
    "tags in a role's env": (
        MINIMAL.replace("[1.1.1.1]", "{web: {hosts: [a], env: {tags: {x: {A: 1}}}}}"),
        ["deploy.yml:3:35: servers/web/env/tags: tags are only allowed in the root env"],
    ),
    "env of wrong kinds": (
        MINIMAL + "env: {clear: {A: [1]}, secret: B, tags: {t: 1}, OTHER: 1}\n",
        [
            "deploy.yml:6:15: env/clear/A: should be a string, not a list",
            "deploy.yml:6:32: env/secret: should be a list, not a text",
            "deploy.yml:6:45: env/tags/t: should be a mapping, not a number",
            "deploy.yml:6:49: env/OTHER: unknown key",
        ],
    ),
    "a primary role that is not there": (
        MINIMAL.replace("[1.1.1.1]", "{site: [a]}") + "primary_role: sites\n",
        ["deploy.yml:6:15: primary_role: no role is called sites (did you mean `site`?)"],
    ),
    "no role web": (
        MINIMAL.replace("[1.1.1.1]", "{site: [a]}"),
        ["deploy.yml:3:1: servers: has no role web; name the one to serve traffic with primary_role"],
    ),
    "a primary role without hosts": (
        MINIMAL.replace("[1.1.1.1]", "{web: []}"),
        ["deploy.yml:3:11: servers/web: the primary role web has no hosts"],
    ),
    "an empty role": (
        MINIMAL.replace("[1.1.1.1]", "{web: [a], job: {cmd: x}}"),
        ["deploy.yml:3:21: servers/job: role job has no hosts; allow_empty_roles: true permits that"],
    ),
    "a destination is required": (
        MINIMAL + "require_destination: true\n",
        ["deploy.yml:6:22: require_destination: a destination must be given (-d)"],
    ),
    "a newer kamal is required": (
        MINIMAL + "minimum_version: 3.0.0\n",
        ["deploy.yml:6:18: minimum_version: asks for Kamal 3.0.0; this follows Kamal 2.12.0"],
    ),
    "registry without credentials": (
        MINIMAL.replace("{username: me, password: [PW]}", "{server: ghcr.io, password: [A, B]}"),
        [
            "deploy.yml:4:1: registry/username: is required",
            (
                "deploy.yml:4:29: registry/password: should be a string "
                "or a list with the name of one secret, not a list"
            ),
        ],
    ),
    "host and hosts": (
        MINIMAL + "proxy: {host: a, hosts: [b]}\n",
        ["deploy.yml:6:18: proxy/hosts: give host or hosts, not both"],
    ),
    "ssl without host": (
        MINIMAL + "proxy: {ssl: true}\n",
        ["deploy.yml:6:14: proxy/ssl: needs a host beside it"],
    ),
    "half a certificate": (
        MINIMAL + "proxy: {host: a, ssl: {certificate_pem: C}}\n",
        ["deploy.yml:6:18: proxy/ssl/private_key_pem: is required with certificate_pem"],
    ),
    "automatic ssl on two hosts": (
        MINIMAL.replace("[1.1.1.1]", "[a, b]") + "proxy: {host: x, ssl: true}\n",
        [
            (
                "deploy.yml:6:23: proxy/ssl: automatic SSL works on one host only, and role web has 2; "
                "give a certificate of your own"
            )
        ],
    ),
    "one ssl host for two roles": (
        MINIMAL.replace("[1.1.1.1]", "{web: [a], api: {hosts: [b], proxy: {host: x, ssl: true}}}")
        + "proxy: {host: x, ssl: true}\n",
        ["deploy.yml:6:23: proxy/ssl: roles api and web can not both serve x with SSL"],
    ),
    "ports without publishing": (
        MINIMAL + "proxy: {run: {publish: false, http_port: 81, bind_ips: [localhost]}}\n",
        [
            "deploy.yml:6:42: proxy/run/http_port: can not be set when publish is false",
            "deploy.yml:6:57: proxy/run/bind_ips/0: is not an IP address to publish on",
        ],
    ),
    "two ways to run one proxy": (
        MINIMAL.replace("[1.1.1.1]", "{web: [a], api: {hosts: [a], proxy: {run: {http_port: 81}}}}")
        + "proxy: {run: {http_port: 82}}\n",
        ["deploy.yml:6:9: proxy/run: differs from the run section of api, and both run on a"],
    ),
    "no remote builder": (
        MINIMAL.replace("{arch: amd64}", "{arch: amd64, local: false}"),
        ["deploy.yml:5:31: builder/local: can not be false without a remote builder"],
    ),
    "buildpacks for two architectures": (
        MINIMAL.replace("{arch: amd64}", "{arch: [amd64, arm64], pack: {builder: b}}"),
        ["deploy.yml:5:11: builder/arch: buildpacks build for one architecture only"],
    ),
    "unknown cache": (
        MINIMAL.replace("{arch: amd64}", "{arch: amd64, cache: {type: disk}}"),
        ["deploy.yml:5:38: builder/cache/type: should be gha or registry"],
    ),
    "cache without type": (
        MINIMAL.replace("{arch: amd64}", "{arch: amd64, cache: {}}"),
        ["deploy.yml:5:24: builder/cache/type: is required"],
    ),
    "local registry and remote builder": (
        MINIMAL.replace("{username: me, password: [PW]}", "{server: localhost}").replace(
            "{arch: amd64}", "{arch: amd64, remote: tcp://b}"
        ),
        [
            (
                "deploy.yml:5:32: builder/remote: should be an SSH URL such as ssh://user@host, "
                "because the registry is local"
            )
        ],
    ),
    "accessory without place": (
        MINIMAL + "accessories: {db: {image: x}, q: {image: y, host: a, role: web}}\n",
        [
            "deploy.yml:6:15: accessories/db: needs one of host, hosts, role, roles, tag or tags; found none",
            (
                "deploy.yml:6:31: accessories/q: needs one of host, hosts, role, roles, tag or tags; "
                "found host and role"
            ),
        ],
    ),
    "accessory on unknown roles": (
        MINIMAL + "accessories: {db: {image: x, roles: [web, wep]}}\n",
        ["deploy.yml:6:43: accessories/db/roles/1: no role is called wep (did you mean `web`?)"],
    ),
    "accessory files": (
        MINIMAL + "accessories: {db: {image: x, host: a, files: "
        "[plain, {local: a}, {local: a, remote: b, mod: c}]}}\n",
        [
            "deploy.yml:6:47: accessories/db/files/0: should be local:remote or local:remote:options",
            "deploy.yml:6:54: accessories/db/files/1/remote: is required",
            "deploy.yml:6:88: accessories/db/files/2/mod: unknown key (did you mean `mode`?)",
        ],
    ),
    "aliases": (
        MINIMAL + "aliases: {Up: a, deploy: b, ok: [c]}\n",
        [
            (
                "deploy.yml:6:11: aliases/Up: is not an alias name: "
                "use lower-case letters, digits, hyphens and underscores"
            ),
            "deploy.yml:6:18: aliases/deploy: hides the built-in command deploy",
            "deploy.yml:6:29: aliases/ok: should be a string, not a list",
        ],
    ),
    "hooks_output": (
        MINIMAL + "hooks_output: {pre-build: loud}\n",
        ["deploy.yml:6:27: hooks_output/pre-build: should be quiet or verbose"],
    ),
    "outputs": (
        MINIMAL + "output: {file: {}, otel: {endpoint: }}\n",
        [
            "deploy.yml:6:10: output/file/path: is required",
            "deploy.yml:6:27: output/otel/endpoint: is empty but should be a string",
        ],
    ),
    "ssh": (
        MINIMAL + "ssh: {config: {a: b}, port: http, keys: a}\n",
        [
            "deploy.yml:6:7: ssh/config: should be true, false, a file or a list of files, not a mapping",
            "deploy.yml:6:29: ssh/port: should be a port number, not a text",
            "deploy.yml:6:41: ssh/keys: should be a list, not a text",
        ],
    ),
    "own settings": (
        MINIMAL + "x-backstaff: {unknown_hosts: ask, timeouts: {conect: 1, hook: 0}, on_failure: back}\n",
        [
            "deploy.yml:6:30: x-backstaff/unknown_hosts: should be refuse or accept-new",
            "deploy.yml:6:46: x-backstaff/timeouts/conect: unknown key (did you mean `connect`?)",
            "deploy.yml:6:63: x-backstaff/timeouts/hook: should be more than zero seconds",
            "deploy.yml:6:79: x-backstaff/on_failure: should be stop or rollback",
        ],
    ),
}


@pytest.mark.parametrize(("text", "expected"), CASES.values(), ids=CASES.keys())
def test_each_mistake_is_told_with_its_place(tmp_path: Path, text: str, expected: list[str]) -> None:
    assert errors(tmp_path, text) == expected


def test_a_missing_file_names_a_similar_one(tmp_path: Path) -> None:
    write(tmp_path, {"deploy.yml": MINIMAL})
    with pytest.raises(ConfigError, match=r"there is no such file \(did you mean `.*/deploy.yml`"):
        load_config(tmp_path / "deploi.yml", environ={}, cwd=tmp_path)


def test_an_unknown_destination_names_those_that_there_are_the_nearest_first(tmp_path: Path) -> None:
    found = errors(tmp_path, MINIMAL, destination="stagin", over=None, environ=NO_RUBY)
    assert found == [
        "deploy.stagin.yml: there is no such file, and no other destination beside deploy.yml either"
    ]
    write(tmp_path, {"deploy.production.yml": "", "deploy.staging.yml": ""})
    found = errors(tmp_path, MINIMAL, destination="stagin", over=None, environ=NO_RUBY)
    told = "there is no destination stagin; known: staging, production (did you mean `-d staging`?)"
    assert found == [f"deploy.stagin.yml: {told}"]
    (far,) = errors(tmp_path, MINIMAL, destination="x", over=None, environ=NO_RUBY)
    assert far.endswith("there is no destination x; known: production, staging")


def test_a_directory_is_not_a_file(tmp_path: Path) -> None:
    (tmp_path / "deploy.prod.yml").mkdir()
    found = errors(tmp_path, MINIMAL, destination="prod", over=None)
    assert found == ["deploy.prod.yml: can not be read: Is a directory"]


def test_an_error_names_the_file_that_it_came_from(tmp_path: Path) -> None:
    found = errors(
        tmp_path, MINIMAL + "boot: {limit: 1}\n", destination="prod", over="boot: {limit: x, wate: 1}\n"
    )
    assert found == [
        (
            'deploy.prod.yml:1:15: boot/limit: should be a number of hosts or a percentage such as "25%", '
            "not a text"
        ),
        "deploy.prod.yml:1:18: boot/wate: unknown key (did you mean `wait`?)",
    ]


def test_both_files_may_be_wrong_at_once(tmp_path: Path) -> None:
    found = errors(tmp_path, "a: b: c\n", destination="prod", over="[")
    assert [line.split(":")[0] for line in found] == ["deploy.prod.yml", "deploy.yml"]


def test_hooks_from_the_time_of_traefik_are_refused(tmp_path: Path) -> None:
    write(tmp_path, {".kamal/hooks/pre-traefik-reboot": "#!/bin/sh\n"})
    assert errors(tmp_path, MINIMAL) == [
        (
            "deploy.yml:1:1: hooks_path: has a hook pre-traefik-reboot, "
            "which should be renamed to pre-proxy-reboot"
        )
    ]


def test_a_repeated_key_hides_no_other_error(tmp_path: Path) -> None:
    found = errors(tmp_path, MINIMAL + "boot: {limit: x}\nservice: [not, looked, at]\nzzz: 1\n")
    assert found == [
        (
            'deploy.yml:6:15: boot/limit: should be a number of hosts or a percentage such as "25%", '
            "not a text"
        ),
        "deploy.yml:7:1: service: the key is already there on line 1",
        "deploy.yml:8:1: zzz: unknown key",
    ]


def test_a_failed_template_hides_no_other_error_and_fits_everywhere(tmp_path: Path) -> None:
    text = MINIMAL.replace("[1.1.1.1]", "{web: [<%= x.hosts %>], <%= x.role %>: [b]}") + (
        "primary_role: <%= x.y %>\n"
        'deploy_timeout: <%= ENV.fetch("LIMIT") %>\n'
        "env: <%= x.env %>\n"
        "accessories: {db: {image: a, roles: [web]}}\n"
        "boot: {wate: 1, limit: <%= `never run` %>}\n"
    )
    needs_ruby = "needs Ruby, and no erb program is on the PATH"
    assert sorted(errors(tmp_path, text, environ=NO_RUBY)) == [
        "deploy.yml:10:8: boot/wate: unknown key (did you mean `wait`?)",
        f"deploy.yml:3:17: the ERB expression `x.hosts` {needs_ruby}",
        f"deploy.yml:3:34: the ERB expression `x.role` {needs_ruby}",
        f"deploy.yml:6:15: the ERB expression `x.y` {needs_ruby}",
        (
            'deploy.yml:7:17: the ERB expression `ENV.fetch("LIMIT")` failed: '
            "the environment variable LIMIT is not set"
        ),
        f"deploy.yml:8:6: the ERB expression `x.env` {needs_ruby}",
    ]


def test_a_failed_template_that_stood_for_lines_is_told_without_what_follows_from_it(tmp_path: Path) -> None:
    text = MINIMAL.replace("servers: [1.1.1.1]", "servers:\n<%= x.hosts %>")
    assert [line.split(":")[1] for line in errors(tmp_path, text, environ=NO_RUBY)] == ["4"]


def test_errors_beside_a_failed_program_are_told_too(tmp_path: Path) -> None:
    erb = write(tmp_path, {"bin/erb": "#!/bin/sh\necho 'no method y' >&2\nexit 1\n"}) / "bin/erb"
    erb.chmod(0o755)
    path = f"{erb.parent}:{os.environ['PATH']}"
    found = errors(tmp_path, MINIMAL + "labels: {a: <%= x.y %>}\nzzz: 1\n", environ={"PATH": path})
    assert found[-1] == "deploy.yml:7:1: zzz: unknown key"
    assert "no method y" in found[0]
    assert len(found) == 2
