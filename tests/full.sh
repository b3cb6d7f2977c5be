#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What is too slow for every change: the framework without the host, the benchmarks and with them everything as it is shipped, file
# by file, every case of the validator against every planted defect, the tests under sanitizers, the fuzzers, every place of the documentation damaged, static analysis. Writes docs/test-results/full.md.
#
#   bash tests/full.sh
#
#   SHUNT_FUZZ_SECONDS   of each fuzz target (60)
#   SHUNT_FULL_PARTS     "framework bench mutants asan tsan fuzz docs tidy": what to run
#   SHUNT_TIDY           "all" files of framework and host, or those "changed" since SHUNT_TIDY_BASE (HEAD)
#
# Fails where a test or a fuzz target does; what clang-tidy says is only reported.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source cmake/packages.sh

fuzz_seconds=${SHUNT_FUZZ_SECONDS:-60}
parts=${SHUNT_FULL_PARTS:-framework bench mutants asan tsan fuzz docs tidy}
jobs=$(nproc)
work=build/full
results=docs/test-results/full.md
failed=0
mkdir -p "$work" docs/test-results

# shellcheck disable=SC2086
shunt_require_packages $shunt_build_packages $shunt_test_packages $shunt_benchmark_packages clang-16 libclang-rt-16-dev clang-tidy-16 || exit 1
shunt_configure_ccache "$PWD"
rows=$(mktemp)
fuzz_rows=$(mktemp)
failures=$(mktemp)
tidy_rows=$(mktemp)
trap 'rm -f "$rows" "$fuzz_rows" "$failures" "$tidy_rows"' EXIT

wants() { [[ " $parts " == *" $1 "* ]]; }

# Those that start threads: in the others ThreadSanitizer has nothing to find.
threaded_tests='^(runtime_unit_test|scheduling_unit_test|shunt_plugin_unit_test|threads_test|plugin_approx_prefix_cache_producer'
threaded_tests+='|live_test|data_layer_test|shunt_data_layer_unit_test|shunt_serve_unit_test|shunt_sim_unit_test|admin_listener'
threaded_tests+='|door_.*|serve_(chaos|client_library|lifecycle_test|models|openai_client|request_log)|sim_.*'
threaded_tests+='|reload_(breaker|config|hand_over|libraries|state|storm))$'

# Configures, builds and tests one preset, and counts. All of it, or those targets and tests.
run_preset() {
  local preset=$1 targets=${2:-} tests=${3:-.} log=$work/$1.log started=$SECONDS total bad
  echo "== $preset"
  # shellcheck disable=SC2086
  if ! { cmake --preset "$preset" && cmake --build --preset "$preset" -j "$jobs" ${targets:+--target $targets}; } \
    >"$log" 2>&1; then
    tail -n 30 "$log"
    echo "| $preset | build failed | | $((SECONDS - started)) |" >>"$rows"
    failed=1
    return
  fi
  # One at a time: a sanitizer slows a test down enough without neighbours.
  ctest --preset "$preset" -R "$tests" 2>&1 | tee "$work/$preset-tests.log" | tail -n 15
  read -r bad total < <(sed -n 's/.*tests passed, \([0-9]*\) tests failed out of \([0-9]*\).*/\1 \2/p' "$work/$preset-tests.log")
  echo "| $preset | $((${total:-0} - ${bad:-0})) | ${bad:-?} | $((SECONDS - started)) |" >>"$rows"
  if [ "${bad:-1}" -ne 0 ] || [ "${total:-0}" -eq 0 ]; then
    failed=1
    sed -n 's/^[[:space:]]*[0-9]* - \([^ ]*\) (\([^)]*\)).*$/* '"$preset"': `\1` (\2)/p' "$work/$preset-tests.log" >>"$failures"
  fi
}

# With warnings as errors. That they are built and start: what they measure is for a quiet machine.
run_bench() {
  local started=$SECONDS log=$work/bench.log program total=0 bad=0
  echo "== bench"
  if ! { cmake --preset bench -DSHUNT_DEVELOPER_MODE=ON && cmake --build --preset bench -j "$jobs"; } >"$log" 2>&1; then
    tail -n 30 "$log"
    echo "| bench | build failed | | $((SECONDS - started)) |" >>"$rows"
    failed=1
    return
  fi
  for program in build/bench/tests/bench/shunt_bench_*; do
    [ -f "$program" ] && [ -x "$program" ] || continue
    total=$((total + 1))
    "$program" --benchmark_list_tests 2>>"$log" | grep -q . || { bad=$((bad + 1)); failed=1; }
  done
  [ "$total" -gt 0 ] || failed=1
  echo "| bench | $((total - bad)) | $bad | $((SECONDS - started)) |" >>"$rows"
}

