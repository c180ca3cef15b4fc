#!/usr/bin/env bash
# The main job, whole process each time: CSV in, lasso with ten-fold CV and the
# one-standard-error rule, chosen columns out. Ours and the peer in turn.
#
#   Benchmarks/main-job.sh [SET...]     sets of generate.py; default T1
#
#   ROUNDS=3                            rounds per set
#   OURS=.build/release/csvlasso        the program measured
#   PYTHON=python3
#
# Prints a markdown report, also kept in Benchmarks/results/main-job-<date>.md.
# Needs GNU time (apt: time), Python with numpy, polars, scikit-learn.
set -euo pipefail
cd "$(dirname "$0")/.."

rounds=${ROUNDS:-3}
ours=${OURS:-.build/release/csvlasso}
python=${PYTHON:-python3}
dir=${TMPDIR:-/tmp}/csvlasso-bench
sets=("$@")
[ $# -gt 0 ] || sets=(T1)

[ -x "$ours" ] || { echo "no $ours; first: swift build -c release" >&2; exit 1; }
[ -x /usr/bin/time ] || { echo "no /usr/bin/time; install the package 'time'" >&2; exit 1; }
mkdir -p "$dir" Benchmarks/results

# measure WHO COMMAND...: one line "WHO seconds peak-KB" into $log
measure() {
  local who=$1; shift
  if ! /usr/bin/time -v -o "$dir/time" "$@" >"$dir/stdout" 2>"$dir/stderr"; then
    echo "failed: $*" >&2; tail -n 20 "$dir/stderr" >&2; return 1
  fi
  # Elapsed is h:mm:ss or m:ss.ss
  awk -v who="$who" '
    /Elapsed \(wall clock\)/ { k = split($NF, t, ":"); s = 0; for (i = 1; i <= k; i++) s = 60 * s + t[i] }
    /Maximum resident/       { kb = $NF }
    END                      { printf "%s %.2f %d\n", who, s, kb }' "$dir/time" >>"$log"
  echo "  $(tail -n 1 "$log")" >&2
}
columns() { head -n 1 "$1" | awk -F, '{ print NF }'; }

report() {
  echo "# Main job, $(date +%F)"
  echo
  echo "- machine: $(lscpu | sed -n 's/^Model name: *//p' | head -n 1), $(nproc) cores, $(awk '/^MemTotal/ { printf "%.0f GB", $2 / 1048576 }' /proc/meminfo), $(. /etc/os-release && echo "$PRETTY_NAME")"
  echo "- ours: \`$(basename "$ours")\` $("$ours" --version 2>/dev/null | head -n 1 || true)"
  echo "- peer: $("$python" -c 'import sys, numpy, polars, sklearn; print("Python", sys.version.split()[0], "numpy", numpy.__version__, "polars", polars.__version__, "scikit-learn", sklearn.__version__)')"
  echo "- $rounds rounds in turn, whole processes, GNU time; file in the page cache"
  for set in "${sets[@]}"; do
    file=$dir/$set.csv
    log=$dir/$set.log
    [ -e "$file" ] || { echo "making $set" >&2; "$python" Benchmarks/generate.py "$set" "$file"; }
    cat "$file" >/dev/null                  # both sides find it in the cache
    : >"$log"
    for ((r = 1; r <= rounds; r++)); do
      echo "$set, round $r" >&2
      measure ours "$ours" -y y "$file" -o "$dir/ours.csv"
      measure peer "$python" Benchmarks/peer_sklearn.py "$file" "$dir/peer.csv"
      measure read "$python" Benchmarks/peer_polars_read.py "$file"
    done
    echo
    echo "## $set: $(($(wc -l <"$file") - 1)) rows, $(columns "$file") columns, $(du -m --apparent-size "$file" | cut -f 1) MB"
    echo
    "$python" - "$log" <<'PY'
import sys
from statistics import median
runs = {}
for line in open(sys.argv[1]):
    who, seconds, kb = line.split()
    runs.setdefault(who, []).append((float(seconds), int(kb) / 1024))
names = {"ours": "csvlasso", "peer": "polars + scikit-learn", "read": "polars, reading only"}
base = median(s for s, _ in runs["ours"])
print("| | median s | min s | max s | peak MB | time / csvlasso |")
print("|---|---:|---:|---:|---:|---:|")
for who, r in runs.items():
    s = [x for x, _ in r]
    ratio = f"{median(s) / base:.2f}" if base > 0 else "-"
    print(f"| {names[who]} | {median(s):.2f} | {min(s):.2f} | {max(s):.2f} | {max(m for _, m in r):.0f} | {ratio} |")
PY
    echo
    echo "Columns written: csvlasso $(columns "$dir/ours.csv"), scikit-learn $(columns "$dir/peer.csv")."
  done
}

# kept only when every run succeeded
report | tee "$dir/report.md"
mv "$dir/report.md" "Benchmarks/results/main-job-$(date +%F).md"
