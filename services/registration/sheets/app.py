"""Files and sheets: who hears what, and who does the work."""

from services.kernel.service import Service
from services.registration.sheets import events, handlers, repository
from services.registration.sheets.worker import Worker

INDEXES = repository.INDEXES


def wire(service: Service) -> None:
    service.does(events.StoreFilePart, handlers.store_file_part)
    service.does(events.StartImport, handlers.start_import)
    service.does(events.StartExport, handlers.start_export)
    service.does(events.CancelJob, handlers.cancel_job)
    service.tells(events.JobsPage, handlers.jobs_page)
    service.tells(events.JobsById, handlers.jobs_by_id)
    service.tells(events.JobRows, handlers.job_rows)
    service.tells(events.FilePart, handlers.file_part)
    service.tells(events.Template, handlers.template)
    service.background("sheets", Worker(service.store).run)
