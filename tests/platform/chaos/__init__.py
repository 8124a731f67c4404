"""Tests that kill processes and servers at work: no change may be lost or take effect twice."""
