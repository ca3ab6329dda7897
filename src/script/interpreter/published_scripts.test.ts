import assert from "node:assert/strict";
import { test } from "node:test";
import { skipWithoutShared } from "../../../test/support/paths.ts";
import "../../../test/support/portable_curve.ts";
import { SCRIPT_ASSETS } from "../../../test/vectors/asset_vectors.ts";
import { SCRIPT_TESTS } from "../../../test/vectors/script_vectors.ts";
import { INVALID_TRANSACTIONS, VALID_TRANSACTIONS } from "../../../test/vectors/transaction_vectors.ts";
import { sharedCases } from "../../../test/vectors/vector_files.ts";
import { failuresOf } from "../../../test/vectors/vector_format.ts";

const FILES = [
  ["script tests end as they say", SCRIPT_TESTS, "core/script_tests.json", 1222],
  ["valid transactions pass", VALID_TRANSACTIONS, "core/tx_valid.json", 121],
  ["invalid transactions fail", INVALID_TRANSACTIONS, "core/tx_invalid.json", 93],
  ["taproot spends pass and fail", SCRIPT_ASSETS, "core/script_assets_sample.json", 547],
] as const;

for (const [claim, format, path, count] of FILES) {
  test(`Bitcoin Core's ${count} ${claim}`, { skip: skipWithoutShared }, () => {
    const cases = sharedCases(format, path);
    assert.equal(cases.length, count);
    assert.deepEqual(failuresOf(cases), []);
  });
}
