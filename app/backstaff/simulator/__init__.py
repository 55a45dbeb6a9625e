"""Embedded hosts: SSH servers with a Docker Engine in this very process, for demonstrations and tests."""
