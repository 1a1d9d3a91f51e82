"""The records of the library, and what is known of them."""
import json

import pymarc

MAIN, RESERVES, INTERLIBRARY, ADDITIONS = 1247, 89, 34, 5
RESERVES_NOT_IN_MAIN, INTERLIBRARY_ALSO_IN_MAIN, TOMBSTONES = 9, 3, 3

# SIP2's circulation statuses, by their numbers.
AVAILABLE, CHARGED, IN_TRANSIT, LOST, MISSING = "03", "04", "10", "12", "13"


def split(path, count):
    """The first records of a file in ISO 2709, as bytes: the first five digits of each are its length."""
    with open(path, "rb") as file:
        for _ in range(count):
            length = file.read(5)
            yield length + file.read(int(length) - 5)


def read(path):
    """The records of a file, as pymarc has them."""
    with open(path, "rb") as file:
        yield from pymarc.MARCReader(file, to_unicode=True, force_utf8=True)


def number(record):
    """The control number, which is the barcode too."""
    return record["001"].data.strip()


def status(index):
    """The circulation status of the book at a place of the main catalogue."""
    if index % 10 == 3:
        return CHARGED
    if index % 17 == 5:
        return MISSING
    if index % 23 == 7:
        return LOST
    return IN_TRANSIT if index % 29 == 11 else AVAILABLE


def divide(path, directory):
    """Writes the file of each system into the directory; answers what is known of them."""
    records = list(split(path, MAIN + 200))
    main, others = records[:MAIN], iter(records[MAIN:])

    def take(count):
        return [next(others) for _ in range(count)]

    step = MAIN // (RESERVES - RESERVES_NOT_IN_MAIN)
    files = {
        "main": main,
        "reserves": main[::step][:RESERVES - RESERVES_NOT_IN_MAIN] + take(RESERVES_NOT_IN_MAIN),
        "interlibrary": take(INTERLIBRARY - INTERLIBRARY_ALSO_IN_MAIN) + main[5:5 + INTERLIBRARY_ALSO_IN_MAIN],
        "tombstones": take(TOMBSTONES),
        "additions": take(ADDITIONS),
    }
    for name, content in files.items():
        with open(f"{directory}/{name}.mrc", "wb") as file:
            file.writelines(content)
    with open(f"{directory}/barcodes", "w") as file:
        file.writelines(f"{number(record)}\n" for record in read(f"{directory}/main.mrc"))
    return {name: len(content) for name, content in files.items()}
