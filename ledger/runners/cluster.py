"""A Spark session for one run: opened quietly, closed with its files; a local master is heard by this machine only."""

from __future__ import annotations

import re
import secrets
import shlex
import shutil
import socket
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ledger.errors import InvalidArgument, LedgerError, ProjectionError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

PACKAGE = Path(__file__).parents[2]
"""The folder that this package is imported from."""

LOOPBACK = "127.0.0.1"

PATIENCE = 5.0
"""Seconds that the port of a standalone master may take to answer."""

INSTALL = (
    "the Spark runner needs PySpark, which is not installed here: run `pip install 'customer-ledger[spark]'`, "
    "or leave out `--runner spark`"
)
JAVA = (
    "Spark needs Java 17 or newer, and none runs here: install one (on Debian `apt-get install default-jre-headless`)"
)


ENVIRONMENT = "give them the Python environment of the driver (`spark.archives`, or the image they run)"

MASTER = re.compile(r"local(\[(\*|\d+)(, *\d+)?\])?|local-cluster\[ *\d+ *, *\d+ *, *\d+ *\]|spark://.+|yarn|k8s://.+")

RAISED = re.compile(r"[A-Za-z_][\w.]*: ")
"""How the line of a traceback begins that says what was raised."""


@contextmanager
def session_on(master: str) -> Iterator[SparkSession]:
    """Open a session on a master, and close it; one that the process has open on that master is used and left open.

    Raises InvalidArgument where PySpark, Java or the address is not usable, ProjectionError where the cluster is not.
    """
    _require_master(master)
    _require_answer(master)
    active = _active(master)
    if active is not None:
        yield active
        return
    with (
        tempfile.TemporaryDirectory(prefix="ledger-spark-", ignore_cleanup_errors=True) as folder,
        _java(master, Path(folder)) as gateway,
    ):
        session = _open(master, gateway)
        application = session.sparkContext.applicationId
        try:
            yield session
        finally:
            session.stop()
            if master.startswith("local-cluster"):
                _forget(application)


def _active(master: str) -> SparkSession | None:
    # PySpark asks for pandas, too, before it runs any function over Arrow.
    if find_spec("pyspark") is None or find_spec("pandas") is None:
        raise InvalidArgument(INSTALL)
    from pyspark.sql import SparkSession

    active = SparkSession.getActiveSession()
    if active is not None and active.sparkContext.master != master:
        raise InvalidArgument(
            f"this process has a Spark session on {active.sparkContext.master} and can have no other: "
            f"stop it before you ask for {master}, or give its master"
        )
    return active


def is_local(master: str) -> bool:
    """Say whether a master stands for this machine alone."""
    return master.startswith("local")


def _require_master(master: str) -> None:
    if not MASTER.fullmatch(master):
        raise InvalidArgument(
            f"{master!r} is no Spark master: write local[*], local-cluster[2,1,1024], spark://HOST:7077, yarn or "
            "k8s://https://HOST:PORT"
        )


def _require_answer(master: str) -> None:
    """Refuse in seconds what Spark itself would try for a minute."""
    if master.startswith("spark://"):
        hosts = master.removeprefix("spark://").split(",")
        if not any(_answers(host) for host in hosts):
            raise ProjectionError(f"the Spark master at {master} does not answer: check its address and that it runs")


def _answers(host: str) -> bool:
    name, _, port = host.rpartition(":")
    try:
        socket.create_connection((name.strip("[]"), int(port)), PATIENCE).close()
    except (OSError, ValueError, OverflowError):
        return False
    return True


@contextmanager
def _java(master: str, folder: Path) -> Iterator[Any]:
    """Start the Java machine that is Spark's driver, what it says going into a file; end it, and clear up after it."""
    from pyspark import SparkConf, SparkContext
    from pyspark.errors import PySparkException
    from pyspark.find_spark_home import _find_spark_home
    from pyspark.java_gateway import launch_gateway

    home = Path(_find_spark_home())
    log = folder / "java.log"
    settings = SparkConf().setAll(list(_settings(master, folder).items()))
    with log.open("wb") as said:
        started = {"stdout": said, "stderr": said, "executable": _launcher(folder, home, master)}
        try:
            gateway = launch_gateway(settings, started)  # type: ignore[no-untyped-call]
        except (PySparkException, OSError) as error:
            raise _not_started(error, log.read_text(errors="replace")) from error
    try:
        yield gateway
    finally:
        # PySpark keeps it for the next session; ours has its files in a folder that goes now.
        SparkContext._gateway = SparkContext._jvm = None  # noqa: SLF001 — nothing public lets it go
        gateway.shutdown()
        gateway.proc.stdin.close()
        gateway.proc.wait(PATIENCE)


