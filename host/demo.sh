#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Builds shunt and shows what it does, on a fresh Debian 12 or on a developer's machine:
#
#   host/demo.sh          decides a captured workload, serves live requests in front of simulated model servers, and replaces a
#                         plugin under their load
#   host/demo.sh --stay   leaves the live host running until Ctrl-C, so that you can look at its page
#
# Needs no GPU. Nothing is left running, and nothing is written outside build/release (packages excepted, where some are missing).
set -euo pipefail

# The host loads no library that others may change.
umask 022
root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
cd "$root"
packages=(g++ cmake ninja-build pkg-config libboost1.81-dev libboost-json1.81-dev libspdlog-dev libyaml-cpp-dev
  libssl-dev libcli11-dev libxxhash-dev prometheus-cpp-dev ccache curl)
work=build/release/demo
mkdir -p "$work"
stay=false
case "${1:-}" in
  "") ;;
  --stay) stay=true ;;
  *) echo "unknown argument: $1 (there is --stay)" >&2; exit 2 ;;
esac

title() { printf '\n== %s\n' "$*"; }
# Shows a command, then runs it.
run() {
  printf '$ %s\n' "$*"
  "$@"
}

# The same for a command whose output is kept in a file.
run_into() {
  local file="$1"
  shift
  printf '$ %s > %s\n' "$*" "$file"
  "$@" >"$file"
}

install_missing() {
  local missing=() package
  for package in "${packages[@]}"; do
    if [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)" != installed ]; then
      missing+=("$package")
    fi
  done
  if [ "${#missing[@]}" -eq 0 ]; then return; fi
  title "Installing what the build needs: ${missing[*]}"
  local as_root=()
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || { echo "these packages are missing, and there is no sudo: ${missing[*]}" >&2; exit 1; }
    as_root=(sudo)
  fi
  run "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get update -qq
  run "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"
}

# The first pick of each decision of a file.
picked() { sed -n 's/.*"endpoints":\["\([^"]*\)".*/\1/p' "$1"; }

# How often each endpoint was picked, as bars.
spread() {
  picked "$1" | sort | uniq -c | sort -k1,1nr -k2,2 |
    awk '{ bar = ""; for (i = 0; i < $1; i += 4) bar = bar "#"; printf "  %-10s %5d  %s\n", $2, $1, bar }'
}

if command -v dpkg-query >/dev/null; then install_missing; fi

title "Building"
run_into "$work/configure.log" cmake --preset release || { cat "$work/configure.log"; exit 1; }
run_into "$work/build.log" cmake --build --preset release || { tail -n 40 "$work/build.log"; exit 1; }
shunt=build/release/host/shunt
demo=host/demo

title "The program and its plugins: each of these is a shared object with one exported symbol"
run "$shunt" version
run "$shunt" plugin list

title "Is the config right?"
run "$shunt" config check -c "$demo/shunt.jsonc"

title "Deciding $(wc -l <"$demo/requests.jsonl") requests over $(grep -c '"name"' "$demo/endpoints.jsonc") endpoints with captured metrics pages"
workload=(--endpoints "$demo/endpoints.jsonc" --requests "$demo/requests.jsonl" --assume)
run_into "$work/picks.jsonl" "$shunt" schedule -c "$demo/shunt.jsonc" "${workload[@]}"
echo "The first two answers:"
sed -n 1,2p "$work/picks.jsonl" | cut -c 1-200
echo "How the picks spread:"
spread "$work/picks.jsonl"

title "Why was this endpoint chosen for the second turn of a conversation, and why not another one?"
grep -E '"id":"full-[01]"' "$demo/requests.jsonl" >"$work/conversation.jsonl"
other="$(picked "$work/picks.jsonl" | tail -n 1)"
run_into "$work/table.txt" "$shunt" schedule -c "$demo/shunt.jsonc" --endpoints "$demo/endpoints.jsonc" \
  --requests "$work/conversation.jsonl" -o text --why-not "$other"
sed -n '/^request full-1 /,$p' "$work/table.txt"

title "How long a decision takes, from candidates to pick"
run_into "$work/timed.jsonl" "$shunt" schedule -c "$demo/shunt.jsonc" "${workload[@]}" --timings
sed -n 's/.*"duration_ns":\([0-9]*\)}$/\1/p' "$work/timed.jsonl" | sort -n |
  awk '{ t[NR] = $1 } END { printf "  median %.1f us, 99th percentile %.1f us, %d decisions\n",
         t[int((NR + 1) / 2)] / 1000, t[int(NR * 0.99 + 0.999)] / 1000, NR }'

