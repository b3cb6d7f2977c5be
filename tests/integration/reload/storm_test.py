#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The quick form of storm.py: not enough to measure anything, enough to lose a request.

    storm_test.py SHUNT SHUNT_SIM FIXTURES
"""
import sys
import unittest

import storm


class Storm(unittest.TestCase):
    def test_no_request_suffers(self):
        result = storm.run(weights=60, libraries=12, baseline_s=0.1)
        self.assertEqual(storm.losses(result), [])
        # Of the last reload requests may still be under way.
        self.assertLessEqual(result["retired"], 1)
        self.assertGreater(result["swaps"], 0)
        self.assertGreater(result["named"], 0)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
