"""A table refuses contradictions, and the tables of the product are complete."""

import importlib
import pkgutil
from collections.abc import Iterable, Sequence
from dataclasses import replace
from types import ModuleType

import pytest

import services as packages
from services.catalogue import SERVICES, producers
from services.kernel.kinds import Kind
from services.kernel.messages import Message
from services.kernel.mongo.access import CURSORS, PARKED, Access, Unscoped
from services.kernel.mongo.transaction import Transaction
from services.kernel.table import Area, CommandRow, Part, Table, batches, command, query
from services.review import messages as review_messages
from services.review.messages import DecideReview, ReviewDecided
from tests.platform.kernel import toy


async def count(_: toy.CountTallies, access: Access) -> int:
    return 0


AREA = Area(
    messages=toy,
    commands=(command(toy.OpenTally, toy.open_tally), command(toy.RaiseTally, toy.raise_tally)),
    queries=(query(toy.CountTallies, count),),
    subscriptions=(batches(toy.TallyRaised, handler=toy.copy),),
)


def test_divided_service_has_no_command_that_needs_a_part() -> None:
    part = Part(lambda store, settings: toy)
    late = command(toy.RaiseTally, part.late(lambda module: module.raise_tally))
    area = replace(AREA, commands=(AREA.commands[0], late))
    Table("toy", area)
    with pytest.raises(ValueError, match="RaiseTally need a part"):
        Table("toy", area, divided=True)


def test_table_lists_what_a_service_announces_and_hears() -> None:
    table = Table("toy", AREA)
    assert table.announces == (toy.TallyRaised,)
    assert table.hears == ("toy",)


@pytest.mark.parametrize("rows", [AREA.commands[:1], (*AREA.commands, AREA.commands[0])], ids=["none", "two"])
def test_message_without_exactly_one_handler_is_refused(rows: Sequence[CommandRow]) -> None:
    with pytest.raises(ValueError, match="exactly one handler"):
        Table("toy", replace(AREA, commands=rows))


def test_handler_of_another_services_message_is_refused() -> None:
    async def decide(_: DecideReview, tx: Transaction) -> None: ...

    with pytest.raises(ValueError, match="DecideReview are in no messages module"):
        Table("toy", replace(AREA, commands=(*AREA.commands, command(DecideReview, decide))))
    with pytest.raises(ValueError, match="belong to another service"):
        Table("toy", replace(AREA, messages=review_messages))


def test_two_subscriptions_with_one_cursor_are_refused() -> None:
    twice = (*AREA.subscriptions, batches(toy.TallyRaised, handler=toy.copy))
    with pytest.raises(ValueError, match="several subscriptions move the cursor toy/toy"):
        Table("toy", replace(AREA, subscriptions=twice))
    apart = (*AREA.subscriptions, batches(toy.TallyRaised, handler=toy.copy, reader="other"))
    Table("toy", replace(AREA, subscriptions=apart))


def test_reader_of_another_service_says_how_it_is_settled() -> None:
    async def hear(heard: object, tx: Transaction) -> None: ...

    async def settle(stretch: object, tx: Transaction) -> int:
        return 0

    foreign = batches(ReviewDecided, handler=hear)
    with pytest.raises(ValueError, match="say how toy/review is settled"):
        Table("toy", replace(AREA, subscriptions=(*AREA.subscriptions, foreign)))
    Table("toy", replace(AREA, subscriptions=(*AREA.subscriptions, replace(foreign, settle=settle))))


def _modules(service: str) -> list[ModuleType]:
    package = importlib.import_module(f"services.{service}")
    found = pkgutil.walk_packages(package.__path__, f"services.{service}.")
    return [importlib.import_module(info.name) for info in found]


def _below(type_: type[Message]) -> set[type[Message]]:
    """All subclasses in modules of services. Some messages are made by a function, so no module has their name."""
    found = {one for sub in type_.__subclasses__() for one in (sub, *_below(sub))}
    return {one for one in found if one.__module__.startswith("services.")}


def test_catalogue_lists_every_package_that_is_a_service() -> None:
    found = {info.name for info in pkgutil.iter_modules(packages.__path__) if info.ispkg}
    assert {name for name in found if importlib.util.find_spec(f"services.{name}.app")} == set(SERVICES)


@pytest.mark.parametrize("service", SERVICES)
def test_table_has_every_message_of_its_service(service: str) -> None:
    table = SERVICES[service]
    _modules(service)
    own = {one for one in _below(Message) if "subject" in vars(one) and one.service == service}
    answered: set[type[Message]] = {row.type for row in table.commands} | {row.type for row in table.queries}
    assert own == answered | set(table.announces)
    assert all(type_.__module__.rpartition(".")[2] == "messages" for type_ in own)


def _unscoped(modules: Iterable[ModuleType]) -> set[Unscoped]:
    values = [value for module in modules for value in vars(module).values()]
    values += [one for value in values if isinstance(value, tuple) for one in value]
    return {value for value in values if isinstance(value, Unscoped)} - {CURSORS, PARKED}


@pytest.mark.parametrize("service", SERVICES)
def test_table_has_every_collection_that_is_read_without_a_scope(service: str) -> None:
    own, declared = _unscoped(_modules(service)), set(SERVICES[service].unscoped)
    assert own <= declared
    assert declared - own <= _unscoped(_modules("kernel")), (
        "a machinery of the kernel, with collections of its own"
    )


def test_ids_of_each_kind_begin_with_a_word_of_its_own() -> None:
    kinds = {
        value
        for service in SERVICES
        for module in _modules(service)
        for value in vars(module).values()
        if isinstance(value, Kind)
    }
    prefixes = [kind.prefix for kind in kinds]
    assert len(prefixes) == len(set(prefixes))


def test_producers_are_the_services_with_events() -> None:
    assert producers() == ("registration", "review", "supervision")
    assert ReviewDecided in SERVICES["review"].announces
