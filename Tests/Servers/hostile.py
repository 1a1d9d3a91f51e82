#!/usr/bin/env python3
"""A server that means no good, or is broken: what it answers stands in the path.

usage: hostile.py URL-OF-A-CATALOGUE
"""
import gzip
import sys
import threading
import urllib.request

from web import serve

ENTITY = b'<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]>'
SEARCH = "?version=1.1&operation=searchRetrieve&query=cql.allRecords=1&maximumRecords="
XML, HTML = ("Content-Type", "text/xml; charset=utf-8"), ("Content-Type", "text/html; charset=utf-8")


def real(records):
    """What the catalogue answers."""
    with urllib.request.urlopen(sys.argv[1] + SEARCH + str(records)) as answer:
        return answer.read()


def hide(document):
    """The document after a DOCTYPE."""
    declaration, rest = document.split(b"?>", 1)
    return declaration + b"?>" + ENTITY + rest


def silence():
    threading.Event().wait()


ANSWERS = {
    "/whole": lambda: (XML, real(0)),
    "/cut": lambda: (XML, real(0)[:-20]),
    "/login": lambda: (HTML, b"<html><form>Please log in to see 1247 records</form></html>"),
    "/doctype": lambda: (XML, hide(real(0))),
    "/long": lambda: (XML, real(1247) + b" " * (15 << 20)),
    "/bomb": lambda: (XML, gzip.compress(real(0) + b" " * (64 << 20)), ("Content-Encoding", "gzip")),
    "/elsewhere": lambda: (HTML, b"", ("Location", "http://catalogue.example/main")),
    "/metadata": lambda: (HTML, b"", ("Location", "http://169.254.169.254/latest/meta-data/")),
    "/silent": silence,
}


def application(environment, start):
    content_type, body, *more = ANSWERS[environment["PATH_INFO"]]()
    is_redirect = any(name == "Location" for name, _ in more)
    start("302 Found" if is_redirect else "200 OK", [content_type, ("Content-Length", str(len(body))), *more])
    return [body]


if __name__ == "__main__":
    serve(application)
