"""Public events: the events that a service publishes for external systems, on a stream of their own. None expires.

`events` declares them. `published` numbers them and keeps them in the service's database. `cloudevents` defines their
form on NATS, and `stream` defines the stream. `publisher` fills the stream from the database.
"""
