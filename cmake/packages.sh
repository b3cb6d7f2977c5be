# SPDX-License-Identifier: Apache-2.0
# Sourced by host/demo.sh and tests/run.sh: installs Debian packages that are missing, and only those.

shunt_build_packages="g++ cmake ninja-build pkg-config ccache libboost1.81-dev libboost-json1.81-dev libspdlog-dev \
libyaml-cpp-dev libssl-dev libcli11-dev libxxhash-dev prometheus-cpp-dev"
shunt_test_packages="libgtest-dev libgmock-dev librapidcheck-dev python3 valgrind binutils dpkg-dev file \
doxygen chromium chromium-driver curl"
shunt_benchmark_packages="libbenchmark-dev"

shunt_require_packages() {
  local missing="" package
  for package in "$@"; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing="$missing $package"
  done
  [ -n "$missing" ] || return 0
  echo "installing:$missing"
  local as_root=""
  if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null || { echo "these packages are missing and there is neither root nor sudo:$missing" >&2; return 1; }
    as_root="sudo"
  fi
  # shellcheck disable=SC2086
  $as_root apt-get update -qq &&
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
}

# Absolute paths stay out of the cache's keys, so that every build folder and clone shares it.
shunt_configure_ccache() {
  export CCACHE_BASEDIR="${CCACHE_BASEDIR:-$1}" CCACHE_NOHASHDIR=1
}
