"""Figures beside what they are to be."""


def verdict_on(value: float, most: float, shown: str) -> str:
    """Whether a figure is at most what it may be, which is `shown`."""
    return f"target at most {shown}: {'met' if value <= most else 'MISSED'}"
