"""Lists of models as files: upload, check, import, result of each row, export, download."""

import asyncio
import json
from csv import reader
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from services.kernel.messages import Role
from tests.conftest import GraphQL
from tests.people import CITY, WARD, Office, Person, counts
from tests.platform.kernel.sheets import malformed
from tests.platform.kernel.sheets.malformed import HEADINGS, csv
from tests.registration.programmes.test_graphql import started
from tests.waiting import DEADLINE

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.lists]

JOB = """... on SheetJob {
  id kind state name done total counts { accepted warning unchanged error } problemCode problemVi result
}"""
DO = "mutation($k: String!, $i: {Name}Input!) {{ {name}("
DO += "idempotencyKey: $k, input: $i) {{ {job} ... on Refusal {{ code }} }} }}"
START = DO.format(Name="StartImport", name="startImport", job=JOB)
EXPORT = DO.format(Name="StartExport", name="startExport", job=JOB)
NODE = f"query($id: ID!) {{ node(id: $id) {{ {JOB} }} }}"
ROWS = """query($job: ID!, $fate: Fate, $after: String) { sheetRows(job: $job, fate: $fate, first: 3, after: $after) {
  edges { node { number fate title model problems { cell code vi } } } pageInfo { hasNextPage endCursor } } }"""
OWNER = "Hội Phụ nữ phường nhập tệp"
PROVINCE = "u42"


async def upload(who: Person, data: bytes, name: str, unit: str = CITY) -> Any:
    base = who.graphql.url.removesuffix("/graphql")
    return await who.graphql.http.post(
        f"{base}/files",
        params={"unit": unit, "name": name},
        content=data,
        headers={"Authorization": f"Bearer {who.token}"} if who.token else {},
    )


async def fetched(who: Person, file: str) -> Any:
    base = who.graphql.url.removesuffix("/graphql")
    return await who.graphql.http.get(
        f"{base}/files/{file}", headers={"Authorization": f"Bearer {who.token}"}
    )


async def ended(who: Person, job: str) -> dict[str, Any]:
    async with asyncio.timeout(DEADLINE):
        while True:
            found = await who.ask(NODE, id=job)
            if found["node"]["state"] not in ("WAITING", "RUNNING"):
                return dict(found["node"])
            await asyncio.sleep(0.1)


async def done(who: Person, data: bytes, name: str = "a.csv", **how: Any) -> dict[str, Any]:
    sent = await upload(who, data, name)
    assert sent.status_code == 201, sent.text
    started = await who.ask(START, k=sent.json()["file"] + str(how), i={"file": sent.json()["file"], **how})
    return await ended(who, started["startImport"]["id"])


