"""Embedded hosts: SSH servers with a Docker Engine in this very process, for demonstrations and tests.

A `Fleet` is described by a `FleetSpec` and lives as long as its context. Clients reach it over real sockets,
with real keys, and know nothing of it. `clock.py` says how its time passes, `apps.py` what its application
can do, `host.py` what can be made to go wrong. Nothing is imported here: a description of a fleet is wanted
before the servers are, and those take their time to load.
"""
