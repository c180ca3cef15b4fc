#!/usr/bin/env python3
"""Writes the fuzzers' seeds: small inputs that reach most of what is tried. Fuzz/README.md tells their form."""

import pathlib
import shutil

HERE = pathlib.Path(__file__).parent


def write(target, seeds):
    folder = HERE / target
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for name, content in seeds.items():
        (folder / name).write_bytes(content)


def reader():
    """Eight bytes that say how to read, then a CSV."""
    texts = {
        "plain": b"a,b,c\n1,2,3\n4,5,6\n",
        "crlf": b"a,b\r\n1,2\r\n\r\n3,4\r\n",
        "cr": b"a,b\r1,2\r\r3,4",
        "mark": b"\xef\xbb\xbf\na,b\n1,2\n",
        "quoted": b'"a","b"\n"1","x, y"\n"say ""hi""","\n"\n3,""\n',
        "odd-quotes": b'a,b\n 5",6""7\nx"y"z, "q"\n',
        "long": b"a,b\n" + b'"0123456789,\n0123456789""0123456789",22\n' * 4,
        "ragged": b"a,b\n1,2,3\n4\n5,6\n",
        "unclosed": b'a,b\n1,"2\n3,4\n',
        "after-quote": b'a,b\n1,"2"3\n',
        "nul": b"a,b\n1,2\n3,\0\n",
        "missing": b"a,b,c\n,NA,?\n-9,1e3,007\ninf,x, 1 \n",
        "numbers": b"a,b\n-1.5e3,+.5\n12345678901234567890.5,1e-320\n",
        "other": b"a;b;c\n1;'2;3';4\n",
        "utf16": b"\xff\xfea\0,\0b\0",
    }
    ways = [b"\0\0\0\0\0\0\0\0", b"\0\x10\x03\x02\x04\x03\x02\x05", b"\x01\x43\x02\x01\x02\x05\0\x01"]
    seeds = {}
    for name, text in texts.items():
        for number, way in enumerate(ways, 1):
            seeds[f"{name}-{number}"] = way + text
    return seeds


def numbers():
    """One byte that says how to parse, then fields."""
    texts = [
        b"1,-2.5,+.5,5.,3e2,1E-05", b"0,-0,00,007,0.0", b"9007199254740993,18446744073709551616",
        b"1.7976931348623157e308,1.8e308", b"4.9e-324,2.4e-324,2.2250738585072011e-308",
        b"0.1234567890123456789012345,8.5e-23,1e23", b"inf,-Infinity,nan,1e400,NA",
        b" 1,2\t, , -1.5 ", b'"1","-2.5","x",""', b"1e,e5,.,-,1.2.3,--1,0x10,1_0",
        b"000000000000000000000000.1,.00000000000000000000001",
    ]
    return {
        f"{number:02}-{way:02x}": bytes([way]) + text
        for number, text in enumerate(texts, 1)
        for way in (0, 0x40, 0x80, 0x20)
    }


MODEL = (
    b'{"format": "csvlasso-model", "version": %s, "target": "y", "header": [%s], '
    b'"has_header": %s, "written": [%s]%s}\n'
)


def model_file():
    """One byte that says which table, then a file."""
    import gzip

    plain = MODEL % (b"1", b'"a", "b", "y"', b"true", b'"a", "y"', b"")
    files = {
        "plain": plain,
        "bare": MODEL % (b"1", b'"1", "2", "3"', b"false", b'"1", "3"', b""),
        "several": MODEL % (b"1", b'"a", "b", "y"', b"true", b'"b"', b', "targets": ["y", "a"]'),
        "survival": MODEL % (b"1", b'"time", "event"', b"true", b'"c"', b', "event": "event"'),
        "twice": MODEL % (b"1", b'"y", "a", "a", ""', b"true", b'"a[2]", "[4]"', b""),
        "newer": MODEL % (b"2", b"", b"true", b"", b""),
        "escaped": MODEL % (b"1", b'"\\u0061", "\\ud83d\\ude00\\n"', b"true", b'"\\u0061"', b""),
        "deep": b"[" * 600,
        "other": b'{"format": "lasso", "version": 1}',
        "number": b'{"format": "csvlasso-model", "version": 1e999999, "header": [-0.0e-5]}',
        "empty": b"",
        "cut": plain[:60],
        "gzip": gzip.compress(plain, mtime=0),
        "gzip-cut": gzip.compress(plain, mtime=0)[:40],
        "gzip-zeros": gzip.compress(b" " * 100_000, mtime=0),
        "zstd": b"\x28\xb5\x2f\xfd\x04\x00\x29\x00\x00{}   ",
    }
    return {f"{name}-{way}": bytes([way]) + file for name, file in files.items() for way in (0, 1, 130)}


