"""The operators' command line, `danvan …`. Results go to stdout, messages to stderr."""

import asyncio
import json
import signal
import sys
from collections.abc import AsyncGenerator, Callable, Coroutine, Generator
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, NoReturn

import httpx
import typer
from pydantic import ValidationError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from infra.country.loading import Asked, CannotLoad, Loaded, load_country, write_marks
from infra.country.making import LAST_DAY
from infra.operate import decrees, operator, reorganising, report_view, subscribers
from infra.operate.load_units import LoadedUnits, load_units
from infra.operate.operator import IssuedElsewhere, NotRunning, located
from infra.operate.positions import positions, settled
from infra.operate.recount import recount as count_anew
from infra.operate.settling import CannotSettle, Settling
from infra.run.child import CannotStart
from infra.run.loads import note_loaded, was_loaded
from infra.run.provision import TooOld, provision
from infra.run.stack import Stack
from infra.run.supervisor import NotReady
from infra.sample.client import Person, SampleRefused
from infra.sample.sets import HONG_LINH, SETS, DataSet
from infra.secure.credentials import make_secrets
from infra.secure.mongo_users import NotLetIn
from services.kernel.caller import Caller, Grant
from services.kernel.config import Settings
from services.kernel.messages import Refused, Role, Unavailable
from services.kernel.units import COUNTRY

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
units_app = typer.Typer(no_args_is_help=True, help="Administrative units.")
sample_app = typer.Typer(no_args_is_help=True, help="The sample, Thị xã Hồng Lĩnh 2018.")
country_app = typer.Typer(no_args_is_help=True, help="An invented country of models, of any size.")
subscriber_app = typer.Typer(no_args_is_help=True, help="External systems that read review's public events.")
app.add_typer(units_app, name="units")
app.add_typer(sample_app, name="sample")
app.add_typer(country_app, name="country")
app.add_typer(subscriber_app, name="subscriber")

out = Console()
err = Console(stderr=True, highlight=False)

LAST_DAY_AT = datetime(LAST_DAY.year, LAST_DAY.month, LAST_DAY.day)  # noqa: DTZ001 - a day, as the option is read

UNITS = f"units {decrees.digest()}"
"""The mark of loaded units. Each new decree makes another one, so that the next start loads it."""

EXPECTED = (
    CannotStart,
    NotReady,
    NotRunning,
    NotLetIn,
    IssuedElsewhere,
    TooOld,
    SampleRefused,
    CannotLoad,
    CannotSettle,
    report_view.ReportRefused,
    reorganising.UnreadableFile,
    subscribers.NoSubscriber,
    Refused,
    Unavailable,
)
"""Errors that are no bugs: the command prints one line and ends with exit code 1."""


class Format(StrEnum):
    TABLE = "table"
    JSON = "json"


class City(StrEnum):
    HONG_LINH = "hong-linh-2018"
    HANOI = "hanoi-2017"


AsFormat = Annotated[Format, typer.Option("--format", help="How the report is printed.")]


@app.command()
def run() -> None:
    """Start everything, load the sample on the first start, print the report, and serve until Ctrl-C."""
    _run(_serve())


@app.command()
def demo(
    format_: AsFormat = Format.TABLE,
    city: Annotated[City, typer.Option(help="The data set to load.")] = City.HONG_LINH,
) -> None:
    """Start everything, load a city's year, print the report, and stop. Exit code 1 when a published figure differs."""
    raise typer.Exit(_run(_demo(format_, SETS[city])))


@app.command()
def secrets() -> None:
    """Create missing secrets, and the files that the servers need for them."""
    folder = _settings().secrets_folder
    make_secrets(folder)
    err.print(f"All secrets are in {folder}.")


@app.command("provision")
def provision_(
    users: Annotated[bool, typer.Option("--users", help="Also create the users of MongoDB.")] = False,
) -> None:
    """Create streams and indexes, or update them."""
    _run(provision(_located(), users=users))
    err.print(f"{'Users, streams' if users else 'Streams'} and indexes are up to date.")


@units_app.command("load")
def units_load() -> None:
    """Load the country's units, before and after 2025-07-01, with their predecessors, and the decrees since then."""
    loaded = _run(_load_units(_located()))
    err.print(f"{loaded.units} units are loaded.")
    raise typer.Exit(1 if loaded.refused else 0)


@units_app.command("decrees")
def units_decrees() -> None:
    """List the decrees that changed units since 2025-07-01, with their sources, and say which are applied."""
    out.print(decrees.table(_run(decrees.decrees(_located()))))


