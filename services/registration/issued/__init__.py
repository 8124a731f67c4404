"""The common part of documents, programmes and launches: they are issued once, and read by everybody in office."""
