#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Builds shunt with its tests and runs them. Installs what is missing on Debian 12.
#
#   bash tests/run.sh            everything that fits into 15 minutes on 2 cores
#   bash tests/run.sh --full     sanitizers, fuzzers and static analysis besides; writes docs/test-results/full.md
#   bash tests/run.sh --soak     hours; writes docs/test-results/soak.md
#   bash tests/run.sh -- -R name what follows -- goes to ctest
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source cmake/packages.sh

tier=default
ctest_arguments=()
while [ $# -gt 0 ]; do
  case "$1" in
    --full) tier=full ;;
    --soak) tier=soak ;;
    --) shift; ctest_arguments=("$@"); break ;;
    -h|--help) sed -n '3,9s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; exit 0 ;;
    *) echo "unknown argument: $1 (see --help)" >&2; exit 2 ;;
  esac
  shift
done

# shellcheck disable=SC2086
shunt_require_packages $shunt_build_packages $shunt_test_packages
shunt_configure_ccache "$PWD"
jobs=$(nproc)
# What plugins remember is bounded: ten million events show it, outside of the sanitizers, which take too long for them.
if [ "$tier" != default ]; then export SHUNT_ALL_PLUGINS=1 SHUNT_TEST_EVENTS=10000000; fi
cmake --preset ci
cmake --build --preset ci -j "$jobs"
# One more at a time than processors: many of them wait for programs that they have started.
ctest --preset ci -j "$((jobs + 1))" ${ctest_arguments[@]+"${ctest_arguments[@]}"}
unset SHUNT_TEST_EVENTS

case "$tier" in
  full) bash tests/full.sh ;;
  soak) bash tests/soak.sh ;;
esac
