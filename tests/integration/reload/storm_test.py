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
        result = storm.run(weights=120, libraries=20, baseline_s=0.1)
        self.assertEqual(result["wrong"], [])
        self.assertEqual(result["refused"], [], result["errors"])
        self.assertEqual(result["requests"], result["counted"])
        self.assertEqual(result["requests"], result["completed"])
        self.assertGreaterEqual(result["published"], 120)
        # The one before the last is kept for a rollback.
        self.assertLessEqual(result["retired"], 2)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
