"""script/start: Airflow on this machine, one run of customers_train, and its result."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path
from types import FrameType

import httpx
from rich.console import Console

from script.local_airflow import dags, result, settings_file
from script.local_airflow.api import Api
from script.local_airflow.environment import Layout
from script.local_airflow.errors import StartError
from script.local_airflow.follow import follow
from script.local_airflow.server import Airflow, running
from script.local_airflow.settings_file import SettingsFile

PROJECT = Path(__file__).resolve().parents[2]
DAG_ID = "customers_train"
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stopped(BaseException):
    """Somebody wants us to end: Ctrl-C, or a signal."""


def main() -> int:
    """0 when the run succeeded and, without --once, the user has ended Airflow; else 1."""
    options = _options()
    os.umask(0o077)  # the database, the logs, what tasks make: for this user alone
    console = Console(highlight=False)
    for number in SIGNALS:
        signal.signal(number, _stop)
    succeeded = False
    try:
        layout = Layout(PROJECT)
        settings = settings_file.read(layout.settings)
        with console.status("Starting Airflow") as status:
            clock = time.monotonic()
            with running(layout, options.port) as airflow:
                try:
                    status.stop()
                    console.print(f"Airflow is up at {airflow.url} ({_since(clock)})")
                    succeeded = _run(airflow, settings, console)
                    if not options.once:
                        console.print("\nAirflow stays up. [bold]Ctrl-C[/] ends it.")
                        _stay(airflow)
                finally:
                    _ignore_signals()  # so that nothing interrupts what stops Airflow
                    console.print("Stopping Airflow ...")
    except Stopped:
        pass
    except (StartError, httpx.HTTPError) as error:
        _ignore_signals()
        print(f"script/start: {error}", file=sys.stderr)
        return 1
    return 0 if succeeded else 1


def _run(airflow: Airflow, settings: SettingsFile, console: Console) -> bool:
    api = Api(airflow.url)
    settings_file.apply(settings, api)
    dags.wait_for(airflow, api, DAG_ID)
    for cut_short in api.running(DAG_ID):
        # By the end of an Airflow that was killed. It would go on for minutes before ours begins.
        api.fail(DAG_ID, cut_short)
    api.patch(f"dags/{DAG_ID}", {"is_paused": False})
    run_id = api.trigger(DAG_ID)
    clock = time.monotonic()
    console.print(f"{DAG_ID}, run {run_id}", markup=False)
    try:
        succeeded = follow(airflow, api, DAG_ID, run_id, console)
    except Stopped:
        with suppress(httpx.HTTPError):
            api.client.timeout = httpx.Timeout(3)
            api.fail(DAG_ID, run_id)  # else the next start would go on with it
        raise
    console.print(f"  {'succeeded' if succeeded else 'failed'} after {_since(clock)}")
    if succeeded:
        result.show(airflow, api, DAG_ID, run_id, console)
    else:
        console.print(f"The run: {result.tab(airflow, api, DAG_ID, run_id)}", soft_wrap=True)
    return succeeded


def _stay(airflow: Airflow) -> None:
    while True:
        airflow.check()
        time.sleep(1)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="script/start",
        description="Start Airflow on this machine, run customers_train, show its segments, and "
        "keep the UI open until Ctrl-C.",
    )
    parser.add_argument(
        "--once", action="store_true", help="end after the run, with status 0 if it succeeded"
    )
    parser.add_argument(
        "--port", type=_port, default=8080, metavar="N", help="of the UI, on 127.0.0.1 (8080)"
    )
    return parser.parse_args()


def _port(text: str) -> int:
    if not (text.isdigit() and 0 < int(text) < 2**16):
        raise argparse.ArgumentTypeError(f"{text!r} is not a port: a number from 1 to 65535")
    return int(text)


def _stop(_number: int, _frame: FrameType | None) -> None:
    _ignore_signals()
    raise Stopped


def _ignore_signals() -> None:
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)


def _since(clock: float) -> str:
    return f"{time.monotonic() - clock:.0f} s"


if __name__ == "__main__":
    sys.exit(main())
