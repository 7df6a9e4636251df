"""First contact resolution: the same case is solved by one rule and not by another."""

from __future__ import annotations

from ledger.metrics.definitions.first_contact import FIRST_CONTACT_RESOLUTION
from ledger.metrics.figure import Figure
from ledger.metrics.first_contact import WITHIN, Case, Contact, Contacts, first_contact_resolution

DAY = 86_400_000_000
NOW = 100 * DAY


def case(resolved: int | None = 10 * DAY, *, reopened: int = 0, reassigned: int = 0, reason: str = "billing") -> Case:
    return Case(1, "k", resolved, reopened, reassigned, reason)


def solved(*cases: Case, again: tuple[Contact, ...] = (), within: int = 7, of: int = 1) -> dict[str, Figure]:
    figures = first_contact_resolution(cases, Contacts({of: again}, within * DAY), NOW)
    return {str(figure.by["rule"]): figure for figure in figures}


def shares(*cases: Case, again: tuple[Contact, ...] = (), of: int = 1) -> list[float | None]:
    return [figure.value for figure in solved(*cases, again=again, of=of).values()]


def contact(day: float, *, case_id: str = "", reason: str = "") -> Contact:
    return Contact(int(day * DAY), case_id, reason)


def test_a_case_that_ended_the_matter_is_solved_by_every_rule() -> None:
    assert shares(case()) == [1, 1, 1, 1]


def test_a_reopened_case_fails_the_first_two_and_a_reassigned_one_the_second() -> None:
    assert shares(case(reopened=1)) == [0, 0, 1, 1]
    assert shares(case(reassigned=1)) == [1, 0, 1, 1]


def test_a_contact_for_another_reason_fails_the_third_and_for_the_same_the_fourth_too() -> None:
    assert shares(case(), again=(contact(11, reason="delivery"),)) == [1, 1, 0, 1]
    assert shares(case(), again=(contact(11),)) == [1, 1, 0, 1]
    assert shares(case(), again=(contact(11, reason="delivery"), contact(12, reason="billing"))) == [1, 1, 0, 0]


def test_a_contact_counts_after_the_resolution_and_up_to_the_end_of_the_window() -> None:
    for day, again in ((9, 1), (10, 1), (10.01, 0), (17, 0), (17.01, 1)):
        assert solved(case(), again=(contact(day),))["no_repeat_contact"].value == again


def test_a_further_contact_is_looked_for_as_long_as_the_definition_says() -> None:
    assert FIRST_CONTACT_RESOLUTION.window == f"{WITHIN // DAY}d"


def test_a_contact_in_the_case_itself_or_of_another_customer_is_no_further_one() -> None:
    assert shares(case(), again=(contact(11, case_id="k"),)) == [1, 1, 1, 1]
    assert shares(case(), again=(contact(11, case_id="other"),)) == [1, 1, 0, 1]
    assert shares(case(), again=(contact(11),), of=2) == [1, 1, 1, 1]


def test_a_case_resolved_less_than_the_window_ago_is_too_young_for_the_last_two() -> None:
    told = solved(case(93 * DAY), case(93 * DAY + 1))
    assert [figure.n for figure in told.values()] == [2, 2, 1, 1]
    assert told["no_repeat_contact"].excluded == {"immature": 1}
    assert [figure.n for figure in solved(case(93 * DAY), within=8).values()] == [1, 1, 0, 0]


def test_without_a_reason_no_other_can_be_the_same() -> None:
    told = solved(case(reason=""), again=(contact(11),))
    assert [figure.value for figure in told.values()] == [1, 1, 0, None]
    assert told["no_repeat_contact_same_reason"].excluded == {"no_reason": 1}


def test_an_unresolved_case_is_left_out_of_every_rule() -> None:
    for figure in solved(case(None)).values():
        assert (figure.value, figure.n, figure.excluded) == (None, 0, {"unresolved": 1})
