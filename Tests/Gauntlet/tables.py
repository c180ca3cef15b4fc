"""A table as the gauntlet sees it: a CSV file, its header, and what each column could be.

What a column holds is told here anew, from Python's csv and float, and not by the program under test."""

import csv
import io
import re
from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

MISSING = {"", "NA", "N/A", "NaN", "nan", "null", "NULL", "None", ".", "?"}
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
CODE = re.compile(r"[+-]?0\d+")


@dataclass(frozen=True)
class Column:
    """One column, counted from 1, with the cells that are not missing, spaces around them removed."""

    place: int
    name: str
    cells: tuple
    missing: int

    @cached_property
    def counts(self):
        return Counter(self.cells)

    @cached_property
    def numeric(self):
        """Whether every cell is a number: not text, not a code such as 007."""
        return bool(self.cells) and all(
            NUMBER.fullmatch(cell) and not (CODE.fullmatch(cell) and "-" not in cell)
            for cell in self.counts
        )

    @cached_property
    def values(self):
        return [float(cell) for cell in self.cells]

    @property
    def distinct(self):
        return len(self.counts)

    @property
    def complete(self):
        return self.missing == 0

    @cached_property
    def whole(self):
        """Whether the cells are counts: whole numbers from 0 on, none of them huge."""
        return self.numeric and all(
            0 <= float(cell) <= 1e6 and float(cell).is_integer() for cell in self.counts
        )


@dataclass(frozen=True)
class Table:
    """A CSV file; `name` is SOURCE/FILE and stays the same on every machine."""

    name: str
    path: Path
    columns: list = field(repr=False, compare=False)
    rows: int
    ragged: bool
    delimiter: str = ","

    @property
    def width(self):
        return len(self.columns)

    @property
    def dialect(self):
        """The options that say how the file is written."""
        return () if self.delimiter == "," else ("-d", {"\t": "tab"}.get(self.delimiter, self.delimiter))

    @property
    def by_place(self):
        return {column.place: column for column in self.columns}


def read(name, path):
    """The table in a file, or None where it has fewer than two columns or two rows."""
    with open(path, newline="", encoding="utf-8-sig", errors="surrogateescape") as file:
        text = file.read()
    header = text.split("\n", 1)[0]
    delimiter = next((mark for mark in ",;\t" if mark in header), ",")
    records = [record for record in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter) if record]
    if len(records) < 3 or len(records[0]) < 2:
        return None
    header, rows = records[0], records[1:]
    whole = [row for row in rows if len(row) == len(header)]
    columns = []
    for place, title in enumerate(header, 1):
        cells = [row[place - 1].strip() for row in whole]
        present = tuple(cell for cell in cells if cell not in MISSING)
        columns.append(Column(place, title.strip(), present, len(cells) - len(present)))
    return Table(name, Path(path), columns, len(whole), len(whole) != len(rows), delimiter)
