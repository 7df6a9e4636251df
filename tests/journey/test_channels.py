"""The channel registry."""

from __future__ import annotations

import pytest

from ledger.errors import InvalidDefinition
from ledger.journey.channels import Channel, ChannelRegistry, default_channels
from ledger.schemas.channels import (
    channels_from_dict,
    channels_from_json,
    channels_from_toml,
    channels_to_dict,
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
def test_a_registry_comes_back_from_its_tables_and_from_json(registry: ChannelRegistry) -> None:
    assert dict(channels_from_dict(channels_to_dict(registry))) == dict(registry)
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
