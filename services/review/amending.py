"""The rules by which decisions are corrected, reversed or revoked, in the present year and in earlier years.

A correction mends a decision that was never right. A revocation ends, from its day on, a decision that was right when
it was made.
"""

from datetime import date
from typing import Any

import msgspec

from services.kernel.act import Act
from services.kernel.inputs import happened, not_before
from services.kernel.messages import Refused
from services.kernel.units import DatedUnit
from services.movement.homes import spell_on
from services.review.domain import (
    Review,
    about_review,
    require_begun,
    require_given,
    steps_of,
)
from services.review.messages import Closing, Decision, ReviewRevoked, ReviewStep, Verdict

NOMINATION = ("nominated_on", "nominated_version", "nominated_level")
REVOCATION = ("revoked_on", "revoked_version")
NOMINATION_REVOCATION = ("nomination_revoked_on", "nomination_revoked_version")


def with_verdict(
    review: Review,
    decision: Decision,
    *,
    unit: DatedUnit,
    verdict: Verdict | None,
    on: date | None,
    act: Act,
) -> Decision:
    """The decision with this verdict and day. None leaves a value as it is. Refused if the recognition was revoked.

    `unit`: the unit to which the review belonged on the day of the verdict.
    """
    require_standing(decision)
    require_given(verdict)
    if on is not None:
        happened(on, act.today)
        not_before(on, review.opened_for(decision.year))
        spell_on(review, unit, on, "review", "on")
        if decision.nominated_on:
            not_before(decision.nominated_on, on)
    mended = msgspec.structs.replace(
        decision, verdict=verdict or decision.verdict, decided_on=on or decision.decided_on
    )
    if mended.verdict is Verdict.RECOGNISED:
        require_begun(review, mended.verdict, mended.decided_on)
        return mended
    return _without(mended, *NOMINATION, *NOMINATION_REVOCATION)


def revoke(review: Review, decision: Decision, step: ReviewStep, *, act: Act) -> Decision:
    """The decision after a revocation of its recognition, or of its nomination, on the day of the act."""
    nominated = decision.nominated_on and not decision.nomination_revoked_on
    _require_revocable(review, decision.verdict is Verdict.RECOGNISED, step is ReviewStep.REVOKE or nominated)
    happened(act.on, act.today)
    not_before(act.on, decision.nominated_on if nominated else decision.decided_on)
    entry = (act.on, review.next_version)
    given: dict[str, Any] = dict(zip(NOMINATION_REVOCATION, entry, strict=True)) if nominated else {}
    if step is ReviewStep.REVOKE:
        given |= {"verdict": Verdict.REVOKED, **dict(zip(REVOCATION, entry, strict=True))}
    return msgspec.structs.replace(decision, **given)


def without_revocation(decision: Decision) -> Decision:
    """The decision without its latest revocation: the recognition or the nomination holds again."""
    if decision.verdict is Verdict.REVOKED:
        together = decision.nomination_revoked_version == decision.revoked_version
        restored = msgspec.structs.replace(decision, verdict=Verdict.RECOGNISED)
        return _without(restored, *REVOCATION, *(NOMINATION_REVOCATION if together else ()))
    if decision.nomination_revoked_on:
        return _without(decision, *NOMINATION_REVOCATION)
    raise Refused(
        "not-revoked",
        "review",
        vi="Kết quả này chưa bị thu hồi.",
        en="This decision has not been revoked.",
    )


def announce_revocation(
    before: Decision, after: Decision, review: Review, *, act: Act, **proposal: Any
) -> ReviewRevoked:
    """`review`: the version that recorded the revocation. `proposal`: the fields about the proposal and the persons."""
    own = {"year": after.year, "level": after.decided_level or after.level}
    return ReviewRevoked(
        **about_review(review, act) | own,
        revoked=tuple(one for one in steps_of(after) if one not in steps_of(before)),
        verdict=after.verdict,
        decided_on=after.decided_on,
        nominated_on=after.nominated_on,
        **proposal,
    )


def _without(decision: Decision, *names: str) -> Decision:
    return msgspec.structs.replace(decision, **dict.fromkeys(names))


def require_standing(decision: Decision) -> None:
    """Refused if the recognition was revoked."""
    if decision.verdict is Verdict.REVOKED:
        raise Refused(
            "verdict-revoked",
            "review",
            vi=f"Công nhận này đã bị thu hồi ngày {decision.revoked_on:%d/%m/%Y}; hãy hủy bỏ việc thu hồi trước.",
            en=f"The recognition was revoked on {decision.revoked_on}: reverse the revocation first.",
        )


def _require_revocable(review: Review, recognised: bool, stands: object) -> None:
    if not recognised or not stands:
        raise Refused(
            "nothing-to-revoke",
            "review",
            vi="Công nhận hoặc đề nghị cần thu hồi không có hoặc không còn hiệu lực.",
            en="The recognition or nomination to revoke does not exist or is no longer in force.",
        )
    if review.closed_because in (Closing.WITHDRAWN, Closing.RECORD_LOST):
        raise Refused(
            "verdict-not-counted",
            "review",
            vi=f"Kết quả không còn được tính từ ngày {review.closed_on:%d/%m/%Y}: mô hình đã rút hoặc không còn.",
            en=f"The verdict no longer counts since {review.closed_on}: its model was withdrawn or lost.",
        )
