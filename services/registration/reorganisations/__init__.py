"""Reorganisations of administrative units: read from a file, previewed, applied as one."""
