"""Files for both tools to read, each the base of a deploy.yml with something added or replaced."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from textwrap import dedent

_BASE = {
    "service": "app",
    "image": "me/app",
    "servers": "[192.0.2.1]",
    "registry": "{username: me, password: [PW]}",
    "builder": "{arch: amd64}",
}


SECRETS = """\
PW=plain
EU='with "quotes" and $dollar'
ODD="tab\there \\"q\\" ü\\\\ #
second line"
"""
"""The secrets of a case that is not about secrets."""


@dataclass(frozen=True)
class ConfigCase:
    """A deploy.yml, with `over` as the file of the destination `staging`, and the secrets beside it."""

    text: str
    over: str | None = None
    environ: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=lambda: {"secrets-common": SECRETS})

    @property
    def destination(self) -> str | None:
        """What to ask for."""
        return None if self.over is None else "staging"


def _case(more: str = "", over: str | None = None, *, without: str = "", **roots: str) -> ConfigCase:
    """The base with some root keys replaced or left out, and `more` at its end."""
    lines = {key: text for key, text in {**_BASE, **roots}.items() if key not in without.split()}
    text = "".join(f"{key}: {value}\n" for key, value in lines.items())
    return ConfigCase(text + dedent(more), over)


VALID: Mapping[str, ConfigCase] = {
    "minimal": _case(),
    "registry server": _case(registry="{server: ghcr.io, username: me, password: [PW]}"),
    "local registry without image": _case(without="image", registry='{server: "localhost:5555"}'),
    "roles": _case(servers="{web: [a, b], job: {hosts: [b, c], cmd: bin/jobs}, cron: [d]}"),
    "another primary role": _case("primary_role: site", servers="{site: [z, a], job: [b]}"),
    "roles in capitals and with dashes": _case(servers="{web: [w], Job: [x], a-b: [y], a_b: [z]}"),
    "host twice in a role": _case(servers="[a, b, a]"),
    "host addresses": _case(
        servers='["u@10.0.0.1", "10.0.0.2:2222", "u@h.test:2222", "[fd00::1]:22", "fd00::2"]'
    ),
    "hosts with tags": _case(
        "env: {tags: {blue: {A: 1}}}", servers="{web: [a: blue, b: [blue, gone], c], job: [a]}"
    ),
    "number as a name": _case(image="5000"),
    "empty role allowed": _case("allow_empty_roles: true", servers="{web: [a], job: []}"),
    "accessories alone": _case("accessories: {db: {image: mysql, host: a}}", without="servers"),
    "accessories by every location": _case(
        """\
        accessories:
          by_host: {image: i, host: h1}
          by_hosts: {image: i, hosts: [h2, h1]}
          by_role: {image: i, role: web}
          by_roles: {image: i, roles: [job, web]}
          by_tag: {image: i, tag: blue}
          by_tags: {image: i, tags: [blue, eu]}
        env: {tags: {eu: {A: 1}}}
        """,
        servers="{web: [a: blue, b], job: [c: [eu, blue]]}",
    ),
    "volumes": _case('volumes: ["/a:/b:ro", "data:/data"]'),
    "logging driver alone": _case("logging: {driver: local}"),
    "logging options alone": _case("logging: {options: {max-size: 5m, compress: true, max-file: 3}}"),
    "ssh": _case("ssh: {user: deploy, port: 2222, keys_only: true, keys: [k1, k2], log_level: debug}"),
    "ssh port as text": _case('ssh: {port: "2022"}'),
    "destination": _case(
        over="servers: {web: [x]}\nimage: you/app\nregistry: {server: r.test}\nlogging: {driver: local}\n",
        servers="{web: [a], job: [b]}",
    ),
    "destination replaces lists": _case("volumes: [a:/a]", over="volumes: [b:/b]\nservers: [y, z]\n"),
    "anchors and merge keys": _case(
        "logging:\n  <<: *log\n  driver: local\n",
        servers="[a]\nx-log: &log {driver: json-file, options: {max-size: 1m}}",
    ),
    "merged list of anchors": _case(
        """\
        x-a: &a {driver: local}
        x-b: &b {driver: json-file, options: {tag: t}}
        logging: {<<: [*a, *b]}
        """
    ),
    "symbols": _case(":hooks_output: :verbose\nssh:\n  log_level: :debug\n"),
    "block texts": _case("volumes:\n  - >-\n    a:\n    /b\n  - |-\n    c:/d\n"),
    "yaml 1.1 texts": _case(
        "logging: {options: {a: 0x1F, b: 1_000, c: 1.50, d: 1e3, e: 017, f: .5, g: 12:30, h: +1}}"
    ),
    "yaml 1.1 booleans": _case("logging: {options: {a: yes, b: Off, c: y, d: on, e: 'no'}}"),
    "erb texts": _case(image="me/<%= \"app\" %>-<%= 'one' %>"),
    "erb environment": ConfigCase(
        _case(
            servers='[<%= ENV["ONE"] %>, <%= ENV.fetch("TWO", "two.test") %>]',
            image='<%= ENV["NONE"] || "me/" + "fallback" %>',
        ).text,
        environ={"ONE": "one.test"},
    ),
    "erb command": _case(image="me/<%= `echo app`.strip %>"),
    "erb comments and literals": _case("<%# a comment with <%= code %>\nvolumes: ['a:/<%%= b %>']\n"),
    "env": _case(
        """\
        env:
          clear: {A: 1, B: "two words", C: 1.0, D: true, E: "", F: '$x ${y} `z` "q" \\ #{r} #$s #@t # u'}
          secret: [PW, ODD, RENAMED:PW]
          tags: {blue: {A: blue, G: new}, eu: {clear: {A: eu}, secret: [EU, PW]}}
        """,
        servers="{web: {hosts: [a: [blue, eu], b: eu, c], env: {A: role, H: x}}, "
        "job: {hosts: [a], env: {secret: [ODD, JOB:EU]}}}",
    ),
    "plain env": _case('env: {A: 1, B: "line\\nbreak\\ttab", C: "ünï ☃ mixed", D: "\\e[0m\\u0001"}'),
    "labels": _case(
        "labels: {a: 1, b: 'x y', c: '$d `e` \"f\"', g: ''}",
        servers="{web: {hosts: [a], labels: {b: role, h.i/j: true}}}",
    ),
    "options": _case(
        servers="{web: {hosts: [a], options: {cpus: 1.5, init: true, tty: false, add-host: [a:1, b:2], "
        "label: 'x y', memory: 1g, shm-size: 64m, user: '$(id -u)'}}}"
    ),
    "logging of a role": _case(
        "logging: {driver: json-file, options: {max-size: 5m, tag: a}}",
        servers="{web: {hosts: [a], logging: {options: {tag: '{{.Name}}'}}}, "
        "job: {hosts: [a], logging: {driver: local}}}",
    ),
    "cmd": _case(servers="{web: {hosts: [a], cmd: \"bin/web -p 80 '$X' && true\"}}"),
    "asset path": _case(
        "asset_path: /a/b",
        servers="{web: {hosts: [a]}, job: [b], api: {hosts: [c], proxy: true, asset_path: '/c:ro'}}",
    ),
    "proxy of the root": _case(
        """\
        error_pages_path: public
        deploy_timeout: 11
        drain_timeout: 12
        proxy:
          host: a.test,b.test
          app_port: 3000
          ssl: {certificate_pem: PW, private_key_pem: EU}
          ssl_redirect: false
          forward_headers: false
          response_timeout: 9
          healthcheck: {interval: 3, path: "/up?a=b&c", timeout: 4}
          buffering: {requests: false, responses: true, memory: 9, max_request_body: 0, max_response_body: 5}
          logging: {request_headers: [X-A, X-B], response_headers: [X-C]}
        """
    ),
    "proxies of roles": _case(
        "proxy: {app_port: 3000, healthcheck: {path: /root, interval: 2}, logging: {request_headers: [X]}}",
        servers="{web: {hosts: [a], proxy: {hosts: [w.test, v.test]}}, "
        "api: {hosts: [b], proxy: {path_prefixes: [/api, /v2], strip_path_prefix: false, "
        "healthcheck: {path: /api}}}, tls: {hosts: [c], proxy: {ssl: true, host: t.test}}, "
        "job: {hosts: [d]}, also: {hosts: [e], proxy: true}}",
    ),
    "primary role without proxy": _case(servers="{web: {hosts: [a], proxy: false}}"),
    "proxy run": _case(
        "proxy: {run: {http_port: 81, bind_ips: [127.0.0.1, '::1'], metrics_port: 9090, debug: true, "
        "log_max_size: '', registry: r.test, repository: x/y, version: v0.9.9, "
        "options: {cpus: 2, label: [a=b, 'c=d e']}}}"
    ),
    "proxy run unpublished": _case("proxy: {run: {publish: false}}"),
}
"""Files that both read, to the same effect."""


def _secrets(text: str, *, common: str | None = None, environ: Mapping[str, str] | None = None) -> ConfigCase:
    files = {"secrets": text} if common is None else {"secrets": text, "secrets-common": common}
    return ConfigCase(_case().text, None, environ or {}, files)


SECRETS_FILES: Mapping[str, ConfigCase] = {
    "quotes": _secrets(
        "A=bare words\nB='single $X \\' \"'\nC=\"double \\\" ' \\\\ end\"\nD=''\nE=\"\"\nF=\nG=' a '\n"
    ),
    "comments and blanks": _secrets(
        "# first\n\nA=1 # end\nB='x # y' # end\nC=a#b\n  D  =  spaced  \nE=\"#\"\n"
    ),
    "exports and colons": _secrets("export A=1\nB: two\nC=3\nexport C\nD.E=dotted\n"),
    "several lines": _secrets("A=\"one\ntwo\n  three\"\nB='four\nfive'\nC=six\n"),
    "escapes": _secrets('A="x\\ny\\tz"\nB=x\\ny\nC="\\$X \\\\$X"\nD=\\#not\\ a\\ comment\nE="a\\rb"\n'),
    "old line breaks": _secrets('DOTENV_LINEBREAK_MODE=legacy\nA="x\\ny\\rz"\n'),
    "variables": _secrets(
        "A=one\nB=$A-${A}_$A.x\nC=\"$HOST_SIDE and $NOWHERE!\"\nD='$A'\nE=$A$B\nF=$\nG=a$1b\nH=${A\nI=$A}\n",
        environ={"HOST_SIDE": "outside", "A": "shadowed"},
    ),
    "commands": _secrets(
        "A=$(echo one)\nB=\"<$(printf 'two words')>\"\nC='$(echo no)'\nD=\\$(echo kept)\n"
        "E=$(echo $(echo nested))\n"
        "F=$(echo '(' | tr '(' ')')\nG=$A$(echo -$A)\nH=$(printf 'x\\n\\n')\nI=$(echo \"a b\")\n"
    ),
    "windows lines": _secrets("A=1\r\nB=\"2\"\r\nC='3' # three\r\n"),
    "no last line break": _secrets("A=1\nB=last"),
    "twice the same": _secrets("A=1\nA=2\nB=$A\n"),
    "common and own": _secrets("B=own\nC=$A\n", common="A=common\nB=common\n"),
    "other alphabets": _secrets('A=ünïcödé ☃\nB=\'日本語 $x\'\nC="é\\"é"\n'),
    "no assignments": _secrets("A=1\nthis is nothing\n-\n=x\nB=2\n1C=3\n"),
    "unclosed quotes": _secrets("A=\"open\nB=2\nC='x\nD=4\n"),
    "json": _secrets('A=\'{"k": "v $x", "n": [1, 2]}\'\nB="$(printf \'%s\' "$A" | tr -d \' \')"\n'),
    "kamal secrets": _secrets(
        "ALL=$(kamal secrets fetch --adapter test --account me --from vault one two)\n"
        "ONE=$(kamal secrets extract one $ALL)\n"
    ),
    "kamal secrets with odd characters": _secrets(
        "ALL=$(kamal secrets fetch --adapter test --account me 'a x' 'q\"r' 'é;' 's`t')\n"
        "A=$(kamal secrets extract 'a x' $ALL)\nB=$(kamal secrets extract 'q\"r' $ALL)\n"
        "C=\"$(kamal secrets extract 'é;' $ALL)\"\nD=$(kamal secrets extract 's`t' $ALL)\n"
    ),
}
"""Secrets files, which lie beside a deploy.yml that asks for none of them."""

INVALID: Mapping[str, ConfigCase] = {
    "unknown key": _case("servrs: [a]"),
    "unknown nested key": _case("proxy: {hots: a}"),
    "extension below the root": _case("proxy: {x-own: 1}"),
    "no service": _case(without="service"),
    "no image": _case(without="image"),
    "no registry": _case(without="registry"),
    "no servers": _case(without="servers"),
    "no arch": _case(builder="{}"),
    "service with a dot": _case(service="my.app"),
    "servers as text": _case(servers="a"),
    "role without hosts": _case(servers="{web: [a], job: []}"),
    "primary role without hosts": _case("allow_empty_roles: true", servers="{web: [], job: [a]}"),
    "unknown primary role": _case("primary_role: site"),
    "tagged host with two keys": _case(servers="[{a: x, b: y}]"),
    "no registry password": _case(registry="{username: me}"),
    "two registry passwords": _case(registry="{username: me, password: [A, B]}"),
    "no container retained": _case("retain_containers: 0"),
    "number as text": _case('deploy_timeout: "30"'),
    "truth as text": _case('require_destination: "false"'),
    "destination required": _case("require_destination: true"),
    "future version required": _case("minimum_version: 99.0.0"),
    "ssl without host": _case("proxy: {ssl: true}"),
    "ssl on two hosts": _case("proxy: {ssl: true, host: a.test}", servers="[a, b]"),
    "half a certificate": _case("proxy: {host: a.test, ssl: {certificate_pem: C}}"),
    "host and hosts": _case("proxy: {host: a.test, hosts: [b.test]}"),
    "proxy as truth": _case("proxy: true"),
    "two ports of one proxy": _case(
        servers="{web: {hosts: [a], proxy: {run: {http_port: 81}}}, "
        "api: {hosts: [a], proxy: {run: {debug: true}}}}"
    ),
    "ports of an unpublished proxy": _case("proxy: {run: {publish: false, http_port: 81}}"),
    "reserved label": _case(servers="{web: {hosts: [a], labels: {service: x}}}"),
    "tags in a role": _case(servers="{web: {hosts: [a], env: {tags: {x: {A: 1}}}}}"),
    "secret as text": _case("env: {secret: A}"),
    "env both plain and layered": _case("env: {clear: {A: 1}, B: 2}"),
    "env value as list": _case("env: {A: [1]}"),
    "alias with spaces": _case("aliases: {Two Words: app logs}"),
    "alias of a command": _case("aliases: {deploy: app logs}"),
    "wrong hooks_output": _case("hooks_output: loud"),
    "accessory in two places": _case("accessories: {db: {image: i, host: a, role: web}}"),
    "accessory of an unknown role": _case("accessories: {db: {image: i, role: gone}}"),
    "no local nor remote builder": _case(builder="{arch: amd64, local: false}"),
    "unknown cache": _case(builder="{arch: amd64, cache: {type: disk}}"),
    "list at the root": ConfigCase("- a\n"),
    "empty": ConfigCase(""),
    "not yaml": _case("a: [b"),
}
"""Files that both refuse."""

ONLY_BACKSTAFF_READS: Mapping[str, tuple[ConfigCase, str]] = {
    "stop_timeout": (_case("stop_timeout: 5"), "new in Kamal 2.12"),
    "restart": (_case(servers="{web: {hosts: [a], options: {restart: always}}}"), "new in Kamal 2.12"),
    "output": (_case("output: {file: {path: log}}"), "new in Kamal 2.12"),
    "forward_agent": (_case("ssh: {forward_agent: true}"), "new in Kamal 2.12"),
    "host tags without env": (_case(servers="[a: blue]"), "Kamal 2.11 fails with an internal error"),
    "one proxy run for two roles": (
        _case("proxy: {run: {http_port: 81}}", servers="{web: [a], api: {hosts: [a], proxy: true}}"),
        "Kamal 2.11 takes equal settings of two roles for a conflict",
    ),
}
"""Files that Kamal 2.11 refuses and Backstaff reads, and the reason."""

ONLY_KAMAL_READS: Mapping[str, tuple[ConfigCase, str]] = {
    "erb with flow": (
        _case("<% if false -%>\nnonsense\n<% end -%>\n"),
        "needs Ruby: refused, with line and expression, where no erb program is on PATH",
    ),
    "key written twice": (_case("volumes: [a:/a]\nvolumes: [b:/b]"), "Kamal silently keeps the last"),
}
"""Files that Kamal 2.11 reads and Backstaff refuses, and the reason."""