async def rows(who: Person, job: str, fate: str | None = None) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    after = None
    while True:
        page = (await who.ask(ROWS, job=job, fate=fate, after=after))["sheetRows"]
        found += [edge["node"] for edge in page["edges"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            return found


async def owned(graphql: GraphQL) -> Office:
    office = Office(graphql)
    await office.officer.does(
        "registerOrganisation",
        key=f"owner of files {id(office.graphql)}",
        name=OWNER,
        kind="WOMENS_UNION",
        unit=WARD,
        on="2019-01-02",
    )
    return office


def listed(*titles: str) -> bytes:
    return csv(
        (*HEADINGS, "Ngày lập"), *((OWNER, title, "Kinh tế", "Tập thể", "05/03/2019") for title in titles)
    )


async def test_list_is_checked_and_imported_once_with_a_result_per_row(
    graphql: GraphQL, tmp_path: Path
) -> None:
    office = await owned(graphql)
    who = office.officer
    data = listed("Hàng rào xanh", "Đèn sáng ngõ quê", "", "Hàng rào xanh", "Tiếng kẻng an ninh")
    before = await counts(graphql)
    checked = await done(who, data, check=True)
    assert (checked["kind"], checked["state"], checked["done"], checked["total"]) == ("CHECK", "DONE", 5, 5)
    assert checked["counts"] == {"accepted": 3, "warning": 0, "unchanged": 1, "error": 1}
    assert await counts(graphql) == before
    told = await rows(who, checked["id"])
    assert [(row["number"], row["fate"]) for row in told] == [
        (2, "ACCEPTED"),
        (3, "ACCEPTED"),
        (4, "ERROR"),
        (5, "UNCHANGED"),
        (6, "ACCEPTED"),
    ]
    assert {row["model"] for row in told} == {None}
    (wrong,) = await rows(who, checked["id"], "ERROR")
    assert [(p["cell"], p["code"]) for p in wrong["problems"]] == [("B4", "cell-missing")]

    imported = await done(who, data, check=False, submit=True)
    assert (imported["state"], imported["counts"]["accepted"], imported["counts"]["error"]) == ("DONE", 3, 1)
    models = [row["model"] for row in await rows(who, imported["id"]) if row["model"]]
    assert len(set(models)) == 3
    found = await who.ask(
        "query($id: ID!) { node(id: $id) { ... on Model { title state draftedOn owner { name } unit { id } } } }",
        id=models[1],
    )
    assert found["node"] == {
        "title": "Đèn sáng ngõ quê",
        "state": "SUBMITTED",
        "draftedOn": "2019-03-05",
        "owner": {"name": OWNER},
        "unit": {"id": WARD},
    }

    # The same list with a row more, in another order and by another person, adds that row.
    more = listed("Ngõ sáng", "Tiếng kẻng an ninh", "Đèn sáng ngõ quê", "Hàng rào xanh")
    other = Person(graphql, Role.OFFICER, name="Bình")
    again = await done(other, more, "lần hai.csv", check=False)
    assert again["counts"] == {"accepted": 1, "warning": 0, "unchanged": 3, "error": 0}
    assert [row["model"] for row in await rows(other, again["id"], "UNCHANGED")] == models[::-1]

    reply = await fetched(who, imported["result"])
    (tmp_path / "result.xlsx").write_bytes(reply.content)
    book = load_workbook(tmp_path / "result.xlsx")
    table = list(book.worksheets[0].iter_rows(values_only=True))
    assert table[0][-2:] == ("Kết quả", "Lý do")
    assert [row[0] for row in table[1:]] == [*models[:2], None, None, models[2]]
    assert table[3][-2] == "Lỗi, không ghi"
    assert "B4: Thiếu “Tên mô hình”" in str(table[3][-1])
    # The result file, with its wrong row corrected, adds that row.
    book.worksheets[0]["C4"] = "Bờ rào hoa"
    book.save(tmp_path / "corrected.xlsx")
    corrected = await done(who, (tmp_path / "corrected.xlsx").read_bytes(), "c.xlsx", check=False)
    assert corrected["counts"] == {"accepted": 1, "warning": 0, "unchanged": 4, "error": 0}


async def test_model_in_two_rows_of_a_list_is_counted_once(graphql: GraphQL) -> None:
    office = await owned(graphql)
    who, owner = office.officer, await office.organisation()
    draft, registered = await office.draft(owner), await office.registered(owner)
    line = ("Kinh tế", "Tập thể")
    land = (registered, owner, "Ngõ xóm sạch đẹp", *line, "100", "30/06/2019")
    data = csv(
        ("Mã mô hình", *HEADINGS, "Hiến đất (m²)", "Kết quả tính đến ngày"),
        land,
        land,
        (draft, owner, "Tên A", *line, "", ""),
        (draft, owner, "Tên B", *line, "", ""),
    )
    for check in (True, False):
        told = await rows(who, (await done(who, data, check=check))["id"])
        assert [(row["fate"], [p["code"] for p in row["problems"]]) for row in told] == [
            ("ACCEPTED", []),
            ("UNCHANGED", ["row-twice"]),
            ("ERROR", ["rows-differ"]),
            ("ERROR", ["rows-differ"]),
        ]
    ask = "query($id: ID!) { node(id: $id) { ... on Model { title contributions { amount } } } }"
    assert (await who.ask(ask, id=registered))["node"]["contributions"] == [{"amount": "100"}]
    assert (await who.ask(ask, id=draft))["node"]["title"] == "Ngõ xóm sạch đẹp"


async def test_exported_list_that_is_old_keeps_newer_titles(graphql: GraphQL) -> None:
    office = await owned(graphql)
    who, owner = office.officer, await office.organisation()
    draft = await office.draft(owner, place="Tổ 5")
    started = await who.ask(
        EXPORT, k=f"old {draft}", i={"filter": {"unit": WARD, "owner": owner}, "format": "CSV"}
    )
    exported = (await fetched(who, (await ended(who, started["startExport"]["id"]))["result"])).content
    await Person(graphql, Role.OFFICER, name="Bình").does(
        "reviseModel", model=draft, title="Tên mới", on="2019-02-02"
    )
    data = exported.replace("Tổ 5".encode(), b"")
    told = await rows(who, (await done(who, data, check=False))["id"])
    assert [(row["fate"], [p["code"] for p in row["problems"]]) for row in told] == [
        ("WARNING", ["changed-meanwhile"])
    ]
    ask = "query($id: ID!) { node(id: $id) { ... on Model { title place } } }"
    assert (await who.ask(ask, id=draft))["node"] == {"title": "Tên mới", "place": ""}


async def test_row_joins_a_programme_by_name_and_moves_to_another(graphql: GraphQL) -> None:
    office = await owned(graphql)
    who = office.officer
    asked = (
        "query($id: ID!) { node(id: $id) { ... on Programme { name } ... on Model { programme { id } } } }"
    )
    first, second = [await started(office, CITY, 2019, 2019) for _ in range(2)]
    name = (await who.ask(asked, id=first))["node"]["name"]
    headings = (*HEADINGS, "Ngày lập", "Chương trình")
    row = (OWNER, "Góc thư viện xóm", "Kinh tế", "Tập thể", "05/03/2019")
    data = csv(headings, (*row, name.upper()), (*row[:1], "Tủ sách đình làng", *row[2:], "Không có"))
    imported = await done(who, data, "chương trình.csv", check=False)
    assert imported["counts"] == {"accepted": 1, "warning": 0, "unchanged": 0, "error": 1}
    (good, bad) = await rows(who, imported["id"])
    assert [(p["cell"], p["code"]) for p in bad["problems"]] == [("F3", "programme-not-found")]
    assert (await who.ask(asked, id=good["model"]))["node"] == {"programme": {"id": first}}

    change = csv(("Mã mô hình", *headings), (good["model"], *row, second))
    moved = await done(who, change, "chuyển.csv", check=False)
    assert moved["counts"]["accepted"] == 1
    assert (await who.ask(asked, id=good["model"]))["node"] == {"programme": {"id": second}}


async def test_exported_list_is_unchanged_by_its_import(graphql: GraphQL) -> None:
    office = await owned(graphql)
    who = office.officer
    given = await office.draft(await office.organisation())
    await Office(graphql, PROVINCE).officer.tries("handOver", record=given)
    await done(who, listed("=cmd|calc", "+84 đường dây nóng", "'nháy đơn", "-5 rác"), "b.csv", check=False)
    before = await counts(graphql)
    for format_, name in (("XLSX", "c.xlsx"), ("CSV", "c.csv")):
        started = await who.ask(
            EXPORT,
            k=f"export {name} {id(before)}",
            i={"filter": {"unit": WARD}, "format": format_},
        )
        exported = await ended(who, started["startExport"]["id"])
        assert (exported["state"], exported["done"]) == ("DONE", exported["total"]), exported
        content = (await fetched(who, exported["result"])).content
        if format_ == "CSV":
            assert b"'+84" in content
            assert b",+84" not in content
        back = await done(who, content, name, check=False)
        assert back["state"] == "DONE", back
        expected = {"accepted": 0, "warning": 0, "unchanged": exported["done"], "error": 0}
        assert back["counts"] == expected, await rows(who, back["id"], "ERROR")
    assert await counts(graphql) == before
    # The ward still reads a model that it has handed over. Only a row that changes the model is an error.
    line = (given, "Hội Phụ nữ phường", "Tên khác", "Kinh tế", "Tập thể")
    job = await done(who, csv(("Mã mô hình", *HEADINGS), line), "d.csv", check=False)
    (told,) = await rows(who, job["id"])
    assert (told["fate"], [p["code"] for p in told["problems"]]) == ("ERROR", ["handed-over"])


async def test_export_shows_corrected_values_before_and_after(graphql: GraphQL, tmp_path: Path) -> None:
    office = await owned(graphql)
    who, owner = office.officer, await office.organisation()
    model = await office.registered(owner)
    await who.does("recordContribution", model=model, kind="LAND_M2", amount="11553", on="2019-03-05")
    asked = "query($id: ID!) { node(id: $id) { ... on Model { contributions { version } } } }"
    (given,) = (await who.ask(asked, id=model))["node"]["contributions"]
    slip = {"model": model, "contribution": given["version"], "amount": "1155.3", "reason": "Sót dấu phẩy"}
    asked_for = await who.does("correctContribution", **slip, document="BB 12/BB-UBND")
    await Person(graphql, Role.LEADER).does("approveCorrection", correction=asked_for)
    waiting = await who.does("correctModel", model=model, field="VHXH", reason="Ghi nhầm")
    only = {"filter": {"unit": WARD, "owner": owner}}
    shown = {}
    for name, person, wanted in (
        ("book", who, only),
        ("list", who, {**only, "format": "CSV", "corrections": True}),
        ("seen", office.reporter, {**only, "format": "CSV", "corrections": True}),
    ):
        started = await person.ask(EXPORT, k=f"export {name} {model}", i=wanted)
        job = await ended(person, started["startExport"]["id"])
        shown[name] = (await fetched(person, job["result"])).content
    (tmp_path / "book.xlsx").write_bytes(shown["book"])
    models, corrections = load_workbook(tmp_path / "book.xlsx").worksheets
    assert (models.title, corrections.title, models.max_row) == ("Mô hình", "Đính chính", 2)
    headings, row = corrections.iter_rows(values_only=True)
    cells: dict[Any, Any] = dict(zip(headings, row, strict=True))
    today = cells.pop("Có hiệu lực ngày").strftime("%d/%m/%Y")
    assert cells == {
        "Mã mô hình": model,
        "Tên mô hình": "Ngõ xóm sạch đẹp",
        "Dữ kiện": "Một lần ghi nhận nguồn lực",
        "Mục được đính chính": "Số lượng nguồn lực",
        "Giá trị trước": 11553,
        "Giá trị sau": 1155.3,
        "Lý do đính chính": "Sót dấu phẩy",
        "Văn bản căn cứ": "BB 12/BB-UBND",
        "Người đề nghị": f"officer@{CITY}",
        "Người duyệt": f"leader@{CITY}",
        "Mã đính chính": asked_for,
    }
    listed_ = list(reader(shown["list"].decode("utf-8-sig").splitlines()))
    assert listed_[0] == list(headings)
    assert listed_[1][4:9] == ["11.553", "1.155,3", today, "Sót dấu phẩy", "BB 12/BB-UBND"]
    assert waiting not in shown["list"].decode()
    # A reporter sees the values, and neither the reason nor the persons.
    (_, seen) = reader(shown["seen"].decode("utf-8-sig").splitlines())
    assert seen[4:] == ["11.553", "1.155,3", today, "", "BB 12/BB-UBND", "", "", asked_for]
    back = await done(who, shown["book"], "sổ.xlsx", check=False)
    assert back["counts"] == {"accepted": 0, "warning": 0, "unchanged": 1, "error": 0}


async def test_row_with_a_model_revises_a_draft_and_records_new_contributions(graphql: GraphQL) -> None:
    office = await owned(graphql)
    owner = await office.organisation()
    draft, registered = await office.draft(owner), await office.registered(owner)
    headings = ("Mã mô hình", *HEADINGS, "Địa điểm", "Hiến đất (m²)", "Kết quả tính đến ngày")
    line = ("Hội Phụ nữ phường", "Ngõ xóm sạch đẹp", "Kinh tế", "Tập thể")
    data = csv(
        headings,
        (draft, *line, "Tổ 5", "", ""),
        (registered, *line, "", "1.155,3", "30/06/2019"),
        (await office.registered(owner), *line, "Tổ 9", "", ""),
        ("model_" + "0" * 24, *line, "", "", ""),
    )
    told = await rows(office.officer, (await done(office.officer, data, check=False))["id"])
    assert [row["fate"] for row in told] == ["ACCEPTED", "ACCEPTED", "ERROR", "ERROR"]
    assert [[p["code"] for p in row["problems"]] for row in told[2:]] == [
        ["wrong-state"],
        ["model-not-found"],
    ]
    ask = "query($id: ID!) { node(id: $id) { ... on Model { place contributions { kind amount on } } } }"
    assert (await office.officer.ask(ask, id=draft))["node"]["place"] == "Tổ 5"
    given = (await office.officer.ask(ask, id=registered))["node"]["contributions"]
    assert given == [{"kind": "LAND_M2", "amount": "1155.3", "on": "2019-06-30"}]

    # Results of a past year come with the registration, and count from its acceptance on.
    past = csv(
        (*HEADINGS, "Ngày lập", "Ngày công"), (OWNER, "Đường hoa năm cũ", *line[2:], "05/03/2019", "08")
    )
    (row,) = await rows(
        office.officer,
        (await done(office.officer, past, check=False, submit=True, resultsOn="2019-12-31"))["id"],
    )
    late = await office.appraiser.tries("acceptModel", model=row["model"], on="2020-01-02")
    assert late["code"] == "result-before-registration"
    await office.appraiser.does("acceptModel", model=row["model"], on="2019-03-06")
    given = (await office.officer.ask(ask, id=row["model"]))["node"]["contributions"]
    assert given == [{"kind": "WORK_DAY", "amount": "8", "on": "2019-12-31"}]


@pytest.mark.parametrize(
    "what", ["merged cells", "half of a workbook", "a billion laughs", "a zip bomb in a cell"]
)
async def test_malformed_file_leaves_nothing_but_the_reason(graphql: GraphQL, what: str) -> None:
    office = await owned(graphql)
    (name, data, code) = next(row[1:] for row in malformed.files() if row[0] == what)
    before = await counts(graphql)
    failed = await done(office.officer, data, name, check=False)
    assert (failed["state"], failed["problemCode"], failed["done"], failed["result"]) == (
        "FAILED",
        code,
        0,
        None,
    )
    assert failed["problemVi"]
    assert await rows(office.officer, failed["id"]) == []
    assert await counts(graphql) == before


async def test_progress_is_sent_until_the_job_ends(graphql: GraphQL) -> None:
    office = await owned(graphql)
    sent = await upload(office.officer, listed(*(f"Mô hình số {n}" for n in range(600))), "d.csv")
    started = await office.officer.ask(START, k=sent.json()["file"], i={"file": sent.json()["file"]})
    query = f'subscription {{ jobProgress(job: "{started["startImport"]["id"]}") {{ state done total }} }}'
    headers = {"Authorization": f"Bearer {office.officer.token}", "accept": "text/event-stream"}
    told = []
    async with (
        asyncio.timeout(DEADLINE),
        graphql.http.stream("POST", graphql.url, json={"query": query}, headers=headers) as stream,
    ):
        async for line in stream.aiter_lines():
            if line.startswith("data: {"):
                answer = json.loads(line.removeprefix("data: "))
                assert "errors" not in answer, answer
                told.append(answer["data"]["jobProgress"])
    assert told[-1] == {"state": "DONE", "done": 600, "total": 600}


async def test_file_is_private_and_sent_by_officers_of_the_unit_only(graphql: GraphQL) -> None:
    office = await owned(graphql)
    sent = (await upload(office.officer, listed("a"), "e.csv")).json()["file"]
    other = Person(graphql, Role.OFFICER, CITY, name="Bình")
    assert (await fetched(other, sent)).status_code == 404
    assert (await fetched(office.officer, sent)).content == listed("a")
    refused = await other.ask(START, k=f"steal {sent}", i={"file": sent})
    assert refused["startImport"]["code"] == "file-not-found"
    assert (await upload(office.reporter, listed("a"), "e.csv")).status_code == 403
    assert (await upload(office.officer, listed("a"), "e.csv", unit="u437")).status_code == 403
    assert (
        await upload(Person(graphql, Role.OFFICER, CITY), b"x" * (21 << 20), "big.csv")
    ).status_code == 413
    nameless = await upload(office.officer, listed("a"), "")
    assert (nameless.status_code, nameless.json()["errors"][0]["extensions"]["code"]) == (
        400,
        "request-invalid",
    )


async def test_form_is_refused_and_a_checked_file_can_be_let_go(graphql: GraphQL) -> None:
    office = await owned(graphql)
    who = Person(graphql, Role.OFFICER, name="Chi")
    url = graphql.url.removesuffix("/graphql") + "/files"
    headers = {"Authorization": f"Bearer {who.token}"}
    params = {"unit": CITY, "name": "a.csv"}
    form = await graphql.http.post(url, params=params, files={"file": ("a.csv", b"x")}, headers=headers)
    assert (form.status_code, form.json()["errors"][0]["extensions"]["code"]) == (415, "content-type")
    file = (await upload(who, listed("a"), "a.csv")).json()["file"]
    assert (
        await graphql.http.delete(
            f"{url}/{file}", headers={"Authorization": f"Bearer {office.officer.token}"}
        )
    ).status_code == 404
    assert (await graphql.http.delete(f"{url}/{file}", headers=headers)).status_code == 204
    assert (await fetched(who, file)).status_code == 404


async def test_row_says_what_was_hidden_or_lost(graphql: GraphQL) -> None:
    office = await owned(graphql)

    def write(_: Any, sheet: Any) -> None:
        sheet.write_row(0, 4, ("Ghi chú", "Kết quả dự kiến", "Ngày lập"))
        sheet.write_row(1, 0, (OWNER,))
        sheet.write_row(1, 4, ("gấp", "Trồng hoa\r\nDọn ngõ", "05/03/2019"))
        sheet.set_row(1, None, None, {"hidden": True})

    job = await done(office.officer, malformed.workbook(write), "h.xlsx", check=False)
    (row,) = await rows(office.officer, job["id"])
    assert (row["fate"], [(p["cell"], p["code"]) for p in row["problems"]]) == (
        "WARNING",
        [("E2", "column-unknown"), ("", "row-hidden")],
    )
    ask = "query($id: ID!) { node(id: $id) { ... on Model { target } } }"
    assert (await office.officer.ask(ask, id=row["model"]))["node"] == {"target": "Trồng hoa\nDọn ngõ"}


async def test_template_needs_no_token(graphql: GraphQL) -> None:
    base = graphql.url.removesuffix("/graphql")
    reply = await graphql.http.get(f"{base}/files/template.xlsx")
    assert reply.status_code == 200
    assert reply.content.startswith(b"PK")
    assert "mau-dang-ky-mo-hinh.xlsx" in reply.headers["content-disposition"]
    unnamed = await graphql.http.post(f"{base}/files?unit={CITY}&name=x", content=b"x")
    assert unnamed.status_code == 401


async def test_ended_job_cannot_be_cancelled(graphql: GraphQL) -> None:
    office = await owned(graphql)
    checked = await done(office.officer, listed("a"), "f.csv")
    refused = await office.officer.tries("cancelJob", job=checked["id"])
    assert refused["code"] == "wrong-state"
    await graphql.settled()


async def test_file_is_sent_to_the_service_that_its_sender_names(graphql: GraphQL) -> None:
    office = await owned(graphql)
    base = graphql.url.removesuffix("/graphql")
    headers = {"Authorization": f"Bearer {office.officer.token}"}
    for service, status in (("registration", 201), ("nobody", 400)):
        params = {"unit": CITY, "name": "g.csv", "service": service}
        reply = await graphql.http.post(f"{base}/files", params=params, content=listed("a"), headers=headers)
        assert reply.status_code == status, reply.text
        if status == 201:
            assert reply.json()["file"].startswith("registration-file_")
    unknown = await graphql.http.get(f"{base}/files/template.xlsx", params={"sheet": "nothing"})
    assert (unknown.status_code, unknown.json()["errors"][0]["extensions"]["code"]) == (
        404,
        "sheet-not-found",
    )
    assert (await fetched(office.officer, f"nobody-file_{'0' * 24}")).status_code == 404