@app.command()
def reorganise(
    file: Annotated[Path, typer.Argument(help="A CSV file with a line for each old unit and its successor.")],
    apply: Annotated[
        bool,
        typer.Option("--apply", help="Apply it. Without this option, the command only shows the changes."),
    ] = False,
) -> None:
    """Preview a reorganisation of units, with all its errors. With --apply, apply it when there are none."""
    raise typer.Exit(_run(_reorganise(_located(), file, apply=apply)))


@sample_app.command("load")
def sample_load() -> None:
    """Load the sample through GraphQL. A second load changes nothing."""
    _run(_load_set(_located(), HONG_LINH))
    err.print("The sample is loaded.")


@country_app.command("load")
def country_load(
    models: Annotated[int, typer.Option(help="Number of models.")],
    seed: Annotated[
        int, typer.Option(help="Number of the country. The same seed gives the same country.")
    ] = 1,
    until: Annotated[
        datetime, typer.Option(formats=["%Y-%m-%d"], help="The last day of the country.")
    ] = LAST_DAY_AT,
    beside: Annotated[
        bool, typer.Option("--beside", help="Load also into a database with other data.")
    ] = False,
    processes: Annotated[int, typer.Option(help="Processes that write; 0: one per core.", min=0)] = 0,
) -> None:
    """Load an invented country in bulk, by the rules of registration. An interrupted load continues."""
    asked = _asked(models, seed, until)
    loaded = _run(_load_country(_located(), asked, beside=beside, processes=processes))
    rate = loaded.models / loaded.seconds if loaded.models else 0
    err.print(
        f"{loaded.organisations:,} organisations; {loaded.models:,} models with {loaded.events:,} events "
        f"in {loaded.seconds:.1f} s, {rate:,.0f} models a second with all their events."
    )


@country_app.command("marks")
def country_marks(
    models: Annotated[int, typer.Option(help="Number of models.")],
    file: Annotated[Path, typer.Option(help="The CSV file to write.")],
    seed: Annotated[int, typer.Option(help="Number of the country.")] = 1,
    until: Annotated[
        datetime, typer.Option(formats=["%Y-%m-%d"], help="The last day of the country.")
    ] = LAST_DAY_AT,
) -> None:
    """Write a list of the country's models that are a formality, or that repeat, continue or copy another."""
    write_marks(_asked(models, seed, until), file)


Name = Annotated[str, typer.Argument(help="Name of the subscriber, e.g. certificate-printer.")]


@subscriber_app.command("add")
def subscriber_add(name: Name) -> None:
    """Let an external system read the public events, and print a Python program that reads them."""
    settings = _located()
    is_let_in = _run(subscribers.add(settings, name))
    print(subscribers.example(settings, name))
    err.print(
        f"Its key: {subscribers.key_of(settings, name)}. Hand over this file and the program, and no other file."
    )
    if not is_let_in:
        _fail(subscribers.RELOAD)


@subscriber_app.command("list")
def subscriber_list() -> None:
    """List the subscribers: the last event that each one confirmed, and how many events wait."""
    for one in _run(subscribers.found(_located())):
        print(one.sentence)


@subscriber_app.command("ping")
def subscriber_ping(name: Name) -> None:
    """Send a test event that only this subscriber sees."""
    _run(subscribers.send_test(_located(), name))
    err.print(f"{name} was sent an event of the type danvan.review.v1.ping.")


@subscriber_app.command("remove")
def subscriber_remove(name: Name) -> None:
    """Shut a subscriber out, and delete its key and its consumer."""
    if _run(subscribers.remove(_located(), name)):
        err.print(f"{name} is shut out.")
    else:
        _fail(
            f"{name} is still let in: reload nats-server (with containers: `docker compose kill -s HUP nats`)."
        )


@app.command()
def token(
    role: Annotated[Role, typer.Option(help="Role of the caller.")],
    unit: Annotated[str, typer.Option(help="Id of the unit of the role, e.g. u437.")] = COUNTRY,
    name: Annotated[str, typer.Option(help="Id of the caller. Default: made from role and unit.")] = "",
    hours: Annotated[float, typer.Option(help="Hours until the token expires.", min=0.01, max=24 * 365)] = 12,
) -> None:
    """Print a bearer token of the embedded issuer."""
    settings = _settings()
    try:
        caller = Caller(id=name or f"{role}@{unit}", name=name or role, grants=(Grant(role=role, unit=unit),))
        print(operator.user_token(settings, caller, timedelta(hours=hours)))
    except IssuedElsewhere as error:
        _fail(str(error))
    except FileNotFoundError:
        _fail(
            f"There are no keys in {settings.secrets_folder} yet: run `danvan secrets` or `make run` first."
        )


@app.command()
def report(
    unit: Annotated[str, typer.Option(help="Id of the unit.")] = HONG_LINH.unit,
    period: Annotated[str, typer.Option(help="2018, 2018-H1 or 2018-H2.")] = HONG_LINH.period,
    format_: AsFormat = Format.TABLE,
) -> None:
    """Print a unit's report, read from the gateway."""
    _run(_report(_located(), unit, period, format_))


