"""The columns of a list of models on a sheet, and how each of their cells is read."""

from datetime import date
from functools import partial
from typing import Any

from services.kernel.messages import Refused
from services.kernel.sheets import values
from services.kernel.sheets.columns import Column, Layout
from services.kernel.text import folded
from services.movement.words import Field, SubjectKind, field_named
from services.registration.models.messages import MODEL
from services.registration.organisations.messages import ORGANISATION
from services.registration.programmes.messages import PROGRAMME

_KINDS = {folded(name): kind for kind in SubjectKind for name in (kind.value, kind.vi)}


def _title(cell: Any) -> str:
    """One line: a long title is often broken into the lines of its cell."""
    return " ".join(values.text(cell).split())


def _field(cell: Any) -> Field:
    return field_named(values.text(cell))


def _subject_kind(cell: Any) -> SubjectKind:
    found = _KINDS.get(folded(str(cell)).replace(",", ""))
    if found is None:
        raise Refused(
            "subject-kind-unknown",
            "subject_kind",
            vi=f"“{str(cell)[:40]}” không phải “{'” hay “'.join(kind.vi for kind in SubjectKind)}”.",
            en=f"“{str(cell)[:40]}” is neither {' nor '.join(SubjectKind)}.",
        )
    return found


COLUMNS = (
    Column(
        "model",
        "Mã mô hình",
        "Chỉ có khi tệp được xuất từ hệ thống: dòng ấy sửa bản nháp đã có. Để trống khi đăng ký mới.",
        28,
        ("mã", "id", "model"),
    ),
    Column(
        "owner",
        "Tổ chức chủ trì",
        f"Tên tổ chức đã đăng ký trong đơn vị, có dấu hay không đều được; hoặc mã tổ chức ({ORGANISATION.prefix}…).",
        36,
        ("đơn vị chủ trì", "đơn vị thực hiện", "chủ trì", "tổ chức", "tên đơn vị", "owner"),
        required=True,
        example="Hội LHPN phường Đậu Liêu",
    ),
    Column(
        "title",
        "Tên mô hình",
        "Tối đa 300 ký tự; nêu rõ cách làm, không chỉ “Dân vận khéo trong…”.",
        60,
        ("tên", "mô hình", "nội dung mô hình", "tên mô hình, điển hình", "title"),
        required=True,
        read=_title,
        example="“5 không, 3 sạch” ở tổ dân phố 1",
    ),
    Column(
        "field",
        "Lĩnh vực",
        "Chọn trong danh sách; các cách viết quen dùng như “QP-AN” cũng được.",
        26,
        ("thuộc lĩnh vực", "field"),
        required=True,
        choices=tuple(field.vi for field in Field),
        read=_field,
        example="Văn hóa - xã hội",
    ),
    Column(
        "subject_kind",
        "Tập thể, cá nhân",
        "Chọn trong danh sách.",
        18,
        ("loại hình", "đối tượng", "tập thể/cá nhân", "tập thể hay cá nhân", "subject kind"),
        required=True,
        choices=tuple(kind.vi for kind in SubjectKind),
        read=_subject_kind,
        inputs=("subjectKind",),
        example="Tập thể",
    ),
    Column(
        "place",
        "Địa điểm",
        "Nơi thực hiện: thôn, tổ dân phố, tuyến đường…",
        32,
        ("nơi thực hiện", "place"),
        example="Tổ dân phố 1",
    ),
    Column(
        "summary",
        "Tóm tắt cách làm",
        "Tối đa 4000 ký tự.",
        60,
        ("tóm tắt", "nội dung", "cách làm", "summary"),
        example="Hội viên đến từng hộ hướng dẫn phân loại rác, mỗi tuần một buổi dọn ngõ.",
    ),
    Column(
        "target",
        "Kết quả dự kiến",
        "Chỉ tiêu cụ thể, có con số nếu được.",
        40,
        ("chỉ tiêu", "mục tiêu", "kết quả, chỉ tiêu dự kiến", "target"),
        example="48/48 hộ phân loại rác tại nguồn",
    ),
    Column(
        "year",
        "Năm",
        "Năm đăng ký; bỏ trống là năm của ngày lập.",
        8,
        ("năm đăng ký", "year"),
        read=partial(values.whole, field="year"),
        example=2026,
    ),
    Column(
        "programme",
        "Chương trình",
        f"Tên hoặc mã ({PROGRAMME.prefix}…) của phong trào, chương trình, nếu có; "
        "năm phải thuộc thời kỳ của chương trình.",
        28,
        ("mã chương trình", "phong trào", "phong trào, chương trình", "programme"),
    ),
    Column(
        "on",
        "Ngày lập",
        "Dạng ngày/tháng/năm, ví dụ 05/03/2026; bỏ trống là hôm nay.",
        14,
        ("ngày", "ngày đăng ký", "ngày lập bản nháp", "on"),
        read=partial(values.day, field="on"),
        example=date(2026, 3, 5),
    ),
    Column(
        "land_m2",
        "Hiến đất (m²)",
        "Lũy kế của mô hình, ví dụ 1.155,3: phần tăng thêm được ghi nhận; khi đăng ký mới thì ghi nhận lúc chấp nhận.",
        16,
        ("hiến đất", "diện tích đất hiến", "đất (m2)", "land"),
        read=partial(values.number, field="land_m2"),
        inputs=("land_m2",),
    ),
    Column(
        "work_days",
        "Ngày công",
        "Lũy kế của mô hình.",
        14,
        ("số ngày công", "work days"),
        read=partial(values.number, field="work_days"),
        inputs=("work_day",),
    ),
    Column(
        "money",
        "Kinh phí (đồng)",
        "Lũy kế của mô hình; “72,9 triệu” cũng được.",
        20,
        ("kinh phí", "giá trị", "số tiền", "money"),
        read=partial(values.number, field="money"),
    ),
    Column(
        "results_on",
        "Kết quả tính đến ngày",
        "Ngày của số đất, ngày công, kinh phí trong dòng, thường là ngày cuối kỳ, ví dụ 30/06/2026.",
        14,
        ("tính đến ngày", "ngày có kết quả", "ngày kết quả", "results on"),
        read=partial(values.day, field="results_on"),
        inputs=("statedOn",),
        example=date(2026, 6, 30),
    ),
    Column(
        "version",
        "Phiên bản",
        "Hệ thống ghi khi xuất tệp, xin đừng sửa: nhờ đó ô nào người khác đã sửa sau khi xuất thì không bị ghi đè.",
        10,
        ("version",),
        read=partial(values.whole, field="version"),
    ),
)
LAYOUT = Layout(
    title="Mô hình",
    noun=MODEL,
    columns=COLUMNS,
    recognised_by=frozenset({"title", "owner"}),
    named_by="title",
    identified_by="model",
    versioned_by="version",
)
