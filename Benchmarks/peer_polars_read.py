"""Lower bound for a Python peer: only reads the file with polars.

    python3 Benchmarks/peer_polars_read.py FILE
"""
import sys

import polars as pl

table = pl.read_csv(sys.argv[1], infer_schema_length=1000)
print(f"{table.height} x {table.width}", file=sys.stderr)
