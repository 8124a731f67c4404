"""Writes the template of a sheet: an empty workbook to fill in, made of the declarations of its columns."""

from datetime import date
from math import ceil
from pathlib import Path
from typing import Any

from services.kernel.sheets.columns import Column, Layout
from services.kernel.sheets.messages import LARGEST_FILE
from services.kernel.sheets.refusals import MOST_ROWS
from services.kernel.sheets.writing import A4, as_text, for_printing

LINE = 16
"""Height of a line of text, in points."""


def write_template(file: Path, layout: Layout) -> None:
    """An empty worksheet with notes and drop-down lists, and one that explains each column by an example."""
    import xlsxwriter  # 8 MB, for the process that writes a workbook

    book = xlsxwriter.Workbook(file)
    head = book.add_format(
        {"bold": True, "text_wrap": True, "valign": "top", "bg_color": "#FBE9C6", "border": 1}
    )
    wrapped = book.add_format({"text_wrap": True, "valign": "top"})
    day = book.add_format({"num_format": "dd/mm/yyyy", "valign": "top"})
    sheet = book.add_worksheet(layout.title)
    for place, column in enumerate(layout.columns):
        is_day = isinstance(column.example, date)
        sheet.set_column(place, place, column.width, day if is_day else wrapped)
        sheet.write_string(0, place, _heading(column), head)
        sheet.write_comment(0, place, column.note, {"x_scale": 2, "author": "Danvan"})
        if column.choices:
            sheet.data_validation(1, place, MOST_ROWS, place, _drop_down(column))
    sheet.set_row(0, 34)
    sheet.freeze_panes(1, 0)
    for_printing(sheet)
    _write_guide(book.add_worksheet("Hướng dẫn"), layout, head, wrapped)
    book.close()


def _drop_down(column: Column) -> dict[str, Any]:
    return {
        "validate": "list",
        "source": list(column.choices),
        "error_type": "warning",
        "error_title": column.heading,
        "error_message": "Hãy chọn trong danh sách.",
    }


def _write_guide(sheet: Any, layout: Layout, head: Any, wrapped: Any) -> None:
    widths = (22, 62, 46)
    for place, width in enumerate(widths):
        sheet.set_column(place, place, width)
    guide = _guide(layout)
    for number, text in enumerate(guide):
        sheet.write_string(number, 0, text)
    start = len(guide) + 1
    sheet.write_row(start, 0, ["Cột", "Cách ghi", "Ví dụ"], head)
    for number, column in enumerate(layout.columns, start + 1):
        cells = [_heading(column), column.note, as_text(column.example)]
        sheet.write_row(number, 0, cells, wrapped)
        # Not every program fits the height of a row to wrapped text.
        lines = max(ceil(len(cell) / width) for cell, width in zip(cells, widths, strict=True))
        sheet.set_row(number, LINE * lines)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    sheet.set_paper(A4)


def _guide(layout: Layout) -> tuple[str, ...]:
    return (
        f"Mỗi dòng của trang “{layout.title}” là một {layout.noun.vi}. Cột có dấu * phải có.",
        "Có thể đổi thứ tự cột, bỏ cột không dùng; tên cột không phân biệt dấu và chữ hoa.",
        "Không trộn ô của nhiều dòng, không ẩn trang, không dùng công thức, không liên kết đến tệp khác. "
        "Dòng và cột bị ẩn vẫn được đọc, có cảnh báo.",
        "Cột có tên lạ không được nhập, có cảnh báo ở từng dòng; tên cột viết nhầm thì cả tệp bị trả lại. "
        "Phía trên dòng tên cột có thể có tiêu đề, kể cả ô trộn.",
        "Số viết như 1.155,3; 2.408; 72,9 triệu; 1 tỷ 200 triệu. Ô có định dạng được đọc như đang hiện: 100%, 005.",
        f"Mỗi tệp tối đa {MOST_ROWS} dòng, {LARGEST_FILE >> 20} MB; nhận .xlsx và CSV bằng UTF-8.",
        "Hãy kiểm tra tệp trước: hệ thống cho biết từng dòng được nhận, cảnh báo hay lỗi ở ô nào; chưa ghi gì.",
        "Sau khi nhập, tệp kết quả ghi lý do ngay cạnh từng dòng: sửa các dòng lỗi rồi nhập lại, "
        "dòng đã nhập được bỏ qua.",
    )


def _heading(column: Column) -> str:
    return column.heading + (" *" if column.required else "")
