"""What documents, programmes and launches have in common: they are issued, and read by everybody in office."""
