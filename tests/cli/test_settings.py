"""Where a value comes from: the option, then the variable, then the file."""

from __future__ import annotations

import pytest

from tests.cli.running import Shell


def shown(shell: Shell, *options: str) -> list[str]:
    return [row["event_id"] for row in shell("history", "c-42", *options, "-f", "ndjson").rows]


def test_every_option_has_its_variable(told: Shell) -> None:
    told.variable("LEDGER_HISTORY_CHANNEL", "phone")
    assert shown(told) == ["case-1", "case-2"]
    told.variable("LEDGER_FORMAT", "json")
    assert len(told("history", "c-42").json) == 2


def test_every_option_has_its_key_in_the_file_of_the_folder(told: Shell) -> None:
    told.file("customer-ledger.toml", '[history]\nchannel = "phone"\n')
    assert shown(told) == ["case-1", "case-2"]


def test_the_option_wins_over_the_variable_and_the_variable_over_the_file(told: Shell) -> None:
    told.file("customer-ledger.toml", '[history]\nchannel = "phone"\n')
    told.variable("LEDGER_HISTORY_CHANNEL", "email")
    assert shown(told) == ["nps-1"]
    assert shown(told, "--channel", "web") == ["view-1", "order-1"]


def test_another_file_is_named_by_option_or_variable(told: Shell) -> None:
    told.file("customer-ledger.toml", '[history]\nchannel = "phone"\n')
    told.file("other.toml", '[history]\nchannel = "email"\n')
    assert shown(told, "--config", "other.toml") == ["nps-1"]
    told.variable("LEDGER_CONFIG", "other.toml")
    assert shown(told) == ["nps-1"]


def test_settings_at_the_top_are_for_every_command_and_a_table_is_for_its_own(told: Shell) -> None:
    told.file("customer-ledger.toml", 'format = "json"\n[verify]\nformat = "csv"\nall = true\n')
    assert isinstance(told("history", "c-42").json, list)
    assert told("verify").out.startswith("name,ok,detail\n")


def test_the_url_comes_from_the_file_when_nothing_else_says_it(told: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LEDGER_URL")
    told.file("customer-ledger.toml", 'url = "sqlite:///elsewhere.db"\n')
    assert "sqlite:///elsewhere.db" in told("history", "c-42", code=5).err
    assert len(told("history", "c-42", "--url", "sqlite:///ledger.db").rows) == 5


def test_keys_of_lists_and_dashes_are_read(told: Shell) -> None:
    told.file("customer-ledger.toml", '[metrics]\nby = ["stage", "channel"]\nas-of = "2024-06-02"\n')
    [row] = told("metrics", "nps").rows
    assert row["stage"] == "purchase"
    assert row["channel"] == "email"
    assert row["as_of"] == "2024-06-02T00:00:00+00:00"


@pytest.mark.parametrize(
    ("file", "cure"),
    [
        ("formt = 'json'", "did you mean 'format'?"),
        ("[history]\nchanel = 'web'", "[history] 'chanel' is no setting: did you mean 'channel'?"),
        ("[histroy]\nchannel = 'web'", "did you mean 'history'?"),
        ("format = ", "is not TOML"),
        ("[history]\nfrom-now = 1", "'from-now' is no setting"),
        ("format = 'xml'", "'xml' is not one of"),
        ("[replay]\nversion = 'x'", ""),
    ],
)
def test_a_wrong_setting_is_told_with_the_cure(told: Shell, file: str, cure: str) -> None:
    told.file("customer-ledger.toml", file)
    ran = told("history", "c-42", code=2 if cure else 0)
    assert cure in ran.err


def test_a_settings_file_that_was_named_must_be_there(told: Shell) -> None:
    assert "cannot read missing.toml" in told("history", "c-42", "--config", "missing.toml", code=2).err


def test_shared_options_may_stand_before_the_command(told: Shell) -> None:
    assert "sqlite:///x.db" in told("--url", "sqlite:///x.db", "history", "c-42", code=5).err
    told.file("other.toml", '[history]\nchannel = "email"\n')
    assert [row["event_id"] for row in told("--config", "other.toml", "history", "c-42").rows] == ["nps-1"]


def test_help_is_given_even_with_a_broken_settings_file(told: Shell) -> None:
    told.file("customer-ledger.toml", "nonsense")
    assert "Show every event" in told("history", "--help").out


def test_a_standing_setting_is_for_the_figures_it_changes(told: Shell) -> None:
    told("rebuild", "-q")
    told.variable("LEDGER_METRICS_TOP", "5")
    told.file("customer-ledger.toml", '[metrics]\nwithin = "30d"\n[identities]\nsource = "desk"\n')
    assert told("metrics", "nps").rows
    assert told("metrics").rows
    assert told("metrics", "need_outcome").rows
    assert told("identities", "suggest").code == 0
    assert "`top` changes nothing in nps" in told("metrics", "nps", "--top", "5", code=2).err


def test_a_setting_that_is_empty_is_refused_as_an_option_is(told: Shell) -> None:
    told.file("customer-ledger.toml", '[metrics]\nchannels = ""\n')
    assert "--channels is empty: give it a value, or leave it out" in told("metrics", "nps", code=2).err
    assert "CUSTOMER is empty: give it a value\n" in told("history", "", code=2).err
