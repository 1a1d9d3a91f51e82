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

RECORDS = os.path.join(HERE, "..", ".build-tools", "library", "records.mrc")
COPIES = 13  # 250 MB
SOURCES = 1000
MIB = 1 << 20


def row(what, figure, yardstick=""):
    print(f"| {what} | {figure} | {yardstick} |")


def run(daemon, job):
    """The task of a job, once it is done."""
    connection = daemon.connection()
    _, task = ask(connection, "POST", "/v1/tasks", job)
    _, answer = ask(connection, "POST", "/v1/wait", {"ids": [task["id"]]})
    (task,) = answer["done"]
    assert task["state"] == "succeeded", task["exception"]
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


def growth(daemon, path, form):
    """By how many MiB the peak of the daemon's memory grows while it counts a file."""
    with open(f"/proc/{daemon.process.pid}/clear_refs", "w") as reset:
        reset.write("5")
    before = memory(daemon.process.pid)
    records = count(daemon, path, form)
    return memory(daemon.process.pid, "VmHWM") - before, records


def files(programs, state):
    small, large, text = RECORDS, f"{state}/large.mrc", f"{state}/records.xml"
    with open(large, "wb") as file:
        for _ in range(COPIES):
            with open(small, "rb") as records:
                shutil.copyfileobj(records, file)
    with open(text, "wb") as file:
        subprocess.run(["yaz-marcdump", "-o", "marcxml", small], check=True, stdout=file)
    readers = {name: {"wc -l": rate(path, ["wc", "-l", path]), "cat \\| wc -c": rate(path, ["sh", "-c", f"cat {path} | wc -c"])}
               for name, path in (("small", small), ("large", large), ("text", text))}
    with Daemon(programs, state) as daemon:
        for what, name, path, form, key in (
                ("MARC", "small", small, "marc", None), ("MARC", "large", large, "marc", None),
                ("MARC with a key", "large", large, "marc", "020a"), ("MARCXML", "text", text, "marcxml", None)):
            ours = file_rate(daemon, path, form, key)
            row(f"{what}, a file of {os.path.getsize(path) / 1e6:.0f} MB", f"{ours:.0f} MB/s", ", ".join(
                f"{100 * ours / theirs:.0f} % of `{reader}` ({theirs:.0f} MB/s)" for reader, theirs in readers[name].items()))
        for path, form in ((large, "marc"), (text, "marcxml")):
            grown, records = growth(daemon, path, form)
            row(f"memory while {records:,} records of {os.path.getsize(path) / 1e6:.0f} MB are counted", f"+{grown:.1f} MiB")


# Servers

def sources(port, kind):
    address = f"http://127.0.0.1:{port}/"
    body = {"sru": lambda n: {"url": f"{address}{n}"}, "json": lambda n: {"url": f"{address}{n}", "count": "/total"}}[kind]
    return {"inventory": {"sources": [{"name": f"source-{n}", kind: body(n)} for n in range(SOURCES)]}}


def servers(programs, state):
    exchange = compiled("exchange", state, "-D_GNU_SOURCE")
    with subprocess.Popen([exchange, "serve"], stdout=subprocess.PIPE, text=True) as server:
        port = int(server.stdout.readline())
        for at_once in (64, 1000):
            raw = statistics.median(float(subprocess.run(
                [exchange, "ask", str(port), str(SOURCES), str(at_once), "/?operation=searchRetrieve"],
                check=True, capture_output=True, text=True).stdout) for _ in range(9))
            for kind in ("sru", "json"):
                own = tempfile.mkdtemp(prefix="taskd-sources.")
                with Daemon(programs, own, "--max-running", str(at_once)) as daemon:
                    bare = statistics.median(seconds(lambda: run(daemon, {"gather": [{"sleep": 0}] * SOURCES}))
                                             for _ in range(5))
                    job = sources(port, kind)
                    ours = statistics.median(seconds(lambda: run(daemon, job)) for _ in range(5))
                shutil.rmtree(own)
                row(f"{SOURCES:,} sources ({kind}), {at_once} at once", f"{1000 * ours:.0f} ms",
                    f"{ours / raw:.1f} times as many raw exchanges ({1000 * raw:.0f} ms), "
                    f"{ours / bare:.1f} times as many empty tasks ({1000 * bare:.0f} ms)")
        server.terminate()


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
