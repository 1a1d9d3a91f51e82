#!/usr/bin/env python3
"""The course reserves over OAI-PMH, by two libraries: /msu (MSU oai_repo) tells how long its lists are, /eth (ETH oaipmh)
does not. Behind /msu-deleted and /eth-deleted stand three more records, which were deleted.

usage: oai.py DIRECTORY
"""
import sys
from datetime import datetime
from urllib.parse import parse_qs

import oai_repo
from lxml import etree
from oaipmh import common, error, metadata, server

from records import number, read
from web import serve

PAGE = 25
OAI_DC = "http://www.openarchives.org/OAI/2.0/oai_dc/"
SCHEMA = "http://www.openarchives.org/OAI/2.0/oai_dc.xsd"
DC = "http://purl.org/dc/elements/1.1/"
SET = "reserves"
SECONDS = "YYYY-MM-DDThh:mm:ssZ"
NAME, MAIL = "Course reserves", ["nobody@example.org"]


class Entry:
    def __init__(self, record, is_deleted):
        self.title = record.title or ""
        self.number = number(record)
        self.changed = datetime.strptime(record["005"].data[:14], "%Y%m%d%H%M%S")
        self.is_deleted = is_deleted

    def dates_match(self, after, before):
        return (not after or self.changed >= after.replace(tzinfo=None)) and (
            not before or self.changed <= before.replace(tzinfo=None))


def entries(path, is_deleted=False):
    return {f"oai:library.example:{entry.number}": entry
            for entry in (Entry(record, is_deleted) for record in read(path))}


def selected(entries, set=None, from_=None, until=None):
    return [key for key, entry in entries.items() if set in (None, SET) and entry.dates_match(from_, until)]


class Told(oai_repo.DataInterface):
    """What oai_repo asks of a repository."""

    limit = PAGE

    def __init__(self, entries):
        self.entries = entries

    def get_identify(self):
        identify = oai_repo.Identify()
        identify.repository_name, identify.admin_email, identify.granularity = NAME, MAIL, SECONDS
        identify.base_url, identify.deleted_record = "http://127.0.0.1/", "transient"
        identify.earliest_datestamp = "1900-01-01T00:00:00Z"
        return identify

    def is_valid_identifier(self, identifier):
        return identifier in self.entries

    def get_metadata_formats(self, identifier=None):
        return [oai_repo.MetadataFormat("oai_dc", SCHEMA, OAI_DC)]

    def get_record_header(self, identifier):
        entry, header = self.entries[identifier], oai_repo.RecordHeader()
        header.identifier, header.setspecs = identifier, [SET]
        header.datestamp = entry.changed.strftime("%Y-%m-%dT%H:%M:%SZ")
        header.status = "deleted" if entry.is_deleted else None
        return header

    def get_record_metadata(self, identifier, prefix):
        document = etree.Element(f"{{{OAI_DC}}}dc", nsmap={"oai_dc": OAI_DC, "dc": DC})
        etree.SubElement(document, f"{{{DC}}}title").text = self.entries[identifier].title
        return document

    def get_record_abouts(self, identifier):
        return []

    def list_set_specs(self, identifier=None, cursor=0):
        return [SET], 1, None

    def get_set(self, name):
        described = oai_repo.Set()
        described.spec = described.name = name
        return described

    def list_identifiers(self, prefix, filter_from=None, filter_until=None, filter_set=None, cursor=0):
        keys = selected(self.entries, filter_set, filter_from, filter_until)
        return keys[cursor:cursor + PAGE], len(keys), None


class Walked:
    """What oaipmh asks of a repository."""

    def __init__(self, entries):
        self.entries = entries

    def header(self, identifier):
        entry = self.entries[identifier]
        return common.Header(None, identifier, entry.changed, [SET], entry.is_deleted)

    def identify(self):
        return common.Identify(
            NAME, "http://127.0.0.1/", "2.0", MAIL, datetime(1900, 1, 1), "transient", SECONDS, ["identity"])

    def listMetadataFormats(self, identifier=None):
        return [("oai_dc", SCHEMA, OAI_DC)]

    def listSets(self):
        return [(SET, SET, None)]

    def listIdentifiers(self, metadataPrefix, **selection):
        if metadataPrefix != "oai_dc":
            raise error.CannotDisseminateFormatError(metadataPrefix)
        keys = selected(self.entries, **selection)
        if not keys:
            raise error.NoRecordsMatchError("no record is what was asked for")
        return [self.header(key) for key in keys]


def routes(directory):
    live = entries(f"{directory}/reserves.mrc")
    registry = metadata.MetadataRegistry()
    registry.registerWriter("oai_dc", server.oai_dc_writer)
    for suffix, held in ("", live), ("-deleted", {**live, **entries(f"{directory}/tombstones.mrc", True)}):
        told = oai_repo.OAIRepository(Told(held))
        walked = server.Server(Walked(held), metadata_registry=registry, resumption_batch_size=PAGE)
        yield f"/msu{suffix}", lambda query, told=told: bytes(told.process(query))
        yield f"/eth{suffix}", walked.handleRequest


def application(routes):
    def answer(environment, start):
        handle = routes.get(environment["PATH_INFO"])
        if handle is None:
            start("404 Not Found", [("Content-Type", "text/html"), ("Content-Length", "0")])
            return []
        query = parse_qs(environment["QUERY_STRING"])
        body = handle({name: values[0] for name, values in query.items()})
        start("200 OK", [("Content-Type", "text/xml; charset=utf-8"), ("Content-Length", str(len(body)))])
        return [body]
    return answer


if __name__ == "__main__":
    serve(application(dict(routes(sys.argv[1]))))
