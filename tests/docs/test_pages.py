"""What the pages show is what happens: the blocks of README and tutorial are run, and every link leads somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.cli.running import ROOT
from tests.docs.snippets import BLOCK, Reader

RUN = [
    "README.md",
    "docs/tutorial.md",
    "docs/howto/archive.md",
    "docs/howto/experience.md",
    "docs/howto/follow.md",
    "docs/howto/identities.md",
    "docs/howto/operate.md",
    "docs/howto/predict.md",
    "docs/howto/quality.md",
    "docs/howto/rebuild.md",
    "docs/howto/spark.md",
    "docs/howto/touchpoints.md",
]
PAGES = sorted(path.relative_to(ROOT).as_posix() for path in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


@pytest.mark.parametrize("page", RUN)
def test_what_a_page_shows_is_what_happens(page: str, tmp_path: Path) -> None:
    text = (ROOT / page).read_text()
    assert BLOCK.search(text)
    differences = [f"$ {found.command}\n" + "\n".join(found.printed) for found in Reader(tmp_path).follow(text)]
    assert not differences, "\n\n".join([f"run `python -m tests.docs.snippets {page}`; printed now:", *differences])


@pytest.mark.parametrize("page", PAGES)
def test_every_link_of_a_page_leads_to_a_file(page: str) -> None:
    text = re.sub(r"```.*?```", "", (ROOT / page).read_text(), flags=re.DOTALL)
    targets = [target.partition("#")[0] for target in re.findall(r"\]\(([^)]+)\)", text)]
    local = [target for target in targets if target and "://" not in target]
    assert [target for target in local if not ((ROOT / page).parent / target).exists()] == []
