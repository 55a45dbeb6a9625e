"""The whole tool on real hosts: `backstaff` as a program, seen by what it says and what the hosts show."""
