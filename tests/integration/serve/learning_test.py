#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A host that learns how fast its model servers are, from nothing but their answers.

    learning_test.py SHUNT SHUNT_SIM
"""
import sys
import unittest

from stack import Host, Sim, endpoints_of

SHUNT, SIM = sys.argv[1:3]
OBSERVED = "shunt_predicted_latency_producer_observations_total"


def named(sim, name):
    return {**endpoints_of(sim)[0], "name": name}


class Learning(unittest.TestCase):
    def test_the_faster_server_gets_the_requests_once_both_have_answered(self):
        config = {"plugins": [{"type": "predicted-latency-producer"}, {"type": "inflight-load-producer"},
                              {"type": "latency-scorer"}, {"type": "random-picker"}, {"type": "max-score-picker"},
                              {"type": "header-profile-handler", "parameters": {"headerName": "x-phase", "defaultProfile": "learned"}}],
                  "schedulingProfiles": [
                      {"name": "learned", "plugins": [{"pluginRef": "latency-scorer"}, {"pluginRef": "max-score-picker"}]},
                      {"name": "any", "plugins": [{"pluginRef": "random-picker"}]}]}
        with Sim(SIM, "--servers", 1, "--prefill-ms", 400) as slow, Sim(SIM, "--servers", 1, "--prefill-ms", 5) as fast:
            config["endpoints"] = [named(slow, "slow"), named(fast, "fast")]
            with Host(SHUNT, None, config) as host:
                host.until_ready()

                def ask(phase):
                    answer = host.post("/v1/chat/completions",
                                       {"model": "base", "stream": True, "max_tokens": 3,
                                        "messages": [{"role": "user", "content": "hello"}]},
                                       {"content-type": "application/json", "x-phase": phase, "x-llm-d-slo-ttft-ms": "200"})
                    self.assertEqual(answer.status, 200)

                def served(sim):
                    page = sim[0].get("/metrics").text.splitlines()
                    return sum(float(line.rsplit(" ", 1)[1]) for line in page if line.startswith("vllm:request_success_total"))
                for _ in range(40):
                    ask("any")
                host.until(lambda: host.total(OBSERVED) >= 40, "forty observations")
                before = served(slow), served(fast)
                self.assertGreater(min(before), 3, "both have answered")
                # One of the two meets the target, so that it does not matter whether the last answer has been accounted for yet.
                for _ in range(20):
                    ask("learned")
                self.assertEqual((served(slow), served(fast)), (before[0], before[1] + 20))


class TimePerToken(unittest.TestCase):
    def test_it_is_told_whether_or_not_the_stream_states_its_tokens(self):
        with Sim(SIM, "--servers", 1) as sim, Host(SHUNT, sim) as host:
            host.until_ready()
            for count, more in enumerate(({}, {"stream_options": {"include_usage": True}}), 1):
                answer = host.chat(stream=True, max_tokens=20, **more)
                self.assertEqual((answer.status, b'"usage":{' in answer.body), (200, bool(more)))
                host.until(lambda: host.total("shunt_request_duration_seconds_count") == count, "the end")
                self.assertEqual(host.total("shunt_output_token_seconds_count"), count)
            # Of the one stream that states them: what was counted is an estimate.
            self.assertEqual(host.total("shunt_tokens_total", kind="output"), 20)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
