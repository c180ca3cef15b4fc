#!/usr/bin/env bash
# Runs the tests of the reader, and those of the solver that go through each C kernel, under AddressSanitizer
# and UndefinedBehaviorSanitizer; those of the reader under ThreadSanitizer, too. Only what they need is built.
set -euo pipefail
cd "$(dirname "$0")/.."

records="CLibCSV CZlib CZstd CSystem CNumbers CSVRecords CSVRecordsTests"
kernels="COpenBLAS CProducts CLosses SparseRegression SparseRegressionTests"
# Losses of every family, survival, products of few and of many columns, moments.
suites='CSVRecordsTests\.|LossEngineTests|SurvivalTests|GramRowsTests|MomentsTests|LinearAlgebra'

export SWIFT_BACKTRACE=enable=no
# The runtime of Swift keeps some memory to the end.
export ASAN_OPTIONS=detect_leaks=0
export TSAN_OPTIONS=halt_on_error=1

# try PARTS SUITES FOLDER OPTION…
try() {
  local parts=$1 suites=$2 folder=$3
  shift 3
  export CSVLASSO_PARTS=$parts
  ${SWIFT:-swift} build -c release -Xswiftc -enable-testing --build-tests --scratch-path "$folder" "$@"
  ${SWIFT:-swift} test -c release -Xswiftc -enable-testing --skip-build --scratch-path "$folder" "$@" \
    --quiet --filter "$suites"
}

try "$records $kernels" "$suites" .build/sanitize --sanitize address \
  -Xcc -fsanitize=undefined -Xcc -fno-sanitize-recover=undefined \
  -Xcxx -fsanitize=undefined -Xcxx -fno-sanitize-recover=undefined -Xcxx -fno-sanitize=vptr,function
try "$records" . .build/sanitize-threads --sanitize thread