@app.command()
def recount() -> None:
    """Recount from the documents and compare with the counters. Exit code 1 when they differ."""
    raise typer.Exit(_run(_recount(_located())))


@app.command()
def rebuild() -> None:
    """Rebuild the counters from all events beside those in use, then switch to the new ones."""
    _run(operator.rebuild(_located()))
    err.print("The rebuild is requested; `danvan status` shows its progress.")


@app.command()
def settle() -> None:
    """After a restore of a database: bring streams and readers to what the logs say. Exit code 0 when all agree."""
    _run(_settle(_located()))


@app.command()
def status() -> None:
    """Show the position of each producer and reader, and the parked events."""
    found = _run(positions(_located()))
    for producer, head in found.heads.items():
        print(f"{producer}: numbered {head}, waiting for a number {found.pending[producer]}")
    for cursor in found.cursors:
        print(found.sentence(cursor))
    for cursor in found.building:
        print(f"{found.sentence(cursor)} (being rebuilt)")
    for sentence in found.rebuilds:
        print(sentence)
    for service, parked in found.parked.items():
        print(f"{service}: parked {len(parked)}")
        for event in parked:
            print(f"  {event['producer']} event {event['seq']}, {event['key']}: {event['error']}")


@app.command()
def operations() -> None:
    """Print the manifest of the operations that callers without a token may run, by hash."""
    from infra.operate.manifest import manifest

    print(manifest())


@app.command()
def schema(
    write: Annotated[bool, typer.Option(help="Write it to gateway/schema.graphql.")] = False,
    breaking: Annotated[str, typer.Option(help="Reason why existing clients must change.")] = "",
) -> None:
    """Print the GraphQL schema, or write it. A change that breaks clients needs a reason."""
    from gateway import changes
    from gateway.schema import schema as made

    if not write:
        print(made.as_str())
    elif broken := changes.write(made.as_str(), breaking):
        _fail("This breaks clients. If it is necessary: make schema BREAKING='why'\n  " + "\n  ".join(broken))


@app.command()
def contract(
    write: Annotated[
        bool, typer.Option(help="Write the files, unless the change would break subscribers.")
    ] = False,
) -> None:
    """Check the files of the public contracts. Exit code 1 if they differ from the types of the events."""
    from infra.contract import files

    if write and (broken := files.write()):
        _fail(
            "These changes break subscribers. Within a version, only fields, events and values may be added:\n  "
            + "\n  ".join(broken)
        )
    if stale := files.stale():
        _fail("`make contract` writes these files anew:\n  " + "\n  ".join(stale))
    err.print("The files of the public contracts agree with the types of the events.")


@app.command()
def docs() -> None:
    """Write the tables of refusal codes and rights, gateway/CODES.md and gateway/RIGHTS.md."""
    from gateway import reference

    for page, text in reference.pages().items():
        page.write_text(text, encoding="utf-8")


async def _serve() -> None:
    async with _started() as (settings, stack):
        if settings.oidc_issuer:  # that issuer does not know the sample's people
            await _tried("units", _load(settings, UNITS, _load_units))
        elif await _tried("sample", _load_all(settings)):
            await _tried("report", _report(settings, HONG_LINH.unit, HONG_LINH.period, Format.TABLE))
        stopped = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stopped.set)
        err.print(f"\nGraphQL  {stack.gateway_url}")
        token_from = settings.oidc_issuer or f"make token ROLE=leader UNIT={HONG_LINH.unit}"
        err.print(f"Token    {token_from}")
        err.print("Stop     Ctrl-C\n")
        await stopped.wait()
        err.print("Stopping…")


async def _tried(what: str, work: Coroutine[Any, Any, None]) -> bool:
    """Whether the work succeeded. If it fails, the command prints the reason and goes on to serve."""
    try:
        await work
    except (*EXPECTED, httpx.HTTPError) as error:
        err.print(
            f"[red]No {what} at this start: {str(error) or type(error).__name__}[/red] Danvan serves without it.",
            soft_wrap=True,
        )
        return False
    return True


async def _demo(format_: Format, data: DataSet) -> int:
    async with _started() as (settings, _):
        await _load_all(settings, data)
        answer = await _ask_report(settings, data.unit, data.period)
        differences = report_view.differences(answer, data.published, data.gaps)
        differences += (await count_anew(settings)).differences
        if format_ is Format.JSON:
            print(json.dumps({"report": answer, "differences": differences}, ensure_ascii=False, indent=2))
        else:
            report_view.show(answer, out)
            report_view.show_published(answer, data.published, data.source_says, out)
            _print_differences(differences)
        return 1 if differences else 0


