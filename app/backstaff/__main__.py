"""`python -m backstaff` is `backstaff`."""

from backstaff.cli.main import program

if __name__ == "__main__":
    program()
