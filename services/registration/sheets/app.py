"""Files and sheets: who hears what, and who does the work."""

from services.kernel.table import Area, Part, Task, command, query
from services.registration.sheets import handlers, messages, repository
from services.registration.sheets.worker import Worker

WORKER = Part(lambda store, _: Worker(store))

AREA = Area(
    messages=messages,
    commands=(
        command(messages.StoreFilePart, handlers.store_file_part),
        command(messages.StartImport, handlers.start_import),
        command(messages.StartExport, handlers.start_export),
        command(messages.CancelJob, handlers.cancel_job),
    ),
    queries=(
        query(messages.JobsPage, handlers.jobs_page),
        query(messages.JobsById, handlers.jobs_by_id),
        query(messages.JobRows, handlers.job_rows),
        query(messages.FilePart, handlers.file_part),
        query(messages.Template, handlers.template),
    ),
    tasks=(Task("sheets", WORKER.late(lambda worker: worker.run)),),
    indexes=repository.INDEXES,
    unscoped=(repository.PARTS, repository.ROWS, repository.WAITING),
)
