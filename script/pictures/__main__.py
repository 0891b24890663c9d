"""script/screenshots: an Airflow of its own, runs to show, and a picture of each page."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from playwright.sync_api import sync_playwright

from script.pictures.camera import photograph_pages, photograph_tab
from script.pictures.life import before_a_champion, months_later, rolled_back
from script.pictures.scenes import after_two_runs, before_any_run, going, made_up, refused
from tests.system.browser import VIEWER, launch
from tests.system.conftest import STRANGER, started
from tests.system.purchases import TRAINED_UNTIL, bring_purchases

PROJECT = Path(__file__).resolve().parents[2]


def main() -> int:
    """0 when every picture was made and no page scrolls sideways; else 1."""
    options = _options()
    folder: Path = options.all or PROJECT / "docs" / "images"
    folder.mkdir(parents=True, exist_ok=True)
    faults: list[str] = []
    print("Starting an Airflow of its own and training (a minute or two) ...")
    with (
        tempfile.TemporaryDirectory() as home,
        started(Path(home) / "project") as airflow,
        sync_playwright() as playwright,
        launch(playwright) as browser,
    ):

        def photograph(addresses: Mapping[str, str], visitor: str | None = VIEWER) -> None:
            faults.extend(photograph_pages(browser, airflow, addresses, folder, visitor))

        if options.all:
            photograph(before_any_run(airflow))
            photograph(before_a_champion(airflow))
            bring_purchases(airflow, TRAINED_UNTIL)
        airflow.train()
        photograph_tab(browser, airflow, folder)
        if options.all:
            photograph(months_later(airflow))
            photograph(after_two_runs(airflow))
            photograph(rolled_back(airflow))
            photograph(refused(airflow, "forbidden"), STRANGER)
            photograph(refused(airflow, "logged-out"), None)
            photograph(made_up(airflow))
            photograph(going(airflow))
    print(f"The pictures are in {folder}.")
    for fault in faults:
        print(fault, file=sys.stderr)
    return 1 if faults else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="script/screenshots",
        description="Photograph the tab inside Airflow's UI, in light and dark, into docs/images.",
    )
    parser.add_argument(
        "--all",
        type=Path,
        metavar="FOLDER",
        help="every page besides, at three widths, all of it into FOLDER; fails when a page "
        "scrolls sideways",
    )
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
