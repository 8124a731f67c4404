"""The reader that publishes review's events, and the task that fills the public stream."""

from services.kernel.public.published import PUBLISHED
from services.kernel.public.publisher import Publisher
from services.kernel.table import Area, Part, Task, batches
from services.review.contract import events
from services.review.contract.telling import TOLD, tell

PUBLISHER = Part(lambda store, _: Publisher(store, tell))

AREA = Area(
    messages=events,
    publishes=events.EVENTS,
    subscriptions=(
        batches(
            *TOLD,
            handler=PUBLISHER.late(lambda publisher: publisher.publish),
            ready=PUBLISHER.late(lambda publisher: publisher.ready),
            reader="public",
        ),
    ),
    tasks=(
        Task(
            "public stream",
            PUBLISHER.late(lambda publisher: publisher.run),
            readers=PUBLISHER.late(lambda publisher: lambda: [publisher]),
        ),
    ),
    unscoped=(PUBLISHED,),
)
