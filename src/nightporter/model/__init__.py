"""Pure values that every layer speaks of: entries, guests, conversations, decisions, outbox messages, the lease.

Nothing here does anything but compute from its arguments. Times are milliseconds since the epoch.
"""
