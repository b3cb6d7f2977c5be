#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How much of the prompts of a trace a pool finds in its KV caches, by who decides where each request goes.

    prefix_share.py --shunt build/ci/host/shunt --trace mooncake_conversation.jsonl
    prefix_share.py --shunt build/ci/host/shunt --made-up

Exits with 77 where there is no such trace.

Every policy but the oracle is a config that `shunt schedule --assume` decides with. Which endpoint gets which request then runs through
the same model of the caches: a cache holds blocks, the least recently used go first, of one prompt the last ones before the first ones.
A block counts as found where it and all blocks before it are in the cache of the endpoint that got the request.

The oracle sees the caches of this model: the share of the prompt that an endpoint holds, plus the share of the requests that it has not
got, times the weight with which it finds most. Without any weight it would find next to nothing: most prompts begin alike, so one endpoint
would get them all. "One cache" is no policy but a comparison: the memory of all endpoints as one.
Requests do not end with --assume: the load of an endpoint is how many it has got.
"""
import argparse
import collections
import json
import pathlib
import random
import subprocess
import sys
import tempfile

BLOCK_TOKENS = 512


class Cache:
    """Blocks of one endpoint, least recently used first."""

    def __init__(self, blocks):
        self.room = blocks
        self.blocks = collections.OrderedDict()

    def found(self, chain):
        for depth, block in enumerate(chain):
            if block not in self.blocks:
                return depth
        return len(chain)

    def add(self, chain):
        # From the end, so that the beginning is used last.
        for block in reversed(chain[:self.room]):
            self.blocks[block] = None
            self.blocks.move_to_end(block)
        while len(self.blocks) > self.room:
            self.blocks.popitem(last=False)


def chains(path, limit):
    found = []
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            found.append(json.loads(line)["hash_ids"])
            if len(found) == limit:
                break
    return found


ORACLE_WEIGHTS = (0.05, 0.1, 0.2, 0.33, 0.5, 1.0)


def make_trace(path, sessions=150, requests=3000):
    """Conversations in turn: each request is the whole of its conversation so far, behind one of a few beginnings that many share."""
    draw = random.Random(1)
    grown = [[draw.randrange(8)] for _ in range(sessions)]
    blocks = 8
    with open(path, "w", encoding="utf-8") as out:
        for number in range(requests):
            chain = draw.choice(grown)
            if len(chain) > 30:
                chain[:] = [draw.randrange(8)]
            new = draw.randrange(1, 4)
            chain += range(blocks, blocks + new)
            blocks += new
            out.write(json.dumps({"timestamp": number * 100, "input_length": len(chain) * BLOCK_TOKENS, "output_length": 1,
                                  "hash_ids": chain}) + "\n")


def oracle(requests, endpoints, blocks, weight):
    caches = [Cache(blocks) for _ in range(endpoints)]
    got = [0] * endpoints
    picks = []
    for chain in requests:
        most = max(*got, 1)
        best = max(range(endpoints), key=lambda i: caches[i].found(chain) / max(len(chain), 1) + weight * (1 - got[i] / most))
        caches[best].add(chain)
        got[best] += 1
        picks.append(best)
    return picks


def share(requests, picks, endpoints, blocks):
    caches = [Cache(blocks) for _ in range(endpoints)]
    found = total = 0
    for chain, pick in zip(requests, picks, strict=True):
        found += caches[pick].found(chain)
        total += len(chain)
        caches[pick].add(chain)
    return found / total if total else 0.0


def profile(*plugins, **sections):
    """A config of one profile; each plugin is a type, its weight and its parameters."""
    return {"plugins": [{"type": kind, "parameters": parameters} for kind, _, parameters in plugins],
            "schedulingProfiles": [{"name": "default", "plugins": [
                {"pluginRef": kind, **({"weight": weight} if weight else {})} for kind, weight, _ in plugins]}], **sections}


def configs(blocks):
    picker = ("max-score-picker", None, {})
    producer = {"type": "approx-prefix-cache-producer",
                "parameters": {"blockSizeTokens": BLOCK_TOKENS, "lruCapacityPerServer": blocks, "autoTune": False,
                               "maxPrefixTokensToMatch": 0, "maxPrefixBlocksToMatch": 2048}}
    aware = profile(("prefix-cache-scorer", 3, {}), ("active-request-scorer", 1, {}), picker)
    aware["plugins"].insert(0, producer)
    return {"random": profile(("random-picker", None, {})),
            "least load": profile(("active-request-scorer", 1, {}), picker),
            "prefix-aware": aware}


def decide(shunt, config, trace, count, endpoints, folder):
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "pool.json").write_text(json.dumps({"endpoints": [{"name": f"pod-{i:02}"} for i in range(endpoints)]}))
    with open(trace, encoding="utf-8") as lines:
        (folder / "requests.jsonl").write_text("".join(line for _, line in zip(range(count), lines)))
    done = subprocess.run([shunt, "schedule", "-c", folder / "config.json", "--endpoints", folder / "pool.json", "--requests",
                           folder / "requests.jsonl", "--assume", "--seed", "1"], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(done.stderr)
    return [int(json.loads(line)["endpoints"][0].removeprefix("pod-")) for line in done.stdout.splitlines()]


def measure(shunt, trace, limit, endpoints, blocks):
    """By policy: share of the blocks that were found, that of the oracle, and the busiest endpoint's requests over the mean."""
    requests = chains(trace, limit)
    with tempfile.TemporaryDirectory() as folder:
        picks = {name: decide(shunt, config, trace, len(requests), endpoints, pathlib.Path(folder))
                 for name, config in configs(blocks).items()}
    picks["oracle"] = max((oracle(requests, endpoints, blocks, weight) for weight in ORACLE_WEIGHTS),
                          key=lambda chosen: share(requests, chosen, endpoints, blocks))
    best = share(requests, picks["oracle"], endpoints, blocks)
    rows = {}
    for name, chosen in picks.items():
        found = share(requests, chosen, endpoints, blocks)
        busiest = max(collections.Counter(chosen).values()) * endpoints / len(requests)
        rows[name] = {"share": found, "of_oracle": found / best if best else 0.0, "busiest": busiest}
    bound = share(requests, [0] * len(requests), 1, blocks * endpoints)
    rows["one cache"] = {"share": bound, "of_oracle": bound / best if best else 0.0, "busiest": 1.0}
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shunt", required=True)
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--trace", type=pathlib.Path, help="Mooncake trace, JSON lines")
    source.add_argument("--made-up", action="store_true", help="a small trace of conversations")
    parser.add_argument("--requests", type=int, default=0, help="of the beginning; 0: all")
    parser.add_argument("--endpoints", type=int, default=16)
    parser.add_argument("--blocks", type=int, nargs="+", default=[1000, 2000, 4000], help=f"of {BLOCK_TOKENS} tokens, per endpoint")
    parser.add_argument("--at-least", type=float, default=0.0, help="share of the oracle's that the prefix-aware profile has to reach")
    arguments = parser.parse_args()
    own = tempfile.TemporaryDirectory()
    if arguments.made_up:
        arguments.trace = pathlib.Path(own.name) / "trace.jsonl"
        make_trace(arguments.trace)
    if not arguments.trace.exists():
        print(f"skipped: there is no {arguments.trace}")
        return 77
    good = True
    print("| cache per endpoint | policy | found | of the oracle's | busiest endpoint |")
    print("|---|---|---|---|---|")
    for blocks in arguments.blocks:
        rows = measure(arguments.shunt, arguments.trace, arguments.requests, arguments.endpoints, blocks)
        for name, row in rows.items():
            print(f"| {blocks:,} blocks | {name} | {row['share']:.1%} | {row['of_oracle']:.1%} | {row['busiest']:.2f} times the mean |")
        good = good and rows["prefix-aware"]["of_oracle"] >= arguments.at_least
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
