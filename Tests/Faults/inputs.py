"""The tables that the runs read, made anew each time, the same for every seed."""

import gzip
import random
import struct


def make(directory):
    """Writes all inputs into `directory`."""
    small, large = table(90, note=12), table(2600, note=2000)
    files = {
        "small.csv": small,
        "large.csv": large,
        "small.csv.gz": gzip.compress(small, mtime=0),
        "large.csv.gz": gzip.compress(large, 1, mtime=0),
        "small.csv.zst": zstd(small),
        "large.csv.zst": zstd(large),
    }
    for name, data in files.items():
        (directory / name).write_bytes(data)


def add_model(directory, model):
    """What `apply` takes."""
    (directory / "model.json").write_bytes(model)
    (directory / "model.json.gz").write_bytes(gzip.compress(model, mtime=0))


def table(rows, note):
    """Two columns that tell the targets `y` (a number), `bought` (yes or no) and `days`, `died` (survival); three
    that do not; a column of text to be copied, `note` characters a cell, so that a table of few rows has several
    batches."""
    draw = random.Random(17)
    lines = ["note,a,b,c,d,e,kind,y,bought,days,died"]
    for row in range(rows):
        a, b, c, d, e = (draw.gauss(0, 1) for _ in range(5))
        text = draw.getrandbits(4 * note).to_bytes((note + 1) // 2, "big").hex()[:note]
        kind = draw.choice(["oak", "elm", "ash"])
        y = 3 * a - 2 * b + draw.gauss(0, 1)
        bought = "yes" if a - b + draw.gauss(0, 1) > 0 else "no"
        days = draw.expovariate(1) * 100 * 2.0 ** -a
        lines.append(
            f"{text},{a:.3f},{b:.3f},{c:.3f},{d:.3f},{e:.3f},{kind},{y:.3f},{bought},{days + 1:.1f},"
            f"{int(draw.random() < 0.7)}")
    return "".join(line + "\n" for line in lines).encode()


def zstd(data):
    """A zstd frame of blocks that are kept as they are; Python's library makes no other (RFC 8878, 3.1.1)."""
    # Four bytes for the size of the content; no checksum, a single segment.
    frame = b"\x28\xb5\x2f\xfd" + bytes([0b10100000]) + struct.pack("<I", len(data))
    size = 1 << 17
    for start in range(0, len(data), size):
        block = data[start:start + size]
        is_last = start + size >= len(data)
        frame += struct.pack("<I", len(block) << 3 | is_last)[:3] + block
    return frame
