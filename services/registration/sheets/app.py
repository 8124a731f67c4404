"""Files and sheets: who hears what, and who does the work."""

from services.kernel.service import Service
from services.registration.sheets import handlers, messages, repository
from services.registration.sheets.worker import Worker

INDEXES = repository.INDEXES


def wire(service: Service) -> None:
    service.does(messages.StoreFilePart, handlers.store_file_part)
    service.does(messages.StartImport, handlers.start_import)
    service.does(messages.StartExport, handlers.start_export)
    service.does(messages.CancelJob, handlers.cancel_job)
    service.tells(messages.JobsPage, handlers.jobs_page)
    service.tells(messages.JobsById, handlers.jobs_by_id)
    service.tells(messages.JobRows, handlers.job_rows)
    service.tells(messages.FilePart, handlers.file_part)
    service.tells(messages.Template, handlers.template)
    service.background("sheets", Worker(service.store).run)
