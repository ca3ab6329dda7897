/**
 * Small transactions that anyone can spend, and that depend on nothing but a block: to have something to
 * relay.
 *
 * @module
 */
import { fromHex, toHex } from "../../src/base/bytes.ts";
import { decodeWith } from "../../src/codec/codec.ts";
import type { Sats } from "../../src/primitives/amount.ts";
import { type OutPoint, type Output, SEQUENCE_FINAL, Transaction, transactionCodec } from "../../src/primitives/transaction.ts";
import type { BenchDaemon } from "./daemon.ts";

const FEE = 1_000;
/** Calls in one request. */
const BATCH = 250;

/** A push, dropped again: anyone can spend it. The push makes a transaction long enough to be relayed. */
const ANYONE = Uint8Array.of(0x08, 0, 0, 0, 0, 0, 0, 0, 0, 0x75, 0x51);

/** So many, in hexadecimal; each spends a confirmed output of its own. Mines what they need. */
export async function makePayments(daemon: BenchDaemon, count: number): Promise<readonly string[]> {
  const pay = `raw(${toHex(ANYONE)})`;
  const [first] = await daemon.call<string[]>("generatetodescriptor", 101, pay);
  const block = await daemon.call<{ tx: readonly string[] }>("getblock", first, 1);
  const [coinbaseId] = block.tx;
  const hex = await daemon.call<string>("getrawtransaction", coinbaseId, false, first);
  const { txid, outputs: [reward] } = decodeWith(transactionCodec, fromHex(hex));
  const value = Math.floor(((reward?.value ?? 0) - 100 * FEE) / count) as Sats;
  const fan = spend({ txid, index: 0 }, Array.from({ length: count }, () => ({ value, script: ANYONE })));
  await daemon.call("sendrawtransaction", toHex(fan.bytes));
  await daemon.call("generatetodescriptor", 1, pay);
  return Array.from({ length: count }, (_, index) => {
    const output = { value: (value - FEE) as Sats, script: ANYONE };
    return toHex(spend({ txid: fan.txid, index }, [output]).bytes);
  });
}

export async function submit(daemon: BenchDaemon, transactions: readonly string[]): Promise<void> {
  for (let start = 0; start < transactions.length; start += BATCH) {
    const part = transactions.slice(start, start + BATCH);
    await daemon.batch(part.map((hex) => ({ method: "sendrawtransaction", params: [hex] })));
  }
}

function spend(prevout: OutPoint, outputs: readonly Output[]): Transaction {
  const input = { prevout, scriptSig: new Uint8Array(0), sequence: SEQUENCE_FINAL, witness: [] };
  return Transaction.of({ version: 2, inputs: [input], outputs, locktime: 0 });
}
