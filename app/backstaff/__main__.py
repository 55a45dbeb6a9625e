"""`python -m backstaff` is `backstaff`."""

from backstaff.cli.main import main

if __name__ == "__main__":
    main()
