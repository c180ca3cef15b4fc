#!/usr/bin/env bash
# Builds the tests and runs them, and shows what it is doing: suites as they end, failures as they come, how far
# the run is every ten seconds, and the closing line of swift-testing.
#
#   scripts/test.sh release [arguments of swift test]   in release, into .build/testing
#   scripts/test.sh debug [arguments of swift test]     every bound and precondition checked, into .build
#
# In release the libraries are built with -enable-testing into a folder of their own: the program under test is the
# one of `make build`, without it, and neither build undoes the other.
set -euo pipefail
cd "$(dirname "$0")/.."

swift=${SWIFT:-swift}
configuration=$1
shift
case $configuration in
release) flags=(-c release -Xswiftc -enable-testing --scratch-path .build/testing) ;;
debug) flags=(-c debug) ;;
*) echo "usage: scripts/test.sh release|debug [arguments of swift test]" >&2; exit 64 ;;
esac

phase() { printf '\n== %s\n' "$*"; }

phase "building the tests in $configuration"
"$swift" build "${flags[@]}" --product csvlassoPackageTests

phase "running the tests in $configuration"
"$swift" test "${flags[@]}" --skip-build "$@" 2>&1 | awk -v started="$(date +%s)" '
  function seconds(  command, now) { command = "date +%s"; command | getline now; close(command); return now - started }
  function tell(  now) {
    now = seconds()
    if (now - told >= 10) { printf "   %d tests done, %d s\n", done, now; told = now }
  }
  # A failure is told at once, with the lines that go with it.
  /^✘|^↳|recorded an issue/ { print; isFailure = 1; fflush(); next }
  /^✔ Suite/ { print; isFailure = 0; fflush(); next }
  /^✔ Test run/ { print; isFailure = 0; fflush(); next }
  /^✔ Test / { done++; isFailure = 0; tell(); fflush(); next }
  /^➜/ { isFailure = 0; next }
  /^◇/ { isFailure = 0; next }
  isFailure || /error|warning|rror:|atal|signal/ { print; fflush() }
'
