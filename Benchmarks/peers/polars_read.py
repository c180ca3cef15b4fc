"""A lower bound for every Python peer: only reads the file with polars.

    polars_read.py FILE
"""
import sys

import polars as pl

table = pl.read_csv(sys.argv[1], infer_schema_length=1000)
print(f"{table.height} x {table.width}", file=sys.stderr)
