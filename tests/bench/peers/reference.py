"""Ours with the plan executor off: each query runs on the reference executor."""

from starlette.applications import Starlette

from gateway import app
from gateway.plan import Planned


def create_app() -> Starlette:
    Planned.on = False
    return app.create_app()
