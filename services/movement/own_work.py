"""Own work: nobody judges what they registered themselves, or what their own organisation registered."""

from collections.abc import Iterable

from services.kernel.act import Act
from services.kernel.messages import Refused


def not_own_work(
    authors: Iterable[str | None],
    act: Act,
    field: str,
    *,
    vi: str = "Người hoặc tổ chức đăng ký không được thẩm định mô hình của chính mình.",
    en: str = "Who registered a model may not judge it, and neither may their organisation.",
) -> None:
    """Refused if one of the authors counts as the acting person's own. `authors`: persons and organisations.

    `field`: the input field that names the work.
    """
    if not act.own.isdisjoint(authors):
        raise Refused("own-work", field, vi=vi, en=en)
