import assert from "node:assert/strict";
import { test } from "node:test";
import { spend } from "../../test/support/mempool_harness.ts";
import { ProtocolBench } from "../../test/support/protocol_bench.ts";
import type { Peer } from "../peer/peer.ts";
import { hashLiteral, type Txid } from "../primitives/hash.ts";
import type { Transaction } from "../primitives/transaction.ts";
import { MSG_TX } from "../wire/messages/inventory.ts";
import { PrivateReturn } from "./private_return.ts";

test("transactions that peers send have come back, and those that they name have not", () => {
  const bench = new ProtocolBench();
  const back: (readonly [Transaction, Peer])[] = [];
  bench.protocols.push(new PrivateReturn({ cameBack: (...each) => void back.push(each) }));
  const peer = bench.open();
  const transaction = spend([{ txid: hashLiteral<Txid>("01".repeat(32)), index: 0 }], 1000);
  bench.from(peer, { type: "inv", value: { items: [{ type: MSG_TX, hash: transaction.txid }] } });
  assert.deepEqual(back, []);
  bench.from(peer, { type: "tx", value: { transaction } });
  assert.deepEqual(back, [[transaction, peer]]);
});
