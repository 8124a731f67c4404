"""The work that waits for a caller in registration."""
