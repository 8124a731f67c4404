"""Review as a process: `uvicorn --factory services.review.app:create_app`."""

from faststream.asgi import AsgiFastStream

from services.directory import units as directory
from services.directory.units import MARKS, UNITS, copy_units
from services.kernel.config import Settings
from services.kernel.log.settling import replacing
from services.kernel.service import serve
from services.kernel.table import Area, Table, batches, command, query
from services.registration.models.messages import (
    ModelAccepted,
    ModelBegun,
    ModelCarriedOver,
    ModelCorrected,
    ModelDiscontinued,
    ModelHandedOver,
    ModelLevelChanged,
    ModelOwnerChanged,
    ModelWithdrawn,
)
from services.registration.units.messages import UnitRecorded
from services.review import correcting, handlers, messages, repository, todo
from services.review.contract.app import AREA as CONTRACT
from services.review.correcting import DESK

TABLE = Table(
    "review",
    Area(
        messages=messages,
        commands=(
            command(messages.DecideReview, handlers.decide_review),
            command(messages.NominateReview, handlers.nominate_review),
            command(messages.CorrectVerdict, correcting.correct_verdict),
            command(messages.ReverseVerdict, correcting.reverse_verdict),
            command(messages.RevokeRecognition, correcting.revoke_recognition),
            command(messages.RevokeNomination, correcting.revoke_nomination),
            command(messages.ReverseRevocation, correcting.reverse_revocation),
        ),
        queries=(
            query(messages.ReviewsPage, handlers.reviews_page),
            query(messages.ReviewsById, handlers.reviews_by_id),
            query(messages.ReviewsByModel, handlers.reviews_by_model),
            query(messages.ToDoPage, todo.to_do_page),
        ),
        subscriptions=(
            batches(
                ModelAccepted,
                ModelBegun,
                ModelCarriedOver,
                ModelWithdrawn,
                ModelDiscontinued,
                ModelOwnerChanged,
                ModelLevelChanged,
                ModelCorrected,
                ModelHandedOver,
                handler=handlers.follow_models,
                settle=handlers.settle,
            ),
            batches(
                UnitRecorded,
                handler=copy_units,
                settle=replacing(UNITS, handler=copy_units),
                reader="units",
            ),
        ),
        indexes={**repository.INDEXES, **directory.INDEXES},
        unscoped=(UNITS, MARKS),
    ),
    DESK.area,
    CONTRACT,
)


def create_app(settings: Settings | None = None) -> AsgiFastStream:
    return serve(TABLE, settings)
