"""The process of registration's sequencer and readers: `uvicorn --factory services.registration.readers:create_app`."""

from faststream.asgi import AsgiFastStream

from services.kernel.config import Settings
from services.kernel.service import serve
from services.kernel.table import Work
from services.registration.app import TABLE


def create_app(settings: Settings | None = None) -> AsgiFastStream:
    return serve(TABLE, settings, Work.READERS)
