import assert from "node:assert/strict";
import { test } from "node:test";
import { blockJson, txJson } from "./devnet_json.ts";
import { blockLine, choosePaint, commandName, txLine } from "./devnet_text.ts";

const PLAIN = choosePaint(false);
const NOON = new Date(2026, 0, 2, 12, 4, 31);

const block = {
  type: "block:spread", hash: "00".repeat(32), height: 111, transactions: 14, bytes: 3100, by: "alice",
  reached: { bob: 3.6, carol: 6.04 }, nodes: 3, of: 3,
} as const;
const tx = {
  type: "tx:spread", txid: `9f3c${"0".repeat(58)}71`, by: "bob", vsize: 100, fee: 210n, isMined: false,
  reached: { alice: 311.7, carol: 20 }, nodes: 3, of: 3,
} as const;

test("a block is one line, with the time to each node", () => {
  assert.equal(
    blockLine(block, NOON, PLAIN), "12:04:31  block   111  alice   14 txs    3.1 kB   →bob 4 ms  →carol 6 ms",
  );
  const one = { ...block, transactions: 1, bytes: 250, nodes: 2, reached: { bob: 1 } };
  assert.equal(
    blockLine(one, NOON, PLAIN),
    "12:04:31  block   111  alice     1 tx     250 B   →bob 1 ms  (2 of 3 nodes)",
  );
});

test("a transaction is one line, with the time to the last node", () => {
  assert.equal(
    txLine(tx, "p2tr", NOON, PLAIN),
    "12:04:31  tx     9f3c…71  bob    p2tr            2.1 sat/vB   reached 3/3 in 312 ms",
  );
  const mined = { ...tx, isMined: true, nodes: 1, reached: {} };
  assert.match(txLine(mined, "p2tr", NOON, PLAIN), /reached 1\/3 in 0 ms, then a block took it$/);
});

test("nothing but text is printed where there are to be no colours", () => {
  const escapeCharacter = String.fromCharCode(27);
  assert.ok(!blockLine(block, NOON, PLAIN).includes(escapeCharacter));
  assert.ok(blockLine(block, NOON, choosePaint(true)).includes(escapeCharacter));
});

test("as JSON, both have their numbers, and amounts as text", () => {
  const { time: _, ...line } = blockJson(block);
  assert.deepEqual(line, {
    type: "block", hash: block.hash, height: 111, transactions: 14, bytes: 3100, by: "alice",
    reached: { bob: 3.6, carol: 6 }, nodes: 3, of: 3,
  });
  const { time: __, ...txData } = txJson(tx, undefined);
  assert.deepEqual(txData, {
    type: "tx", txid: tx.txid, by: "bob", vsize: 100, fee: "210", feeRate: 2.1, mined: false,
    reached: { alice: 311.7, carol: 20 }, nodes: 3, of: 3,
  });
});

test("the command is named so that it can be typed", () => {
  assert.equal(commandName(process.cwd(), true), "bin/tidings");
  assert.equal(commandName("/elsewhere/node_modules/tidings", false), "npx tidings");
});
