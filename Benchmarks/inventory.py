#!/usr/bin/env python3
"""Measures what counting costs: large files of real records beside programs that only read them, and many sources at once
beside the same questions without a daemon.

usage: inventory.py DIRECTORY-OF-THE-PROGRAMS

Prints one table. The records are those of scripts/setup-library.sh.
"""
import os
import shutil
import statistics
import subprocess
import sys
import tempfile

from measure import HERE, ask, compiled, memory
from store import Daemon, seconds

sys.path.append(f"{HERE}/../Tests/Servers")
from catalogues import test_server
from servers import Servers

RECORDS = os.path.join(HERE, "..", ".build-tools", "library", "records.mrc")
COPIES = 13  # 250 MB
SOURCES = 1000


def row(what, figure, yardstick=""):
    print(f"| {what} | {figure} | {yardstick} |")


def run(daemon, job):
    """The task of a job, once it is done."""
    connection = daemon.connection()
    _, task = ask(connection, "POST", "/v1/tasks", job)
    _, answer = ask(connection, "POST", "/v1/wait", {"ids": [task["id"]]})
    (task,) = answer["done"]
    assert task["state"] == "succeeded", task["exception"]["message"][:300]
    return task


# Files

def rate(path, command):
    """MB a second at which a command reads a file, the median of some runs."""
    times = (seconds(lambda: subprocess.run(command, check=True, stdout=subprocess.DEVNULL)) for _ in range(9))
    return os.path.getsize(path) / 1e6 / statistics.median(times)


def count(daemon, path, form, key=None):
    source = {"path": path, "format": form, **({"key": key} if key else {})}
    return run(daemon, {"check": {"file": source}, "name": "records"})["result"]["records"]


def file_rate(daemon, path, form, key=None):
    """MB a second at which a check counts a file, from the submit to the answer of a waiter, the median of some runs."""
    return os.path.getsize(path) / 1e6 / statistics.median(
        seconds(lambda: count(daemon, path, form, key)) for _ in range(9))


def growth(programs, path, form):
    """By how many MiB the peak of a fresh daemon's memory grows while it counts a file, and how many records that has."""
    state = tempfile.mkdtemp(prefix="taskd-growth.")
    with Daemon(programs, state) as daemon:
        before = memory(daemon.process.pid)
        records = count(daemon, path, form)
        peak = memory(daemon.process.pid, "VmHWM")
    shutil.rmtree(state)
    return peak - before, records


def files(programs, state):
    small, large, text = RECORDS, f"{state}/large.mrc", f"{state}/records.xml"
    with open(large, "wb") as file:
        for _ in range(COPIES):
            with open(small, "rb") as records:
                shutil.copyfileobj(records, file)
    with open(text, "wb") as file:
        subprocess.run(["yaz-marcdump", "-o", "marcxml", small], check=True, stdout=file)
    with Daemon(programs, state) as daemon:
        for what, path, form, key in (
                ("MARC", small, "marc", None), ("MARC", large, "marc", None), ("MARC with a key", large, "marc", "020a"),
                ("MARCXML", text, "marcxml", None)):
            lines, piped = rate(path, ["wc", "-l", path]), rate(path, ["sh", "-c", f"cat {path} | wc -c"])
            ours = file_rate(daemon, path, form, key)
            row(f"{what}, a file of {os.path.getsize(path) / 1e6:.0f} MB", f"{ours:.0f} MB/s",
                f"{100 * ours / lines:.0f} % of `wc -l` ({lines:.0f} MB/s), "
                f"{100 * ours / piped:.0f} % of `wc -c` behind `cat` ({piped:.0f} MB/s)")
    for path, form in ((large, "marc"), (text, "marcxml")):
        grown, records = growth(programs, path, form)
        row(f"memory while {records:,} records of {os.path.getsize(path) / 1e6:.0f} MB are counted", f"+{grown:.1f} MiB")


# Servers

def sources(url, kind):
    """An inventory that asks one server so many times."""
    more = {"sru": {"query": "1247"}, "json": {"count": "/total"}}[kind]
    return {"inventory": {"sources": [
        {"name": f"source-{n}", kind: {"url": url, **more}} for n in range(SOURCES)]}}


def exchanges(program, port, target, at_once):
    """Seconds that as many questions take without a daemon, the median of some runs."""
    return statistics.median(
        float(subprocess.run([program, "ask", str(port), str(SOURCES), str(at_once), target],
                             check=True, capture_output=True, text=True).stdout) for _ in range(5))


def inventories(programs, job, at_once):
    """Seconds that an inventory takes, and as many tasks that do nothing, the medians of some runs."""
    state = tempfile.mkdtemp(prefix="taskd-sources.")
    with Daemon(programs, state, "--max-running", str(at_once)) as daemon:
        empty = [seconds(lambda: run(daemon, {"gather": [{"sleep": 0}] * SOURCES})) for _ in range(5)]
        counted = [seconds(lambda: run(daemon, job)) for _ in range(5)]
    shutil.rmtree(state)
    return statistics.median(counted), statistics.median(empty)


def servers(programs, state):
    program = compiled("exchange", state, "-D_GNU_SOURCE")
    running = Servers(state)
    search = "?version=1.1&operation=searchRetrieve&query=1247&maximumRecords=0"
    try:
        running.start("bare", program, "serve")
        running.start("yaz-ztest", *test_server(state, "yaz-ztest"))
        for server, kind, path, target in (
                ("bare", "sru", "/", f"/{search}"), ("bare", "json", "/", "/"),
                ("yaz-ztest", "sru", "/Default", f"/Default{search}")):
            port = running.port(server)
            for at_once in (64, 1000):
                raw = exchanges(program, port, target, at_once)
                ours, empty = inventories(programs, sources(f"http://127.0.0.1:{port}{path}", kind), at_once)
                row(f"{SOURCES:,} sources ({kind}, {server}), {at_once} at once", f"{1000 * ours:.0f} ms",
                    f"{ours / raw:.1f} times the exchanges alone ({1000 * raw:.0f} ms), "
                    f"{ours / empty:.1f} times as many tasks that do nothing ({1000 * empty:.0f} ms)")
    finally:
        running.end()


def main():
    programs = os.path.abspath(sys.argv[1])
    state = tempfile.mkdtemp(prefix="taskd-inventory.")
    try:
        row("what", "figure", "yardstick of the same run")
        row("---", "---", "---")
        files(programs, state)
        servers(programs, state)
    finally:
        shutil.rmtree(state)


if __name__ == "__main__":
    main()
