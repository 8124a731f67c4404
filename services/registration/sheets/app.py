"""Files and sheets of registration: the sheet of models, mounted on the kernel's machinery."""

from services.directory.units import path_of
from services.kernel.sheets.mount import Sheets
from services.registration.sheets import messages
from services.registration.sheets.sheet import SHEET

SHEETS = Sheets(messages, SHEET, path_of=path_of)
AREA = SHEETS.area
