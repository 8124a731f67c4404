"""The tests, by service and area; `platform` tests the kernel."""

from pathlib import Path

ROOT = Path(__file__).parents[1]
"""The repository."""
