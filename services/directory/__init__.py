"""Dated copies of records that several services look up, kept by each service in its own database.

It stands between the kernel and the services. Registration owns the records; the other services copy its events.
"""