# Where the bytes of options stand, as Call.swift takes them.
(PIPE, TARGET, SECOND, TARGETS, WEIGHTS, OFFSET, ID, KEEP, DROP, FEATURES) = range(10)
(CATEGORICAL, NUMERIC, LEVELS, NA, MISSING, FAMILY, DELTA, ALPHA, LAMBDA) = range(10, 19)


def tables():
    """56 bytes of options, 6 of shape, 4 a column: kind, seed, what it is made of, what is missing."""

    def seed(options, rows, columns, spoilers=b"", spelling=b"\0\0\0\0"):
        bytes_ = bytearray(56)
        for place, value in options.items():
            bytes_[place] = value
        shape = bytes([rows - 5, len(columns) - 2]) + spelling
        return bytes(bytes_) + shape + b"".join(bytes(column) for column in columns) + spoilers

    # y, made half of one column, half of another
    def made(kind, number, of):
        return [(0, 1, 0, 0), (0, 2, 0, 0), (1, 3, 0, 0), (4, 4, 0, 0), (kind, number, of, 0)]

    last = {TARGET: 4}
    return {
        "gaussian": seed(last, 40, made(0, 9, 0x50)),
        "binomial": seed(last, 50, made(3, 9 * 16, 0x50)),
        "binomial-numbers": seed(last, 30, made(2, 9 * 16, 0x50)),
        "multinomial": seed(last, 60, made(4, 9 * 16, 0x50)),
        "poisson": seed({**last, FAMILY: 195}, 40, made(9, 9 * 16 + 9, 0x50)),
        "huber": seed({**last, FAMILY: 196}, 30, made(0, 9, 0x90)),
        "cox": seed({TARGET: 4, SECOND: 0, TARGETS: 220}, 50, [(2, 16, 0, 0)] + made(10, 9, 0x50)[1:]),
        "targets": seed({TARGET: 4, SECOND: 1, TARGETS: 200}, 30, made(0, 9, 0x50)),
        "missing": seed({**last, MISSING: 193}, 40, [(0, 1, 0, 150), (4, 2, 0, 160)] + made(0, 9, 0x50)[2:]),
        "rare-levels": seed(last, 32, [(4, 9, 0, 0), (5, 1, 0, 0), (3, 2 + 32, 0, 0), (3, 5, 0, 0), (3, 48, 0, 0)]),
        "huge": seed(last, 30, [(11, 1, 0, 0), (12, 2, 0, 0), (13, 3, 0, 0), (20, 8, 0, 0), (11, 3, 0x50, 0)]),
        "copies": seed(last, 20, [(0, 1, 0, 0), (14, 1, 0, 0), (7, 1, 0, 0), (8, 1, 0, 0), (0, 9, 0x50, 0)]),
        "spoilt": seed(last, 20, made(0, 9, 0x50), bytes([3, 1, 250, 5, 2, 0, 9, 3, 10, 12, 0, 252, 7, 0, 251])),
        "quoted": seed(last, 20, [(22, 1, 0, 0), (18, 1, 0, 0), (19, 1, 0, 0), (6, 1, 0, 0), (0, 9, 0x50, 0)],
                       spelling=bytes([3, 0, 3, 5])),
    }


write("reader", reader())
write("numbers", numbers())
write("model-file", model_file())
write("tables", tables())
