"""Deploys over simulated hosts, and the ways in which one can get stuck, for anyone to see."""
