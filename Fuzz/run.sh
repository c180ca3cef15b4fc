#!/usr/bin/env bash
# Builds the fuzzers and runs them one after the other; fails where one finds something.
#
#   Fuzz/run.sh SECONDS [TARGET…]   fuzz each target (reader, numbers, model-file, tables) for so long
#   Fuzz/run.sh again TARGET FILE   try one input, such as one that was found
#
# What is found goes to .build/fuzz/found; inputs that reached something new stay in .build/fuzz/corpus.
set -euo pipefail
cd "$(dirname "$0")/.."

declare -A program=([reader]=FuzzReader [numbers]=FuzzNumbers [model-file]=FuzzModelFile [tables]=FuzzTables)
# Longest input; what one may take: memory in MB, seconds by the clock. Processor time is bounded by the targets.
declare -A limits=(
  [reader]="-max_len=250 -rss_limit_mb=1024 -timeout=60"
  [numbers]="-max_len=64 -rss_limit_mb=1024 -timeout=60"
  [model-file]="-max_len=4000 -rss_limit_mb=1024 -malloc_limit_mb=256 -timeout=120"
  [tables]="-max_len=160 -rss_limit_mb=2048 -timeout=1200"
)

# Swift's own backtracer would stand in the way of libFuzzer's; short stacks of allocations and a small
# quarantine make a run of few microseconds no longer than it is.
export SWIFT_BACKTRACE=enable=no OPENBLAS_NUM_THREADS=1
export ASAN_OPTIONS=detect_leaks=0:malloc_context_size=1:quarantine_size_mb=4:allocator_release_to_os_interval_ms=-1

build() {
  local sanitizers=address,undefined,fuzzer-no-link
  CSVLASSO_FUZZ=1 ${SWIFT:-swift} build -c release --scratch-path .build/fuzz \
    -Xswiftc -enable-testing -Xswiftc -sanitize=fuzzer,address \
    -Xcc -fsanitize=$sanitizers -Xcc -fno-sanitize-recover=undefined -Xcc -fno-omit-frame-pointer \
    -Xcxx -fsanitize=$sanitizers -Xcxx -fno-sanitize-recover=undefined -Xcxx -fno-sanitize=vptr,function --product "$1"
}

if [ "${1:-}" = again ]; then
  build "${program[$2]}"
  FUZZ_SHOW=.build/fuzz/table.csv exec ".build/fuzz/release/${program[$2]}" ${limits[$2]} "$3"
fi

seconds=$1
shift
targets=("$@")
[ $# -gt 0 ] || targets=(numbers reader model-file tables)
found=.build/fuzz/found
mkdir -p "$found"
for target in "${targets[@]}"; do build "${program[$target]}"; done

total=0
status=0
report=""
for target in "${targets[@]}"; do
  corpus=.build/fuzz/corpus/$target
  log=.build/fuzz/$target.log
  mkdir -p "$corpus"
  echo "fuzzing $target for $seconds s"
  outcome=0
  ".build/fuzz/release/${program[$target]}" ${limits[$target]} -max_total_time="$seconds" \
    -entropic=0 -print_final_stats=1 -artifact_prefix="$found/$target-" \
    "$corpus" "Fuzz/seeds/$target" >"$log" 2>&1 || outcome=$?
  runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log" | tail -1)
  total=$((total + ${runs:-0}))
  report+="$(printf '%-12s %15s executions' "$target" "${runs:-0}")"$'\n'
  if [ $outcome -ne 0 ]; then
    status=1
    input=$(sed -n 's/.*Test unit written to //p' "$log" | tail -1)
    grep -aE 'ERROR|Fatal error|runtime error' "$log" | head -3 || tail -5 "$log"
    report+="  found: ${input:-see $log}"$'\n'
    report+="  again: Fuzz/run.sh again $target ${input:-}"$'\n'
  fi
done
printf '\n%s%-12s %15s executions\n' "$report" all "$total"
exit $status
