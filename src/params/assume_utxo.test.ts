import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { coreTree, skipWithoutCoreTree } from "../../test/support/environment.ts";
import { displayHash } from "../primitives/hash.ts";
import {
  type AssumeUtxo, MAIN_ASSUME_UTXO, REGTEST_ASSUME_UTXO, SIGNET_ASSUME_UTXO, TESTNET3_ASSUME_UTXO,
  TESTNET4_ASSUME_UTXO,
} from "./assume_utxo.ts";
import { NETWORKS } from "./networks.ts";


/** In the order of kernel/chainparams.cpp. */
const ALL = [
  MAIN_ASSUME_UTXO, TESTNET3_ASSUME_UTXO, TESTNET4_ASSUME_UTXO, SIGNET_ASSUME_UTXO, REGTEST_ASSUME_UTXO,
];

function ownValues(entries: readonly AssumeUtxo[]): readonly string[] {
  return entries.map(({ height, transactionCount, coinsHash, blockHash }) => {
    return [height, coinsHash, transactionCount, displayHash(blockHash)].join(" ");
  });
}

/** Each entry that Bitcoin Core's source has, in the form of `ownValues`, network by network. */
function coreValues(): readonly (readonly string[])[] {
  const source = readFileSync(join(coreTree, "src", "kernel", "chainparams.cpp"), "utf8");
  return source.split("m_assumeutxo_data = {").slice(1).map((text) => {
    const list = text.slice(0, text.indexOf("\n        };"));
    const entries = list.matchAll(
      /\.height = ([\d']+),[^}]*?\{uint256\{"(\w+)"\}\},\s*\.m_chain_tx_count = (\d+),\s*\.blockhash = uint256\{"(\w+)"\}/g);
    return [...entries].map((entry) => entry.slice(1).join(" ").replaceAll("'", ""));
  });
}

test("the coins that each network trusts are those of Bitcoin Core's source", {
  skip: skipWithoutCoreTree,
}, () => assert.deepEqual(ALL.map(ownValues), coreValues()));

test("the coins that each network trusts are those of Bitcoin Core 31", () => {
  assert.deepEqual(ALL.map((entries) => entries.map(({ height }) => height)), [
    [840_000, 880_000, 910_000, 935_000], [2_500_000, 4_840_000], [90_000, 120_000], [160_000, 290_000],
    [110, 200, 299],
  ]);
  assert.deepEqual(ownValues(REGTEST_ASSUME_UTXO).at(-1),
    "299 106b2c56233e378a824cf0d5ff2be42ed32c72f1605c9be288d00942908a40ac 334 " +
      "0c552ced4721c249a389eb9b08cb8da261cd46f0e7b5f9d064d48f3113406853");
});

test("what is trusted is named in order of height, and no block or set of coins twice", () => {
  for (const { assumeUtxo } of NETWORKS) {
    const heights = assumeUtxo.map(({ height }) => height);
    assert.deepEqual(heights, heights.toSorted((a, b) => a - b));
    for (const pick of [(each: AssumeUtxo) => displayHash(each.blockHash), (each: AssumeUtxo) => each.coinsHash]) {
      assert.equal(new Set(assumeUtxo.map(pick)).size, assumeUtxo.length);
    }
  }
});
