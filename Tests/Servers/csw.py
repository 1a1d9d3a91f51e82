#!/usr/bin/env python3
"""The course reserves by pycsw: OAI-PMH with lists that repeat one identifier and never end, SRU, and numbers in JSON.

usage: csw.py DIRECTORY
"""
import os
import subprocess
import sys
from xml.sax.saxutils import escape

from records import number, read
from web import serve

SETTINGS = """
[server]
home={home}
url=http://127.0.0.1/
mimetype=application/xml; charset=UTF-8
encoding=UTF-8
language=en-US
maxrecords=50
[manager]
transactions=false
allowed_ips=127.0.0.1
[repository]
database=sqlite:///{home}/records.db
table=records
[metadata:main]
"""
DESCRIPTION = (
    "identification_title identification_abstract identification_keywords identification_keywords_type "
    "identification_fees identification_accessconstraints provider_name provider_url contact_name contact_position "
    "contact_address contact_city contact_stateorprovince contact_postalcode contact_country contact_phone contact_fax "
    "contact_email contact_url contact_hours contact_instructions contact_role").split()
RECORD = """<?xml version="1.0" encoding="UTF-8"?>
<csw:Record xmlns:csw="http://www.opengis.net/cat/csw/2.0.2" xmlns:dc="http://purl.org/dc/elements/1.1/"
    xmlns:dct="http://purl.org/dc/terms/">
  <dc:identifier>lccn:{number}</dc:identifier>
  <dc:title>{title}</dc:title>
  <dc:type>text</dc:type>
  <dct:modified>{changed}</dct:modified>
</csw:Record>
"""


def changed(record):
    digits = record["005"].data
    return f"{digits[:4]}-{digits[4:6]}-{digits[6:8]}T{digits[8:10]}:{digits[10:12]}:{digits[12:14]}Z"


def make(directory, home):
    """Makes pycsw's database of the reserves; answers the path of its settings."""
    os.makedirs(f"{home}/records")
    settings = f"{home}/pycsw.cfg"
    with open(settings, "w") as file:
        file.write(SETTINGS.format(home=home).lstrip())
        file.writelines(f"{key}=test\n" for key in DESCRIPTION)
    for record in read(f"{directory}/reserves.mrc"):
        with open(f"{home}/records/{number(record)}.xml", "w") as file:
            file.write(RECORD.format(
                number=escape(number(record)), title=escape(record.title or "untitled"), changed=changed(record)))
    admin = [sys.executable, "-W", "ignore", f"{os.path.dirname(sys.executable)}/pycsw-admin.py", "-f", settings]
    subprocess.run([*admin, "-c", "setup_db"], check=True)
    subprocess.run([*admin, "-c", "load_records", "-p", f"{home}/records"], check=True)
    return settings


if __name__ == "__main__":
    os.environ["PYCSW_CONFIG"] = make(sys.argv[1], f"{sys.argv[1]}/csw")
    from pycsw.wsgi import application  # reads its settings when it is imported

    serve(application)
