/**
 * The chain on regtest that Bitcoin Core's tests make for their snapshot of 299 blocks, made anew over
 * JSON-RPC: which block pays to whom, and which coins are spent where (test/functional: test_framework.py,
 * _initialize_chain; feature_assumeutxo.py; wallet.py, MiniWallet).
 *
 * @module
 */
import { concatBytes, fromHex, reversed, toHex } from "../../src/base/bytes.ts";
import { encodeWith } from "../../src/codec/codec.ts";
import { curve, taggedHash } from "../../src/crypto/crypto.ts";
import type { Sats } from "../../src/primitives/amount.ts";
import type { Txid } from "../../src/primitives/hash.ts";
import { Transaction, transactionCodec } from "../../src/primitives/transaction.ts";
import type { Daemon } from "./daemon.ts";

export const BASE_HEIGHT = 299;
export const BASE_HASH = "0c552ced4721c249a389eb9b08cb8da261cd46f0e7b5f9d064d48f3113406853";
export const COINS_HASH = "106b2c56233e378a824cf0d5ff2be42ed32c72f1605c9be288d00942908a40ac";

/** Of the first three nodes, and one whose outputs anyone can spend. */
const MINERS = [
  "mjTkW3DjgyZck4KbiRusZsqTgaYTxdSz6z", "msX6jQXvxiNhx3Q62PKeLPrhrqZQdSimTg",
  "mnonCMyH9TmAsSj3M59DsbH8H63U3RKoFP", "bcrt1p9yfmy5h72durp7zrhlw9lf7jpwjgvwdg0jr0lqmmjtgg83266lqsekaqka",
] as const;
const FIRST_BLOCKS = 199;
const BLOCKS_EACH = 25;
/** Blocks above the first that have a payment: every third. */
const PAYMENT_EVERY = 3;

const INTERNAL_KEY = concatBytes(new Uint8Array(31), Uint8Array.of(1));
const OP_TRUE = Uint8Array.of(0x51);
const LEAF_VERSION = 0xc0;
const FEE = 104 * 300;
/** Heights whose coinbases pay to anyone, and are mature. */
const [FIRST_COIN, LAST_COIN] = [76, 100];
const COIN_VALUE = 50 * 100_000_000;

interface Coin {
  readonly txid: string;
  readonly value: number;
}

/**
 * Mines the chain on `node`, which has none; each block has the time of the one that Bitcoin Core's
 * test has.
 */
export async function makeAssumeUtxoChain(node: Daemon): Promise<void> {
  const setTime = async (): Promise<void> => {
    const { time } = await node.call<{ time: number }>("getblockheader", await node.tip());
    await node.call("setmocktime", time);
  };
  await setTime();
  for (let height = 0; height < FIRST_BLOCKS; height += BLOCKS_EACH) {
    const count = Math.min(BLOCKS_EACH, FIRST_BLOCKS - height);
    await node.call("generatetoaddress", count, MINERS[(height / BLOCKS_EACH) % MINERS.length]);
  }
  await setTime();
  // The one spent next is last.
  const coins: Coin[] = [];
  for (let height = LAST_COIN; height >= FIRST_COIN; height--) {
    const { tx: [coinbase = ""] } = await node.call<{ tx: readonly string[] }>(
      "getblock", await node.call("getblockhash", height));
    coins.push({ txid: coinbase, value: COIN_VALUE });
  }
  const spent: Coin[] = [];
  for (let i = 0; i < BASE_HEIGHT - FIRST_BLOCKS; i++) {
    if (i % PAYMENT_EVERY === 0) {
      // Coinbases first, since they are worth most; then what came of them, the latest first.
      const coin = coins.pop() ?? (spent.pop() as Coin);
      const txid = await node.call<string>("sendrawtransaction", toHex(payment(coin)), 0);
      spent.push(...(coin.value === COIN_VALUE ? [{ txid, value: coin.value - FEE }] : []));
    }
    await node.call("generatetoaddress", 1, MINERS[0]);
  }
}

/** Spends what anyone can, to anyone again. */
function payment({ txid, value }: Coin): Uint8Array {
  const leaf = taggedHash("TapLeaf", Uint8Array.of(LEAF_VERSION), Uint8Array.of(OP_TRUE.length), OP_TRUE);
  const output = curve().tweakXOnlyKey(INTERNAL_KEY, taggedHash("TapTweak", INTERNAL_KEY, leaf));
  if (output === undefined) throw new Error("the internal key is a point");
  const controlBlock = concatBytes(Uint8Array.of(LEAF_VERSION | output.parity), INTERNAL_KEY);
  const transaction = Transaction.of({
    version: 2,
    inputs: [{
      prevout: { txid: reversed(fromHex(txid)) as Txid, index: 0 },
      scriptSig: new Uint8Array(0), sequence: 0, witness: [OP_TRUE, controlBlock],
    }],
    outputs: [{ value: (value - FEE) as Sats, script: concatBytes(Uint8Array.of(0x51, 32), output.key) }],
    locktime: 0,
  });
  return encodeWith(transactionCodec, transaction);
}
