"""Following contacts: what makes two of them consecutive."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ledger.events.contacts import continues
from ledger.projections.switching import WINDOW, Contact, follow
from tests.journey.histories import event

_texts = st.sampled_from([None, "a", "b"])


@st.composite
def _contacts(draw: st.DrawFn) -> tuple[int, str, str | None, str | None]:
    return draw(st.integers(0, 3)) * WINDOW, draw(st.sampled_from(["web", "phone"])), draw(_texts), draw(_texts)


@given(_contacts(), _contacts())
def test_a_contact_follows_the_latest_unless_it_goes_on_with_it_or_comes_too_late(
    first: tuple[int, str, str | None, str | None], second: tuple[int, str, str | None, str | None]
) -> None:
    latest = Contact()
    one, two = (
        event("interaction.started", at, channel=channel, case_id=case_id, interaction_id=interaction_id)
        for at, channel, case_id, interaction_id in sorted([first, second], key=lambda contact: contact[0])
    )
    assert follow(latest, one, one.channel or "") == ""
    same_case = one.case_id is not None and one.case_id == two.case_id
    follows = not continues(one, two) and (two.at - one.at <= WINDOW or same_case)
    assert follow(latest, two, two.channel or "") == (one.channel if follows else "")
    assert latest == Contact(two.at, two.channel or "", two.case_id, two.interaction_id)
