"""The child process that reads or writes one file: `python -m services.kernel.sheets.child`.

Its parent sends the request, and the rows to write, as pickles. The answer is JSON: the child has read a file of a
stranger, and nobody loads its pickles. Each kind of work imports what it needs, and nothing else.
"""

import errno
import pickle
import resource
import sys
import traceback
from contextlib import suppress

import msgspec

from services.kernel.messages import Refused
from services.kernel.sheets import refusals
from services.kernel.sheets.messages import FileFormat
from services.kernel.sheets.requests import Answer, Limits, MakingTemplate, Reading, Request, Writing


def main() -> None:
    request = pickle.load(sys.stdin.buffer)  # noqa: S301 - of our parent
    limit(request.limits)
    sys.stdout.buffer.write(msgspec.json.encode(answer(request)))


def limit(limits: Limits) -> None:
    """Limits this process. The system ends it when its processor time is over."""
    resource.setrlimit(resource.RLIMIT_CPU, (limits.seconds, limits.seconds + 1))
    resource.setrlimit(resource.RLIMIT_FSIZE, (limits.disk, limits.disk))
    with suppress(ValueError):  # macOS takes no limit of memory
        resource.setrlimit(resource.RLIMIT_AS, (limits.memory, limits.memory))


def answer(request: Request) -> Answer:
    try:
        return _done(request)
    except Refused as refused:
        return Answer(refusal=refused.refusal)
    except MemoryError:
        return Answer(refusal=refusals.too_heavy().refusal)
    except Exception as error:
        if isinstance(error, OSError) and error.errno == errno.EFBIG:
            return Answer(refusal=refusals.too_heavy().refusal)
        return Answer(failure=traceback.format_exc()[-4000:])


def _done(request: Request) -> Answer:
    if isinstance(request, Reading):
        return _read(request)
    if isinstance(request, MakingTemplate):
        from services.kernel.sheets.template import write_template

        write_template(request.into, request.layout)
        return Answer()
    return _write(request)


def _read(request: Reading) -> Answer:
    from services.kernel.sheets.reading import opened

    total = 0
    with opened(request.file, request.layout) as table, request.into.open("wb") as rows:
        for line in table.lines():
            rows.write(msgspec.json.encode((line.number, line.cells, line.problems, line.notes)) + b"\n")
            total += 1
    return Answer(dict(table.letters), total)


def _write(request: Writing) -> Answer:
    from services.kernel.sheets import writing

    opening = (
        writing.comma_separated(request.into, *request.tables)
        if request.format is FileFormat.CSV
        else writing.workbook(request.into, *request.tables)
    )
    with opening as tables, suppress(EOFError):
        while True:
            place, rows = pickle.load(sys.stdin.buffer)  # noqa: S301 - of our parent
            for row in rows:
                tables[place].write(row)
    return Answer()


if __name__ == "__main__":
    main()
