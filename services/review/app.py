"""Review as a process: `uvicorn --factory services.review.app:create_app`."""

from faststream.asgi import AsgiFastStream

from services.kernel.config import Settings
from services.kernel.service import Service
from services.registration.models.messages import (
    ModelAccepted,
    ModelDiscontinued,
    ModelLevelChanged,
    ModelOwnerChanged,
    ModelWithdrawn,
)
from services.review import handlers
from services.review.messages import DecideReview, NominateReview, ReviewsById, ReviewsByModel
from services.review.repository import INDEXES as INDEXES


def create_app(settings: Settings | None = None) -> AsgiFastStream:
    service = Service("review", settings or Settings())

    service.hears(
        {
            ModelAccepted: handlers.open_review,
            ModelWithdrawn: handlers.close_withdrawn,
            ModelDiscontinued: handlers.close_discontinued,
            ModelOwnerChanged: handlers.follow_owner,
            ModelLevelChanged: handlers.follow_level,
        }
    )
    service.does(DecideReview, handlers.decide_review)
    service.does(NominateReview, handlers.nominate_review)
    service.tells(ReviewsById, handlers.reviews_by_id)
    service.tells(ReviewsByModel, handlers.reviews_by_model)

    return service.app()
