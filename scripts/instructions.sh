#!/usr/bin/env bash
# Counts the instructions of the release build on small made inputs and compares them with the committed
# figures: a slowdown of more than 10 % fails, whatever else the machine is doing.
#
#   scripts/instructions.sh            compare with Benchmarks/instructions.csv
#   scripts/instructions.sh refresh    write the figures anew
#
# One thread, under valgrind's callgrind, which counts the same to one part in 100,000 every time. What
# else could move the counts is held fixed: OpenBLAS is told which kernels to take (Haswell, which needs
# AVX2), Swift not to seed its hashes. Code that picks its instructions by processor sees the one that
# valgrind shows, which has AVX2 where the host has it and never AVX-512. Another architecture, compiler or
# C library counts differently: figures are kept by architecture, and compared with no other.
#
# Starting up, linking included, is about 43 million of the instructions; no input has it at more than a
# fifth.
set -euo pipefail
cd "$(dirname "$0")/.."
export LC_ALL=C

program=.build/release/csvlasso
figures=Benchmarks/instructions.csv
architecture=$(uname -m)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

[ -x "$program" ] || { echo "no $program; first: make build" >&2; exit 1; }
command -v valgrind >/dev/null || { echo "no valgrind; install it" >&2; exit 1; }

# awk has no random numbers that are the same everywhere; Lehmer's are exact in doubles.
lehmer='function unit() { seed = seed * 16807 % 2147483647; return seed / 2147483647 }
  BEGIN { seed = 1 }'

# numbers ROWS COLUMNS: each column half of its neighbour, every seventh in the target
numbers() {
  awk -v rows="$1" -v columns="$2" "$lehmer"'
    BEGIN {
      for (j = 1; j <= columns; j++) printf "x%d,", j
      print "y"
      for (i = 1; i <= rows; i++) {
        y = 2 * unit(); x = 0
        for (j = 1; j <= columns; j++) {
          x = unit() + x / 2
          if (j % 7 == 1) y += x
          printf "%.6f,", x
        }
        printf "%.6f\n", y
      }
    }' >"$folder/$3.csv"
}

# quoted ROWS: ids, two categoricals in quotes, free text, numbers with gaps
quoted() {
  awk -v rows="$1" "$lehmer"'
    BEGIN {
      print "id,\"kind\",size,\"place, told\",note,other,y"
      for (i = 1; i <= rows; i++) {
        kind = int(5 * unit()); size = unit(); place = int(12 * unit())
        printf "%d,\"kind \"\"%d\"\"\",", i, kind
        if (unit() < 0.05) printf ","
        else printf "%.4f,", size
        printf "\"place, %d\",\"free text, number %d\",%.5f,", place, i, unit()
        printf "%.5f\n", kind + 3 * size + place % 3 + unit()
      }
    }' >"$folder/$2.csv"
}

# count NAME ARGUMENT...: the instructions of csvlasso on a made input
count() {
  local name=$1
  shift
  SWIFT_DETERMINISTIC_HASHING=1 OPENBLAS_CORETYPE=Haswell \
    valgrind --tool=callgrind --callgrind-out-file=/dev/null --log-file="$folder/$name.log" \
    "$folder/csvlasso" -y y -q --choose 1se --threads 1 "$@" "$folder/$name.csv" >/dev/null || {
    cat "$folder/$name.log" >&2
    return 1
  }
  awk '/Collected :/ { print $NF }' "$folder/$name.log"
}

# Valgrind stumbles over debugging information that is newer than itself.
strip -o "$folder/csvlasso" "$program"
numbers 10000 30 tall
numbers 50 600 wide
quoted 2000 quoted

{
  echo "tall,$(count tall)"
  echo "wide,$(count wide)"
  echo "quoted,$(count quoted --id id)"
} >"$folder/now"

if [ "${1:-}" = refresh ]; then
  {
    echo "architecture,input,instructions"
    if [ -e "$figures" ]; then awk -F, -v a="$architecture" 'NR > 1 && $1 != a' "$figures"; fi
    sed "s/^/$architecture,/" "$folder/now"
  } >"$folder/figures"
  cp "$folder/figures" "$figures"
  cat "$figures"
  exit 0
fi

awk -F, -v architecture="$architecture" '
  NR == FNR { if ($1 == architecture) { then[$2] = $3; known++ } next }
  !known {
    print "no figures for " architecture ", nothing compared; make gate-refresh adds them"
    exit
  }
  {
    change = then[$1] > 0 ? $2 / then[$1] - 1 : 1
    verdict = change > 0.1 ? "SLOWER" : change < -0.1 ? "faster: make gate-refresh keeps it so" : ""
    if (change > 0.1) failed++
    printf "%-8s %14d instructions, %+.1f %% %s\n", $1, $2, 100 * change, verdict
  }
  END {
    if (failed) print "instructions rose by more than 10 %; if it must be, make gate-refresh"
    exit (failed > 0)
  }' "$figures" "$folder/now"
