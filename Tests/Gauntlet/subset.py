"""Is the output the input with columns left out, and every byte of the others as it stood?

Told twice, and by nothing of the program under test: by a cut of the raw bytes into fields, and by
Python's csv on the text."""

import csv
import io
import re

BOM = b"\xef\xbb\xbf"


def _field(delimiter):
    """A field as it stands: in quotes, or up to the next delimiter or line end."""
    return re.compile(rb'"(?:[^"]|"")*"|[^%b"\r\n][^%b\r\n]*|' % (delimiter, delimiter))


def _records(content, delimiter):
    """Yields (fields as raw bytes, line end) for each record; a blank line is no field at all."""
    pattern = _field(delimiter)
    at = len(BOM) if content.startswith(BOM) else 0
    while at < len(content):
        fields = []
        while True:
            match = pattern.match(content, at)
            fields.append(match.group())
            at = match.end()
            if content[at : at + 1] != delimiter:
                break
            at += 1
        end = b"\r\n" if content[at : at + 2] == b"\r\n" else content[at : at + 1]
        if end not in (b"\n", b"\r\n", b"\r", b""):
            raise ValueError(f"byte {at}: the record does not end where its last field does")
        at += len(end)
        blank = fields == [b""]
        yield ([] if blank else fields), end


def _fast(content, places, delimiter):
    """The same for a file without quotes and with LF alone: much the most common, and a plain split."""
    lines = content.split(b"\n")
    tail = lines.pop()
    if tail:
        return None
    width = lines[0].count(delimiter) + 1
    picked = []
    for line in lines:
        fields = line.split(delimiter)
        if len(fields) != width:
            return None
        picked.append(delimiter.join([fields[place - 1] for place in places]) or b'""')
    return b"\n".join(picked) + b"\n"


def cut(content, places, delimiter=b",", skip_ragged=False):
    """The bytes that are to be written when the columns at these places, from 1, are kept."""
    if b'"' not in content and b"\r" not in content and not content.startswith(BOM) and not skip_ragged:
        quick = _fast(content, places, delimiter)
        if quick is not None:
            return quick
    parts = [BOM] if content.startswith(BOM) else []
    width = None
    for fields, end in _records(content, delimiter):
        if fields:
            width = width or len(fields)
            if skip_ragged and len(fields) != width:
                continue
            # A lone empty field is written in quotes, for an empty line is no record.
            parts.append(delimiter.join([fields[place - 1] for place in places]) or b'""')
        parts.append(end)
    return b"".join(parts)


def _rows(content, delimiter):
    text = content.decode("utf-8-sig", "surrogateescape")
    return [row for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter) if row]


def fault(content, output, places, delimiter=",", skip_ragged=False):
    """None where the output is the subset; else a sentence about the first difference."""
    expected = cut(content, places, delimiter.encode(), skip_ragged)
    if output != expected:
        at = next((i for i, (a, b) in enumerate(zip(output, expected)) if a != b), min(len(output), len(expected)))
        return (f"output is no byte-exact subset: differs at byte {at}: "
                f"{output[at:at + 30]!r} in place of {expected[at:at + 30]!r}")
    rows = _rows(content, delimiter)
    if skip_ragged:
        rows = [row for row in rows if len(row) == len(rows[0])]
    if [[row[place - 1] for place in places] for row in rows] != _rows(output, delimiter):
        return "output read as CSV is not the kept columns of the input"
    return None
