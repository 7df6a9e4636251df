"""Plain counts and sums, and the shares of contacts and deliveries."""

from __future__ import annotations

from ledger.metrics.counts import channel_switching, contacts, money_volume, punctuality, volume, volume_sum


def test_a_volume_names_its_measure() -> None:
    figure = volume("customers", 23_570)
    assert (figure.value, figure.n, figure.by) == (23_570, 23_570, {"measure": "customers"})


def test_a_sum_of_money_is_in_its_currency() -> None:
    figure = money_volume("payments", 6_454_940_500, 4_161, "BRL")
    assert (figure.value, figure.n, figure.unit) == (645_494.05, 4_161, "BRL")
    assert figure.by == {"measure": "payments", "currency": "BRL"}


def test_a_sum_keeps_the_unit_it_is_given() -> None:
    figure = volume_sum("quantity", 167_881, 69_659, unit="items")
    assert (figure.statistic, figure.value, figure.unit) == ("sum", 167_881, "items")


def test_contacts_of_unknown_direction_are_told_as_such() -> None:
    figures = contacts({"inbound": 5, "": 2})
    assert [(figure.by["direction"], figure.value, figure.n) for figure in figures] == [
        ("inbound", 5, 7),
        ("outbound", 0, 7),
        ("undirected", 2, 7),
    ]


def test_switching_is_the_share_of_pairs_that_change_the_channel() -> None:
    (figure,) = channel_switching(switched=1, same=3)
    assert (figure.metric, figure.value, figure.n) == ("channel_switching", 0.25, 4)


def test_punctuality_is_the_share_that_came_late() -> None:
    (figure,) = punctuality(late=335, on_time=3_563)
    assert (figure.n, round(figure.value or 0, 6)) == (3_898, 0.085942)


def test_nothing_counted_has_no_share() -> None:
    for figure in (*channel_switching(0, 0), *punctuality(0, 0)):
        assert (figure.value, figure.n, figure.low) == (None, 0, None)
    assert [figure.value for figure in contacts({})] == [0, 0, 0]
