"""A deploy.yml that uses much of what Kamal 2.11 knows, and the files that belong to it."""

import subprocess
from collections.abc import Mapping
from pathlib import Path
from textwrap import dedent

from tests.lab import Lab
from tests.lab.interop.project import Project, make_project

SERVICE = "shop"
DESTINATION = "staging"

_DEPLOY = """\
service: shop
image: shop
registry:
  server: {registry}
  username: {user}
  password: [REGISTRY_PASSWORD]
builder: {{arch: amd64}}
ssh: {{keys_only: true, keys: ["{key}"]}}
asset_path: /assets
error_pages_path: errors
readiness_delay: 0
deploy_timeout: 20
drain_timeout: 2
retain_containers: 3
volumes: ["shop-data:/data", "/etc/hostname:/host-name:ro"]
labels:
  team: front end
  odd: 'say "hi" to $USER, `whoami` & ${{HOME}} # not é a comment'
logging:
  driver: json-file
  options: {{max-size: 5m, max-file: 2}}
env:
  clear:
    MODE: production
    ODD: 'a "b" $c `d` \\e #{{f}} ü''s'
    LINES: "one\\ntwo\\tthree"
    EMPTY: ""
    NUMBER: 1.50
    SWITCH: true
    FROM_HOST: ${{HOME}}
  secret: [TOKEN, ALIASED:WEIRD]
  tags:
    blue: {{COLOUR: blue, MODE: blue-production}}
    eu: {{clear: {{REGION: eu}}, secret: [EU_TOKEN]}}
servers:
  web:
    hosts:
      - {first}: [blue, eu]
      - {second}
    env:
      clear: {{PORT: 8080}}
      secret: [MULTILINE]
    labels: {{tier: web}}
    options:
      memory: 64m
      cpus: 0.5
      init: true
      restart: on-failure:3
      add-host: ["one.test:192.0.2.1", "two.test:192.0.2.2"]
      ulimit: nofile=1024:2048
      health-cmd: app healthcheck
      health-interval: 1s
      health-retries: 7
    logging: {{options: {{max-file: 4}}}}
    proxy:
      hosts: [shop.test, www.shop.test]
      app_port: 8080
      ssl: {{certificate_pem: CERTIFICATE, private_key_pem: PRIVATE_KEY}}
      ssl_redirect: false
      forward_headers: true
      response_timeout: 12
      healthcheck: {{interval: 1, timeout: 3, path: /up?from=proxy}}
      buffering: {{requests: true, responses: false, memory: 2097152, max_request_body: 1048576}}
      logging: {{request_headers: [X-Request-Id, User-Agent], response_headers: [X-Cache]}}
  job:
    hosts: [{second}, {{{first}: eu}}]
    cmd: app worker
    env: {{JOB_ONLY: "yes"}}
    options:
      health-cmd: "test -e /tmp/ready"
      health-interval: 1s
"""

_STAGING = """\
env:
  clear: {STAGE: staging}
proxy:
  healthcheck: {path: /up}
"""

_COMMON_SECRETS = """\
# shared by all destinations
REGISTRY_PASSWORD={password}
TOKEN='overridden below'
CERTIFICATE=$(cat tls/cert.pem)
PRIVATE_KEY=$(cat tls/key.pem)
"""

_STAGING_SECRETS = """\
TOKEN='single $quoted "text" with `ticks` and \\ backslash'
WEIRD="double \\"quoted\\" \\$5 #no-comment ü ß é"  # comment
MULTILINE="first line
second	line with a tab"
export EU_TOKEN=bare value # comment
"""


def rich_project(lab: Lab, directory: Path) -> Project:
    """The project, for the first two hosts of a lab: two roles, a destination, tags, TLS, assets."""
    first, second, *_ = lab.hosts
    deploy = _DEPLOY.format(
        registry=lab.registry,
        user=lab.registry_user,
        key=lab.ssh_key,
        first=first.address,
        second=second.address,
    )
    files = {
        "config/deploy.yml": deploy,
        f"config/deploy.{DESTINATION}.yml": _STAGING,
        ".kamal/secrets-common": _COMMON_SECRETS.format(password=lab.registry_password),
        f".kamal/secrets.{DESTINATION}": _STAGING_SECRETS,
        "errors/404.html": "<p>not here</p>\n",
        "errors/503.html": "<p>not now</p>\n",
        "errors/notes.txt": "not an error page\n",
        **_certificate(directory / "tls"),
    }
    return make_project(lab, directory, files, {})


def _certificate(directory: Path) -> Mapping[str, str]:
    directory.mkdir()
    key, certificate = directory / "key.pem", directory / "cert.pem"
    subject = dedent("req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=shop.test")
    subprocess.run(
        ["openssl", *subject.split(), "-keyout", str(key), "-out", str(certificate)],
        check=True,
        capture_output=True,
    )
    return {"tls/key.pem": key.read_text(), "tls/cert.pem": certificate.read_text()}
