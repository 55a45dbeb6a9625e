"""The console: a Textual app that shows a run as it goes, or an earlier one again."""
