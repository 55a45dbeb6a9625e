"""SSH connections, the Docker Engine API over them, and local processes, behind one protocol."""