def _forget(application: str) -> None:
    """Remove what the executors of a local cluster wrote into Spark's own folder."""
    from pyspark.find_spark_home import _find_spark_home

    work = Path(_find_spark_home()) / "work"
    shutil.rmtree(work / application, ignore_errors=True)
    with suppress(OSError):
        work.rmdir()


def _launcher(folder: Path, home: Path, master: str) -> str:
    """Return a program that starts Spark with what can be told it by its environment only: where to listen."""
    told = f"export SPARK_LOCAL_IP={LOOPBACK}\n" if is_local(master) else ""
    program = folder / "spark-submit"
    program.write_text(f'#!/bin/sh\n{told}exec {shlex.quote(str(home / "bin" / "spark-submit"))} "$@"\n')
    program.chmod(0o700)
    return str(program)


def _not_started(error: Exception, said: str) -> LedgerError:
    if "JAVA_HOME is not set" in said or "No such file" in said or "UnsupportedClassVersionError" in said:
        return InvalidArgument(JAVA)
    last = [line for line in said.splitlines() if line.strip()][-1:] or [reason(error)]
    return ProjectionError(f"Spark's Java machine did not start: {last[0].strip()}")


def _open(master: str, gateway: Any) -> SparkSession:
    from py4j.protocol import Py4JError
    from pyspark import SparkConf, SparkContext
    from pyspark.errors import PySparkException
    from pyspark.sql import SparkSession

    settings = SparkConf(_jvm=gateway.jvm)
    if is_local(master):
        # Not among the arguments of the process, which everybody on the machine may read.
        settings.set("spark.authenticate.secret", secrets.token_hex(16))
    try:
        context = SparkContext(gateway=gateway, conf=settings)
    except (Py4JError, PySparkException, OSError) as error:
        raise ProjectionError(f"no Spark session on {master}: {reason(error)}") from error
    if is_local(master):
        context.pythonExec = sys.executable
    return SparkSession(context)


@contextmanager
def telling(master: str) -> Iterator[None]:
    """Turn what fails on the cluster into the ledger's own errors."""
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException

    try:
        yield
    except (Py4JError, PySparkException) as error:
        raise ProjectionError(f"the run on {master} failed: {reason(error)}") from error


def _settings(master: str, folder: Path) -> dict[str, str]:
    settings = {
        "spark.master": master,
        "spark.app.name": "customer-ledger rebuild",
        "spark.ui.showConsoleProgress": "false",
        "spark.local.dir": str(folder),
        "spark.sql.warehouse.dir": str(folder),
        "spark.driver.extraJavaOptions": f"-Djava.io.tmpdir={folder} -XX:-UsePerfData",
    }
    if not is_local(master):
        return settings
    # Short runs on few cores: less compiling and fewer threads than a server would want.
    brief = "-XX:-UsePerfData -XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
    return settings | {
        "spark.authenticate": "true",
        "spark.driver.bindAddress": LOOPBACK,
        "spark.driver.host": LOOPBACK,
        "spark.ui.enabled": "false",
        "spark.task.maxFailures": "1",
        "spark.executorEnv.PYTHONPATH": str(PACKAGE),
        "spark.driver.extraJavaOptions": f"-Djava.io.tmpdir={folder} {brief}",
        "spark.executor.extraJavaOptions": brief,
    }


def reason(error: Exception) -> str:
    """Return the one line that says most in what Spark says, which is often a page."""
    java = getattr(error, "java_exception", None)
    said = str(java.toString() if java is not None else error)
    python = said.rpartition("Traceback (most recent call last):")[2] if "Traceback (most" in said else ""
    raised = [line for line in python.splitlines() if RAISED.match(line)]
    if not raised:
        return next((line.strip() for line in said.splitlines() if line.strip()), type(error).__name__)
    kind, words = raised[0].split(":", 1)
    if kind in {"ModuleNotFoundError", "ImportError", "AttributeError"}:  # what the driver named is not there
        return f"{words.strip()} where the executors are: {ENVIRONMENT}"
    return words.strip() if kind.startswith("ledger.") else f"{kind}:{words}"
