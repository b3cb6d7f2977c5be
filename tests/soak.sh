#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Hours of the same: property tests with fresh seeds, long fuzzing, and the demo workload decided over and over. Writes
# docs/test-results/soak.md. Expects the build of the preset ci, as tests/run.sh leaves it.
#
#   bash tests/soak.sh
#
#   SHUNT_SOAK_ROUNDS            of the property tests, each with a seed of its own (50)
#   SHUNT_SOAK_FUZZ_SECONDS      of each fuzz target (600)
#   SHUNT_SOAK_SCHEDULE_SECONDS  of the demo workload (1800)
#   SHUNT_SOAK_STREAMS_SECONDS   of 4,000 event streams through the running host (600)
#   SHUNT_SOAK_RELOADS           of weights under load (10000), and a tenth as many of libraries
#   SHUNT_SOAK_EVENTS            to each plugin type that remembers something (10000000)
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source cmake/packages.sh

rounds=${SHUNT_SOAK_ROUNDS:-50}
fuzz_seconds=${SHUNT_SOAK_FUZZ_SECONDS:-600}
schedule_seconds=${SHUNT_SOAK_SCHEDULE_SECONDS:-1800}
streams_seconds=${SHUNT_SOAK_STREAMS_SECONDS:-600}
reloads=${SHUNT_SOAK_RELOADS:-10000}
events=${SHUNT_SOAK_EVENTS:-10000000}
build=build/ci
work=build/soak
results=docs/test-results/soak.md
failed=0
mkdir -p "$work" docs/test-results

# shellcheck disable=SC2086
shunt_require_packages $shunt_build_packages $shunt_test_packages clang-16 libclang-rt-16-dev || exit 1
shunt_configure_ccache "$PWD"
if [ ! -x "$build/host/shunt" ]; then
  cmake --preset ci && cmake --build --preset ci -j "$(nproc)" || exit 1
fi
property_rows=$(mktemp)
fuzz_rows=$(mktemp)
schedule_rows=$(mktemp)
streams_rows=$(mktemp)
reload_rows=$(mktemp)
bounds_rows=$(mktemp)
trap 'rm -f "$property_rows" "$fuzz_rows" "$schedule_rows" "$streams_rows" "$reload_rows" "$bounds_rows"' EXIT

echo "== property tests"
python3 tests/fuzz/soak_properties.py --build "$build" --rounds "$rounds" --log "$work/properties.log" \
  --results "$property_rows" || failed=1

echo "== fuzz"
bash tests/fuzz/run_fuzzers.sh "$fuzz_seconds" "$fuzz_rows" || failed=1

echo "== shunt schedule"
python3 tests/fuzz/soak_schedule.py --shunt "$build/host/shunt" --demo host/demo --seconds "$schedule_seconds" \
  --results "$schedule_rows" || failed=1

echo "== event streams"
python3 tests/integration/serve/streams_soak.py --shunt "$build/host/shunt" --sim "$build/host/shunt-sim" \
  --seconds "$streams_seconds" --results "$streams_rows" || failed=1

echo "== reloads"
python3 -B tests/integration/reload/storm.py "$build/host/shunt" "$build/host/shunt-sim" "$build/tests/fixtures" \
  "$reloads" $((reloads / 10)) --results "$reload_rows" || failed=1

echo "== bounds"
SHUNT_BOUNDS_EVENTS=$events "$build/tests/integration/cycle/catalogue_test" --gtest_filter='*Bounds*' \
  >"$work/bounds.log" 2>&1 || failed=1
sed -n 's#^\[ *\(OK\|FAILED\) *\] Catalogue/Bounds\.[A-Za-z]*/\([a-z_]*\).* (\([0-9]*\) ms)$#| \2 | \1 | \3 |#p' \
  "$work/bounds.log" >"$bounds_rows"
tail -n 5 "$work/bounds.log"

commit=$(git rev-parse --short=12 HEAD 2>/dev/null || echo "none")
if [ -n "$(git status --porcelain 2>/dev/null)" ]; then commit="$commit, with uncommitted changes"; fi
{
  echo "# Soak run"
  echo
  echo "Written by \`tests/run.sh --soak\`."
  echo
  echo "* Date: $(date -u +%Y-%m-%d)"
  echo "* Commit: $commit"
  echo "* Compilers: $(g++ --version | head -n 1); $(clang++-16 --version | head -n 1)"
  echo
  echo "## Property tests, a fresh seed each round"
  echo
  echo "| Program | Rounds passed | Failed | Seconds |"
  echo "|---|---|---|---|"
  cat "$property_rows"
  echo
  echo "## Fuzz targets"
  echo
  echo "| Target | Outcome | Inputs | Seconds |"
  echo "|---|---|---|---|"
  cat "$fuzz_rows"
  echo
  echo "## The demo workload over and over"
  echo
  echo "Every run has to print the same bytes, and the highest memory of a run (VmHWM) must not rise."
  echo
  echo "| Command | Runs | Outputs that differ | Least VmHWM, KiB | Highest VmHWM, KiB | Outcome |"
  echo "|---|---|---|---|---|---|"
  cat "$schedule_rows"
  echo
  echo "## Event streams held open"
  echo
  echo "A stream may cost 24 KiB of the host's memory, which may not grow by more than a tenth after the first minute."
  echo
  echo "| Streams | Seconds | KiB each, at most | KiB after a minute | KiB at the end | Growth | Ended | Failed |"
  echo "|---|---|---|---|---|---|---|---|"
  cat "$streams_rows"
  echo
  echo "## Reloads under load"
  echo
  echo "Every request has to be answered, counted and received once, by a server that it may go to. Memory may not grow by more than a tenth"
  echo "after the first hundred, and the 99th percentile of the decision time be one and a half times that without reloads, which is the"
  echo "lower one of ten seconds before and ten after. Neither bound is asked for with a sanitizer."
  echo
  echo "| Build | Weights | Libraries | By signal, API, command, files | Published | Refused | Requests | Wrong | p99 without reloads, us | p99 meanwhile, us | KiB after 100 | KiB at the end |"
  echo "|---|---|---|---|---|---|---|---|---|---|---|---|"
  cat "$reload_rows"
  echo
  echo "## What plugins remember"
  echo
  echo "$events events, each of a user, a session and a prompt of its own. Memory in use may not grow after the first half."
  echo
  echo "| Plugin type | Outcome | Milliseconds |"
  echo "|---|---|---|"
  cat "$bounds_rows"
} >"$results"
echo "written: $results"
exit $failed
