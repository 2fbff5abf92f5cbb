"""Who leads: the lease."""
