#!/usr/bin/env python3
"""Measures what counting costs: large files of real records beside programs that only read them, and many sources at once
beside the same questions without a daemon.

usage: inventory.py DIRECTORY-OF-THE-PROGRAMS

Prints one table. The records are those of scripts/setup-library.sh.
"""
import os
import shutil
import subprocess
import sys
import tempfile

from measure import HERE, Daemon, ask, compiled, memory
from store import seconds

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

def rate(path, work):
    """MB a second at which something is done with a file, the best of some runs: others use the machine too."""
    return os.path.getsize(path) / 1e6 / min(seconds(work) for _ in range(9))


def read_rate(path, command):
    return rate(path, lambda: subprocess.run(command, check=True, stdout=subprocess.DEVNULL))


def count(daemon, path, form, key=None):
    source = {"path": path, "format": form, **({"key": key} if key else {})}
    return run(daemon, {"check": {"file": source}, "name": "records"})["result"]["records"]


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
            lines = read_rate(path, ["wc", "-l", path])
            piped = read_rate(path, ["sh", "-c", f"cat {path} | wc -c"])
            ours = rate(path, lambda: count(daemon, path, form, key))
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


def compare(programs, job, at_once, exchange):
    """Seconds that an inventory takes, as many tasks that do nothing, and as many exchanges without a daemon.

    The best of some rounds, each of which takes turns, because others use the machine too.
    """
    state = tempfile.mkdtemp(prefix="taskd-sources.")
    with Daemon(programs, state, "--max-running", str(at_once)) as daemon:
        rounds = [(seconds(lambda: run(daemon, job)), seconds(lambda: run(daemon, {"gather": [{"sleep": 0}] * SOURCES})),
                   float(subprocess.run(exchange, check=True, capture_output=True, text=True).stdout)) for _ in range(7)]
    shutil.rmtree(state)
    return [min(times) for times in zip(*rounds)]


def servers(programs, state):
    program = compiled("exchange", state)
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
                exchange = [program, "ask", str(port), str(SOURCES), str(at_once), target]
                ours, empty, raw = compare(programs, sources(f"http://127.0.0.1:{port}{path}", kind), at_once, exchange)
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
