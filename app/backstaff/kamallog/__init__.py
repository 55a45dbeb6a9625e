"""What Kamal printed, read back into the events of a run: its log files, terminal captures and CI logs."""
