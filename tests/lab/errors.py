"""What goes wrong in the lab itself, as opposed to in what is tested with it."""


class LabError(Exception):
    """The lab could not do what it was asked; the text says what and shows the end of the log."""
