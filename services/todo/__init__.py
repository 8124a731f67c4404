"""Lists of work that waits for a caller: the same row for every service, in one order, so that lists can be merged."""