title "What one weight changes: cached prefixes count six times as much"
run diff "$demo/shunt.jsonc" "$demo/shunt-heavier-prefix.jsonc" || true
run_into "$work/heavier.jsonl" "$shunt" schedule -c "$demo/shunt-heavier-prefix.jsonc" "${workload[@]}"
paste -d ' ' <(picked "$work/picks.jsonl") <(picked "$work/heavier.jsonl") |
  awk '$1 != $2 { moved++ } END { printf "%d of %d requests go elsewhere. The ten busiest endpoints now:\n", moved, NR }'
spread "$work/heavier.jsonl" | sed -n 1,10p

# What runs in the background ends with this script, however it ends.
running=()
end_all() {
  local process
  for process in ${running[@]+"${running[@]}"}; do kill -TERM "$process" 2>/dev/null || true; done
  wait
}
trap end_all EXIT

# Waits for the first line of a file that a program in the background writes.
first_line() {
  local file="$1" process="$2"
  until [ -s "$file" ]; do
    kill -0 "$process" 2>/dev/null || { echo "it ended before it was ready" >&2; exit 1; }
    sleep 0.1
  done
  head -n 1 "$file"
}

title "Live: eight simulated model servers, ten times as fast as real ones"
rm -f "$work/sim.json" "$work/ready.json"
build/release/host/shunt-sim -c "$demo/servers.jsonc" --endpoints-out "$work/endpoints.jsonc" >"$work/sim.json" &
running+=($!)
first_line "$work/sim.json" $! | cut -c 1-200

title "Live: the host in front of them"
# Its config and its libraries will change.
rm -rf "$work/host"
mkdir -p "$work/host/plugins"
cp "$demo/serve.jsonc" "$work/host/shunt.jsonc"
head -c 24 /dev/urandom | base64 >"$work/host/token"
run_live=("$shunt" serve -c "$work/host/shunt.jsonc" --endpoints "$work/endpoints.jsonc" --state-dir "$work/host/state"
  --listen 127.0.0.1:0 --admin 127.0.0.1:0 -o json)
