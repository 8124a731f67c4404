"""The columns of a list of models on a sheet: one table for the template, the import and the export."""

from dataclasses import dataclass

from services.kernel.text import folded
from services.movement.words import Field, SubjectKind

SHEET = "Mô hình"


@dataclass(frozen=True, slots=True)
class Column:
    """`note`: what stands beside the heading in the template. `choices`: its drop-down list. `width`: in characters."""

    key: str
    heading: str
    note: str
    width: int
    aliases: tuple[str, ...] = ()
    required: bool = False
    choices: tuple[str, ...] = ()


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
        "Tên tổ chức đã đăng ký trong đơn vị, có dấu hay không đều được; hoặc mã tổ chức (o_…).",
        36,
        ("đơn vị chủ trì", "đơn vị thực hiện", "chủ trì", "tổ chức", "tên đơn vị", "owner"),
        required=True,
    ),
    Column(
        "title",
        "Tên mô hình",
        "Tối đa 300 ký tự; nêu rõ cách làm, không chỉ “Dân vận khéo trong…”.",
        60,
        ("tên", "mô hình", "nội dung mô hình", "tên mô hình, điển hình", "title"),
        required=True,
    ),
    Column(
        "field",
        "Lĩnh vực",
        "Chọn trong danh sách; các cách viết quen dùng như “QP-AN” cũng được.",
        26,
        ("thuộc lĩnh vực", "field"),
        required=True,
        choices=tuple(field.vi for field in Field),
    ),
    Column(
        "subject_kind",
        "Tập thể, cá nhân",
        "Chọn trong danh sách.",
        18,
        ("loại hình", "đối tượng", "tập thể/cá nhân", "tập thể hay cá nhân", "subject kind"),
        required=True,
        choices=tuple(kind.vi for kind in SubjectKind),
    ),
    Column(
        "place", "Địa điểm", "Nơi thực hiện: thôn, tổ dân phố, tuyến đường…", 32, ("nơi thực hiện", "place")
    ),
    Column(
        "summary",
        "Tóm tắt cách làm",
        "Tối đa 4000 ký tự.",
        60,
        ("tóm tắt", "nội dung", "cách làm", "summary"),
    ),
    Column(
        "target",
        "Kết quả dự kiến",
        "Chỉ tiêu cụ thể, có con số nếu được.",
        40,
        ("chỉ tiêu", "mục tiêu", "kết quả, chỉ tiêu dự kiến", "target"),
    ),
    Column("year", "Năm", "Năm đăng ký; bỏ trống là năm của ngày lập.", 8, ("năm đăng ký", "year")),
    Column(
        "programme",
        "Chương trình",
        "Tên hoặc mã (p_…) của phong trào, chương trình, nếu có; năm phải thuộc thời kỳ của chương trình.",
        28,
        ("mã chương trình", "phong trào", "phong trào, chương trình", "programme"),
    ),
    Column(
        "on",
        "Ngày lập",
        "Dạng ngày/tháng/năm, ví dụ 05/03/2026; bỏ trống là hôm nay.",
        14,
        ("ngày", "ngày đăng ký", "ngày lập bản nháp", "on"),
    ),
    Column(
        "land_m2",
        "Hiến đất (m²)",
        "Lũy kế đến nay của mô hình đã đăng ký, ví dụ 1.155,3: phần tăng thêm được ghi nhận vào ngày nhập.",
        16,
        ("hiến đất", "diện tích đất hiến", "đất (m2)", "land"),
    ),
    Column(
        "work_days",
        "Ngày công",
        "Lũy kế đến nay của mô hình đã đăng ký.",
        14,
        ("số ngày công", "work days"),
    ),
    Column(
        "money",
        "Kinh phí (đồng)",
        "Lũy kế đến nay của mô hình đã đăng ký; “72,9 triệu” cũng được.",
        20,
        ("kinh phí", "giá trị", "số tiền", "money"),
    ),
)
BY_KEY = {column.key: column for column in COLUMNS}


def _bare(text: str) -> str:
    return "".join(c for c in folded(text) if c.isalnum())


_NAMED = {_bare(name): column for column in COLUMNS for name in (column.key, column.heading, *column.aliases)}


def column_named(heading: str) -> Column | None:
    """By heading or alias; marks, case, blanks and punctuation do not matter, nor a star that says it is required."""
    return _NAMED.get(_bare(heading))
