"""Carries a plan out over hosts and emits events; prints nothing."""
