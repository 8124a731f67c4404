"""Events for systems outside: a service tells what it chooses of its own events, on a stream of its own, for years.

`events` declares them, `published` numbers and keeps them in the service's database, `cloudevents` says how they look
on NATS, `stream` where they are, and `publisher` fills the stream from the database.
"""
