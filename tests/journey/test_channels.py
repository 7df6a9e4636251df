"""The channel registry."""

from __future__ import annotations

import pytest

from ledger.errors import InvalidDefinition
from ledger.journey.channels import Channel, ChannelRegistry, default_channels
from ledger.schemas.channels import (
    channels_from_json,
    channels_from_toml,
    channels_to_json,
)

TWO = """
[[channels]]
name = "counter"
medium = "face to face"
modality = "physical"
assistance = "assisted"
department = "permits"

[[channels]]
name = "site"
medium = "internet"
modality = "digital"
assistance = "unassisted"
"""


def test_a_registry_is_read_from_toml() -> None:
    registry = channels_from_toml(TWO)
    assert registry["counter"] == Channel("counter", "face to face", "physical", "assisted", "permits")
    assert registry["site"].department is None


@pytest.mark.parametrize("registry", [default_channels(), channels_from_toml(TWO), ChannelRegistry([])])
def test_a_registry_comes_back_from_json(registry: ChannelRegistry) -> None:
    assert dict(channels_from_json(channels_to_json(registry))) == dict(registry)
    assert channels_from_json(channels_to_json(registry)).hash == registry.hash


def test_the_order_of_channels_does_not_change_the_hash() -> None:
    registry = default_channels()
    assert ChannelRegistry(reversed(list(registry.values()))).hash == registry.hash


def test_every_problem_of_a_channels_file_is_told_at_once() -> None:
    broken = TWO.replace('"digital"', '"astral"').replace('medium = "face to face"\n', "colour = 1\n")
    with pytest.raises(InvalidDefinition) as caught:
        channels_from_toml(broken + TWO)
    assert {problem.field for problem in caught.value.problems} == {
        "channels[counter].medium",
        "channels[counter].colour",
        "channels[site].modality",
    }


def test_a_channel_declared_twice_is_refused() -> None:
    with pytest.raises(InvalidDefinition, match="declared twice"):
        channels_from_toml(TWO + TWO)


@pytest.mark.parametrize("text", ["", "{", '{"a":1}', '[{"name":"x"}]'])
def test_a_stored_registry_that_cannot_be_read_says_so(text: str) -> None:
    with pytest.raises(InvalidDefinition, match="cannot be read"):
        channels_from_json(text)


def test_opening_hours_are_part_of_a_channel_and_change_the_hash_only_where_they_are_said() -> None:
    said = channels_from_toml(TWO + 'hours = ["mon-fri 09:00-18:00", "sat 10:00-14:00"]\n')
    assert said["site"].hours == ("mon-fri 09:00-18:00", "sat 10:00-14:00")
    assert said["counter"].hours is None
    assert said.hash != channels_from_toml(TWO).hash
    assert "hours" not in channels_to_json(channels_from_toml(TWO))
    assert dict(channels_from_json(channels_to_json(said))) == dict(said)


def test_a_registry_without_opening_hours_has_the_hash_it_always_had() -> None:
    assert default_channels().hash == "b120dbd489dc540b635fcabf8a5242d096b64375cbf93e7929e1180732fe11be"


def test_every_problem_of_opening_hours_is_told_at_once() -> None:
    wrong = [
        "monday 09:00-18:00",
        "mon 9-18",
        "mon 09:00-25:00",
        "mon 09:60-10:00",
        "fri 22:00-02:00",
        "mon-wed-fri 09:00-10:00",
        "mon- 09:00-10:00",
    ]
    with pytest.raises(InvalidDefinition) as caught:
        channels_from_toml(TWO + f"hours = {wrong}\n")
    assert [problem.field for problem in caught.value.problems] == [
        f"channels[site].hours[{place}]" for place in range(1, len(wrong) + 1)
    ]
    with pytest.raises(InvalidDefinition, match="leave it out"):
        channels_from_toml(TWO + "hours = []\n")
