"""Reads a report with libraries of other makers and prints its cells as JSON.

A cell of XLSX is its type and its value: ["n", "1.5"], ["s", "text"], ["b", "True"],
["d", "2026-01-02T00:00:00", "46024.0"] with the number that is stored, ["f", "=1+1"], or null.
"""

import csv
import json
import sys
import xml.etree.ElementTree as xml
import zipfile

import openpyxl

XLSX = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def stored(path):
    """The values of the first sheet as the file has them, by the names of the cells."""
    out = {}
    with zipfile.ZipFile(path) as z, z.open("xl/worksheets/sheet1.xml") as f:
        for _, e in xml.iterparse(f):
            if e.tag == XLSX + "c":
                v = e.find(XLSX + "v")
                out[e.get("r")] = None if v is None else v.text
                e.clear()
    return out


def cell(c, numbers):
    if c.value is None:
        return None
    if c.data_type == "d":
        return ["d", c.value.isoformat(), numbers[c.coordinate]]
    return [c.data_type, c.value if isinstance(c.value, str) else repr(c.value)]


def main(path):
    if path.endswith(".csv"):
        with open(path, newline="", encoding="utf-8") as f:
            rows = list(csv.reader(f, strict=True))
    else:
        numbers = stored(path)
        sheet = openpyxl.load_workbook(path).worksheets[0]
        rows = [[cell(c, numbers) for c in row] for row in sheet.iter_rows()]
    json.dump(rows, sys.stdout)


main(sys.argv[1])
