#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Builds the fuzz targets and runs each of them for a while, starting from its corpus:
#
#   bash tests/fuzz/run_fuzzers.sh SECONDS RESULTS
#
# Appends one row of a Markdown table per target to the file RESULTS. What is found lies in build/fuzz/findings; inputs that
# reach new code are kept in build/fuzz/corpus for the next time. Fails where a target found something.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
seconds=$1
results=$2
build=build/fuzz
findings=$build/findings
mkdir -p "$findings"

cmake --preset fuzz >"$build/configure.log" 2>&1 && cmake --build --preset fuzz --target shunt_fuzzers >"$build/build.log" 2>&1
if [ $? -ne 0 ]; then
  tail -n 30 "$build/build.log"
  echo "| (build) | failed | | |" >>"$results"
  exit 1
fi

failed=0
for source in tests/fuzz/fuzz_*.cpp; do
  target=$(basename "$source" .cpp)
  name=${target#fuzz_}
  [ -x "$build/tests/fuzz/$target" ] || continue
  mkdir -p "$build/corpus/$name"
  log=$build/$target.log
  echo "$target: $seconds s"
  started=$SECONDS
  outcome=passed
  "$build/tests/fuzz/$target" -max_total_time="$seconds" -timeout=20 -rss_limit_mb=3072 -print_final_stats=1 \
    -artifact_prefix="$findings/$name-" -dict="tests/fuzz/dictionaries/$name.dict" \
    "$build/corpus/$name" "tests/fuzz/corpus/$name" >"$log" 2>&1
  if [ $? -ne 0 ]; then
    outcome="**failed**"
    failed=1
    grep -E -m 3 'property violated|ERROR: |runtime error' "$log" | cut -c 1-200
    grep -E 'Test unit written to' "$log"
  fi
  inputs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log" | tail -n 1)
  if [ -z "$inputs" ]; then inputs=$(sed -n 's/^#\([0-9]*\)[^0-9].*/\1/p' "$log" | tail -n 1); fi
  echo "| $target | $outcome | ${inputs:-0} | $((SECONDS - started)) |" >>"$results"
done
exit $failed