printf '$ %s\n' "${run_live[*]}"
"${run_live[@]}" >"$work/ready.json" 2>"$work/serve.log" &
host=$!
running+=($host)
first_line "$work/ready.json" $host
door="$(sed -n 's/.*"http":"\([^"]*\)".*/\1/p' "$work/ready.json")"
admin="$(sed -n 's/.*"admin":"\([^"]*\)".*/\1/p' "$work/ready.json")"
until curl -sf "$admin/readyz" >"$work/readyz.json"; do
  kill -0 $host || { cat "$work/serve.log" >&2; exit 1; }
  sleep 0.1
done

title "A streamed answer, as any client of OpenAI's API gets it"
ask() { # prompt, tokens
  printf '{"model":"base","stream":true,"max_tokens":%d,"messages":[{"role":"user","content":"%s"}]}' "$2" "$1"
}
run curl -sN "$door/v1/chat/completions" -d "$(ask "Which server are you?" 6)" | cut -c 1-160

title "A load of 400 streamed requests in eight conversations, 32 at a time"
for conversation in 1 2 3 4 5 6 7 8; do
  ask "conversation $conversation $(printf 'about the same long text %.0s' $(seq 1 60))" 40 >"$work/conversation-$conversation.json"
  curl -sN --no-progress-meter --parallel --parallel-max 4 -o /dev/null "$door/v1/chat/completions?turn=[1-50]" -d "@$work/conversation-$conversation.json" &
  loads[conversation]=$!
done
for load in "${loads[@]}"; do wait "$load"; done
echo "How they ended:"
curl -sf "$admin/metrics" | grep -E '^shunt_requests_total' | sed 's/^/  /'
echo "Where the last 100 explained ones went:"
curl -sf "$admin/v1/decisions?limit=100" | grep -o '"endpoint":"[^"]*"' | sort | uniq -c | sort -k1,1nr -k2,2 | sed 's/^/  /'

title "Why the last one went there"
last="$(curl -sf "$admin/v1/decisions?limit=1" | sed -n 's/.*"id":"\([0-9a-f-]*\)".*/\1/p')"
run curl -sf "$admin/v1/decisions/$last" | cut -c 1-900
echo

title "A plugin from outside: three versions of one source, each built with one line"
version_of() { echo "$work/tier_scorer-$1.so"; }
for version in 1 2 3; do
  run g++ -std=c++20 -O2 -shared -fPIC -fvisibility=hidden -fno-gnu-unique -Isdk/include -DTIER_SCORER=$version \
    docs/examples/live-rollout/tier_scorer.cpp -o "$(version_of $version)"
done

# Goes on until there is a file "enough". Keeps the status of every answer.
load() {
  until [ -e "$work/enough" ]; do
    curl -sN --no-progress-meter --parallel --parallel-max 4 -o /dev/null -w '%{http_code}\n' \
      "$door/v1/chat/completions?turn=[1-20]" -d "@$work/conversation-$1.json" >>"$work/answers-$1.txt" || true
  done
}

# The tiers of servers that the next hundred requests and more go to.
tiers() {
  local generation newest
  generation="$(curl -sf "$admin/v1/reloads" | sed 's/^{"schema":1,"generation":\([0-9]*\).*/\1/')"
  newest="$(curl -sf "$admin/v1/decisions?limit=1" | sed 's/.*"newest":\([0-9]*\).*/\1/')"
  until curl -sf "$admin/v1/decisions?after=$newest&limit=1000" | sed 's/},{/},\n{/g' |
    sed -n 's/.*"endpoint":"\([a-z]*\)-.*"generation":'"$generation"',.*/\1/p' >"$work/tiers.txt" &&
    [ "$(wc -l <"$work/tiers.txt")" -ge 100 ]; do
    kill -0 $host || { cat "$work/serve.log" >&2; exit 1; }
    sleep 0.1
  done
  echo "Where generation $generation sends requests:"
  sort "$work/tiers.txt" | uniq -c | sed 's/^/  /'
}

reload=("$shunt" reload --wait --admin "${admin#http://}" --token-file "$work/host/token")
title "Under load: a reload brings the plugin into the config. It prefers servers of the tier spot"
rm -f "$work/enough" "$work"/answers-*.txt
loads=()
for conversation in 1 2 3 4 5 6 7 8; do
  load $conversation &
  loads+=($!)
done
running+=("${loads[@]}")
tiers
run diff "$demo/serve.jsonc" "$demo/serve-tiers.jsonc" || true
cp "$demo/serve-tiers.jsonc" "$work/host/shunt.jsonc"
run install -m 644 "$(version_of 1)" "$work/host/plugins/tier_scorer.so"
run "${reload[@]}"
tiers

title "Under load: another version of its library. For streamed answers it prefers servers of the tier steady"
run install -m 644 "$(version_of 2)" "$work/host/plugins/tier_scorer.so"
run "${reload[@]}"
tiers

title "Under load: a version with a defect. It first decides in a process of its own, and does not get any further"
run install -m 644 "$(version_of 3)" "$work/host/plugins/tier_scorer.so"
run "${reload[@]}" && { echo "it was not refused" >&2; exit 1; }
tiers

title "How the requests ended that were answered meanwhile"
touch "$work/enough"
wait "${loads[@]}"
sort "$work"/answers-*.txt | uniq -c | awk '{ printf "  %d answers with status %s\n", $1, $2 }'
curl -sf "$admin/metrics" | grep -E '^shunt_(requests|reload|worker_restarts)_total.* [1-9]' | sed 's/^/  /'
if sort -u "$work"/answers-*.txt | grep -qvx 200; then echo "a request has failed" >&2; exit 1; fi

title "The page: endpoints, pipeline, decisions, plots"
echo "  $admin/"
if $stay; then
  echo "  (it stays until Ctrl-C)"
  trap 'exit 0' INT TERM
  while kill -0 $host 2>/dev/null; do
    curl -sN --no-progress-meter --parallel --parallel-max 4 -o /dev/null "$door/v1/chat/completions?turn=[1-20]" -d "@$work/conversation-$((RANDOM % 8 + 1)).json" || true
  done
fi

title "The end: what is under way may finish, then the host ends"
kill -TERM $host
wait $host
echo "exit status 0"

title "What next"
cat <<TEXT
  host/demo.sh --stay                            the same, and the page stays
  $shunt help                        every command, with examples
  $shunt schedule --help             decide your own requests over your own endpoints
  $shunt config print --origin       the config that is in force when there is none
  $shunt help C104                   what an error code means
  docs/tutorials/live-rollout.md     the same rollout by hand, with its way back
  plugins/queue_scorer/              a whole plugin in one file: copy it, change it, put it on SHUNT_PLUGIN_PATH
TEXT