def _print_differences(differences: list[str]) -> None:
    if not differences:
        out.print("[green]Mọi con số khớp với số liệu đã công bố và với việc đếm lại từ hồ sơ.[/green]")
    for difference in differences:
        out.print(f"[red]{difference}[/red]", soft_wrap=True)


@asynccontextmanager
async def _started() -> AsyncGenerator[tuple[Settings, Stack], None]:
    async with Stack(_settings(), err.print) as stack:
        settings = _settings().model_copy(update={"nats_url": stack.nats_url, "mongo_url": stack.mongo_url})
        yield settings, stack


async def _load_all(settings: Settings, data: DataSet = HONG_LINH) -> None:
    """Loads the units and the data set at the first start. A later start does not load them again."""
    await _load(settings, UNITS, _load_units)
    await _load_set(settings, data)


async def _load_set(settings: Settings, data: DataSet) -> None:
    async def load(settings: Settings) -> int:
        with _progress(data.title) as bar:
            return await data.load(settings, bar)

    await _load(settings, data.name, load)


async def _load(
    settings: Settings, name: str, load: Callable[[Settings], Coroutine[Any, Any, object]]
) -> None:
    if not await was_loaded(settings, name):
        await load(settings)
        await settled(settings)
        await note_loaded(settings, name)


async def _load_units(settings: Settings) -> LoadedUnits:
    with _progress("Đơn vị hành chính") as bar:
        loaded = await load_units(settings, bar)
    for decree in loaded.refused:
        err.print(f"[yellow]{decree.file.name} is not applied: {decree.problems}[/yellow]", soft_wrap=True)
    return loaded


async def _reorganise(settings: Settings, file: Path, *, apply: bool) -> int:
    text = reorganising.text_of(file)
    previewed = await reorganising.preview(settings, text)
    reorganising.show(previewed, out)
    if previewed.wrong:
        err.print("Nothing was changed.")
        return 1
    if apply and not previewed.row["applied"]:
        err.print(f"Applied as {await reorganising.apply(settings, text)}.")
    elif not previewed.row["applied"]:
        err.print("This was a preview: nothing was changed. Add --apply to apply it.")
    return 0


def _asked(models: int, seed: int, until: datetime) -> Asked:
    try:
        return Asked(models, seed, until.date())
    except CannotLoad as error:
        _fail(str(error))


async def _load_country(settings: Settings, asked: Asked, *, beside: bool, processes: int) -> Loaded:
    with _progress("Mô hình") as bar:
        return await load_country(settings, asked, bar, beside=beside, processes=processes)


async def _ask_report(settings: Settings, unit: str, period: str) -> dict[str, Any]:
    async with httpx.AsyncClient(timeout=60) as http:
        return await report_view.ask_report(
            Person(http, settings, Role.REPORTER, COUNTRY, "report").ask, unit, period
        )


async def _report(settings: Settings, unit: str, period: str, format_: Format) -> None:
    answer = await _ask_report(settings, unit, period)
    if format_ is Format.JSON:
        print(json.dumps(answer, ensure_ascii=False, indent=2))
    else:
        report_view.show(answer, out)


async def _settle(settings: Settings) -> None:
    with _progress("events compared") as bar:
        await Settling(settings, err.print, bar).run()


async def _recount(settings: Settings) -> int:
    found = await count_anew(settings)
    out.print(
        f"{found.facts} facts and {found.counters} counters compared with the documents, "
        f"{found.uncounted} events not counted yet, {len(found.differences)} differences."
    )
    for difference in found.differences:
        out.print(difference, soft_wrap=True, markup=False)
    return 1 if found.differences else 0


@contextmanager
def _progress(title: str) -> Generator[Callable[[int, int], None], None, None]:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=err) as progress:
        task = progress.add_task(title, total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)


def _run(work: Coroutine[Any, Any, Any]) -> Any:
    try:
        return asyncio.run(work)
    except EXPECTED as error:
        _fail(str(error))
    except KeyboardInterrupt:
        raise typer.Exit(130) from None


def _settings() -> Settings:
    try:
        return Settings()
    except ValidationError as error:
        wrong = [f"DANVAN_{str(e['loc'][0]).upper()} is “{e['input']}”: {e['msg']}" for e in error.errors()]
        _fail("\n".join(wrong))


def _located() -> Settings:
    """Settings with the addresses of the running stack."""
    try:
        return located(_settings())
    except NotRunning as error:
        _fail(str(error))


def _fail(why: str) -> NoReturn:
    err.print(f"[red]{why}[/red]", soft_wrap=True)
    raise typer.Exit(1)


def main() -> None:
    if sys.stdout.encoding.lower() != "utf-8":
        sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    app()
