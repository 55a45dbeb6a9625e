"""Reading runs that are recorded: any time of them, forward and back, and found by what was said."""
