"""How figures are asked on the command line: in which zone a date begins, and what is shown of it."""

from __future__ import annotations

from tests.cli.running import Shell


def test_a_date_begins_in_the_zone_that_days_are_counted_in(told: Shell) -> None:
    """Read in the journey's zone, a month elsewhere would have a day too many: a window is rounded out."""
    may = ("metrics", "nps", "--since", "2024-05-01", "--before", "2024-06-01")
    [figure] = told(*may, "--zone", "Asia/Tokyo").rows
    assert (figure["from"], figure["to"]) == ("2024-04-30T15:00:00+00:00", "2024-05-31T15:00:00+00:00")
    told.file(
        "other.toml",
        'name = "other"\nversion = 1\nzone = "America/Sao_Paulo"\n[[stages]]\nname = "met"\n'
        '[[rules]]\nname = "meeting"\nstage = "met"\nany = ["page.viewed"]\n',
    )
    [figure] = told(*may, "--journey", "other.toml").rows
    assert (figure["from"], figure["to"]) == ("2024-05-01T03:00:00+00:00", "2024-06-01T03:00:00+00:00")


def test_a_table_shows_times_in_the_zone_it_names(told: Shell) -> None:
    shown = told("metrics", "dwell", "--zone", "Asia/Tokyo", "-f", "table").out
    assert "2024-04-28 16:00 to" in shown
    assert "(Asia/Tokyo)" in shown.replace("\n", " ")
    assert "2024-04-28 16:00 to" in told("funnel", "--zone", "Asia/Tokyo", "-f", "table").out


def test_one_key_cannot_be_two_things_at_once(told: Shell) -> None:
    ran = told("metrics", "nps", "--where", "channel=web", "--where", "channel=phone", code=2)
    assert "channel cannot be two things at once: ask for one, or split --by channel" in ran.err.replace("\n", " ")
    assert told("metrics", "nps", "--where", "channel=email", "--where", "channel=email").rows[0]["n"] == 1


def test_no_figures_have_the_columns_of_some(told: Shell) -> None:
    some = told("metrics", "nps", "--by", "stage", "-f", "csv").out.splitlines()
    none = told("metrics", "ces", "--by", "stage", "-f", "csv").out.splitlines()
    assert len(some) == 2
    assert none == some[:1]


def test_a_time_to_come_is_doubted(shell: Shell) -> None:
    shell("init", "-q")
    shell("rebuild", "-q")
    words = "as of a time to come: what has not happened yet is told as if it did not happen until then"
    assert words in shell("metrics", "nps", "--as-of", "2999-01-01").err
    assert words not in shell("metrics", "nps", "--as-of", "2020-01-01").err
    assert words in shell("predict", "risk", "--as-of", "2999-01-01", code=2).err
