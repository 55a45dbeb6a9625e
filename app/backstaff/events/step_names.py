"""Steps that others go by: what is to be known of a run that ends at once depends on them."""

TAKE_LOCK = "take the deploy lock"
"""The lock may be ours already without our knowing."""
END_PAUSED = "end the paused container"
"""The container may be paused; the step's detail is its short id."""
