"""Processes and servers are killed while they work, and nothing may be lost or happen twice."""
