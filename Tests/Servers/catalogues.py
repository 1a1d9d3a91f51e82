"""Catalogues that speak SRU: Zebra, which Koha searches with, and yaz-ztest, in which a number finds as many records."""
import os
import subprocess

YAZ = "/usr/share/yaz/etc"
TABLES = "/usr/share/idzebra-2.0/tab"
MODULES = f"/usr/lib/{os.uname().machine}-linux-gnu/idzebra-2.0/modules"

# What of a record can be searched. The first field is what tells a record from others.
FIELDS = """
name marc21
attset bib1.att
esetname F @
esetname B @
marc usmarc.mar
xpath disable
all any
melm 001 Local-number:0,Local-number:w
melm 020$a ISBN
melm 100 author,author:p
melm 245 title,title:p
"""

CONFIGURATION = """
profilePath: {directory}:{tables}
modulePath: {modules}
recordType: grs.marcxml.marc21
recordId: (bib1,Local-number)
attset: bib1.att
attset: explain.att
storeKeys: 1
storeData: 1
encoding: UTF-8
register: {directory}/register:1G
lockDir: {directory}
keyTmpDir: {directory}
perm.anonymous: r
"""

FRONTEND = """
<yazgfs>
  <listen id="listener">tcp:127.0.0.1:0</listen>
  <server id="{name}" listenref="listener">
    <directory>{directory}</directory>
    {engine}
    <cql2rpn>{yaz}/pqf.properties</cql2rpn>
    <maximumrecordsize>2000000</maximumrecordsize>
    <retrievalinfo>{retrieval}</retrievalinfo>
    <explain xmlns="http://explain.z3950.org/dtd/2.0/">
      <serverInfo><host>127.0.0.1</host><port>0</port><database>{name}</database></serverInfo>
    </explain>
  </server>
</yazgfs>
"""

XML_FROM_ZEBRA = """
<retrieval syntax="xml" name="marcxml" identifier="info:srw/schema/1/marcxml-v1.1">
  <backend syntax="xml" name="F"/>
</retrieval>
"""
XML_FROM_MARC = """
<retrieval syntax="xml" name="marcxml" identifier="info:srw/schema/1/marcxml-v1.1">
  <backend syntax="usmarc" name="F">
    <marc inputformat="marc" outputformat="marcxml" inputcharset="marc-8"/>
  </backend>
</retrieval>
"""


def write(path, text):
    with open(path, "w") as file:
        file.write(text.lstrip())


class Zebra:
    """A catalogue of its own, made from a file of records."""

    def __init__(self, directory, name, records):
        self.name = name
        self.parent = directory
        self.directory = f"{directory}/{name}"
        os.makedirs(f"{self.directory}/register")
        write(f"{self.directory}/marc21.abs", FIELDS)
        write(f"{self.directory}/zebra.cfg",
              CONFIGURATION.format(directory=self.directory, tables=TABLES, modules=MODULES))
        write(f"{self.directory}/yazgfs.xml", FRONTEND.format(
            name=name, directory=self.directory, engine="<config>zebra.cfg</config>", yaz=YAZ, retrieval=XML_FROM_ZEBRA))
        for command in (["zebraidx", "-c", f"{self.directory}/zebra.cfg", "init"], self.update_command(records)):
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT)

    def update_command(self, records):
        """What adds the records of a file to the catalogue."""
        return ["zebraidx", "-c", f"{self.directory}/zebra.cfg", "-d", self.name, "update", f"{self.parent}/{records}"]

    def command(self):
        return ["zebrasrv", "-w", self.directory, "-f", f"{self.directory}/yazgfs.xml"]


def test_server(directory, name):
    """The command that runs yaz-ztest, whose database is called Default, or Slow with a number of seconds."""
    own = f"{directory}/{name}"
    os.makedirs(own)
    write(f"{own}/yazgfs.xml", FRONTEND.format(name=name, directory=own, engine="", yaz=YAZ, retrieval=XML_FROM_MARC))
    return ["yaz-ztest", "-f", f"{own}/yazgfs.xml"]
