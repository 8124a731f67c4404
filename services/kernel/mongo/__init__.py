"""MongoDB: connection, codecs, scoped reading, transactions and repositories of aggregates. It knows no feature."""