# Of the build that tests/run.sh has made.
run_mutants() {
  local started=$SECONDS log=$work/mutants.log bad=0
  echo "== mutants"
  python3 -B tests/conformance/mutants/run_mutants.py build/ci/host/shunt build/ci/tests/conformance/mutants --all >"$log" 2>&1 ||
    { bad=$(grep -c . "$log"); failed=1; }
  tail -n 5 "$log"
  echo "| mutants | $(sed -n 's/^ok: \([0-9]*\) .*/\1/p' "$log") | $bad | $((SECONDS - started)) |" >>"$rows"
}

run_fuzzers() {
  local started=$SECONDS passed bad
  echo "== fuzz"
  bash tests/fuzz/run_fuzzers.sh "$fuzz_seconds" "$fuzz_rows" || failed=1
  passed=$(grep -c '| passed |' "$fuzz_rows")
  bad=$(grep -c 'failed' "$fuzz_rows")
  echo "| fuzz | $passed | $bad | $((SECONDS - started)) |" >>"$rows"
}

# With the program that tests/run.sh has built.
run_docs() {
  local started=$SECONDS log=$work/docs.log total bad
  echo "== docs"
  python3 -B tests/docs/mutate_docs.py build/ci/host --all >"$log" 2>&1 || failed=1
  tail -n 15 "$log"
  read -r total bad < <(sed -n 's/^\([0-9]*\) damages, \([0-9]*\) of them unnoticed.*/\1 \2/p' "$log")
  echo "| damaged documentation | $((${total:-0} - ${bad:-0})) | ${bad:-?} | $((SECONDS - started)) |" >>"$rows"
}

# The files that clang-tidy looks at, one per line.
tidy_files() {
  if [ "${SHUNT_TIDY:-all}" = changed ]; then
    { git diff --name-only "${SHUNT_TIDY_BASE:-HEAD}" && git ls-files --others --exclude-standard; } |
      grep -E '^(framework|host)/.*\.cpp$' | sort -u
  else
    find framework host -name '*.cpp' | sort
  fi
}

run_tidy() {
  local started=$SECONDS log=$work/clang-tidy.log files findings
  echo "== clang-tidy"
  cmake --preset fuzz -DCMAKE_EXPORT_COMPILE_COMMANDS=ON >"$work/tidy-configure.log" 2>&1 || return
  files=$(tidy_files | wc -l)
  tidy_files | xargs -r -n 1 -P "$jobs" clang-tidy-16 -p build/fuzz --quiet >"$log" 2>"$work/clang-tidy-errors.log"
  # A header's finding comes once per file that includes it.
  findings=$(grep -E '(warning|error): .*\[[a-zA-Z0-9.,-]+\]$' "$log" | sort -u)
  printf '%s' "$findings" | sed -n 's/.*\[\([a-zA-Z0-9.-]*\).*\]$/\1/p' | sort | uniq -c | sort -rn |
    awk '{ printf "| %s | %d |\n", $2, $1 }' >"$tidy_rows"
  echo "| clang-tidy ($files files) | | $(printf '%s' "$findings" | grep -c . || true) findings | $((SECONDS - started)) |" >>"$rows"
}

if wants framework; then run_preset framework; fi
if wants bench; then run_bench; fi
if wants mutants; then run_mutants; fi
if wants asan; then run_preset asan; fi
if wants tsan; then run_preset tsan "" "$threaded_tests"; fi
if wants fuzz; then run_fuzzers; fi
if wants docs; then run_docs; fi
if wants tidy; then run_tidy; fi

commit=$(git rev-parse --short=12 HEAD 2>/dev/null || echo "none")
if [ -n "$(git status --porcelain 2>/dev/null)" ]; then commit="$commit, with uncommitted changes"; fi
{
  echo "# Full test run"
  echo
  echo "Written by \`tests/run.sh --full\`."
  echo
  echo "* Date: $(date -u +%Y-%m-%d)"
  echo "* Commit: $commit"
  echo "* Compilers: $(g++ --version | head -n 1); $(clang++-16 --version | head -n 1)"
  echo
  echo "| Part | Passed | Failed | Seconds |"
  echo "|---|---|---|---|"
  cat "$rows"
  if [ -s "$failures" ]; then
    echo
    echo "Tests that failed:"
    echo
    cat "$failures"
  fi
  if [ -s "$fuzz_rows" ]; then
    echo
    echo "## Fuzz targets"
    echo
    echo "With AddressSanitizer and UndefinedBehaviorSanitizer."
    echo
    echo "| Target | Outcome | Inputs | Seconds |"
    echo "|---|---|---|---|"
    cat "$fuzz_rows"
  fi
  if [ -s "$tidy_rows" ]; then
    echo
    echo "## clang-tidy"
    echo
    echo "| Check | Findings |"
    echo "|---|---|"
    cat "$tidy_rows"
  fi
} >"$results"
echo "written: $results"
exit $failed
