/**
 * The mempool: transactions admitted per second, their scripts aside, and how much memory they
 * really take next to what is counted for them (mempool/memory_usage.ts).
 *
 * @module
 */
import { silentLogger } from "../src/base/logger.ts";
import { randomBytes, seededRng } from "../src/base/rng.ts";
import type { Instant, UnixSeconds } from "../src/base/time.ts";
import { decodeWith } from "../src/codec/codec.ts";
import { installNodeCrypto } from "../src/io/node_crypto.ts";
import { Mempool } from "../src/mempool/mempool.ts";
import { DEFAULT_RELAY_POLICY } from "../src/mempool/relay_policy.ts";
import type { Sats } from "../src/primitives/amount.ts";
import type { Coin } from "../src/primitives/coin.ts";
import type { Txid } from "../src/primitives/hash.ts";
import { SEQUENCE_FINAL, Transaction, transactionCodec } from "../src/primitives/transaction.ts";
import { type Measurement, round } from "./support/measurement.ts";

const COUNT = 10_000;
const NOW = 1_700_000_000;

interface Shape {
  readonly name: string;
  readonly inputs: number;
  readonly outputs: number;
  readonly witnessItems: number;
}

const SHAPES: readonly Shape[] = [
  { name: "1 input, 1 output", inputs: 1, outputs: 1, witnessItems: 2 },
  { name: "1 input, 2 outputs", inputs: 1, outputs: 2, witnessItems: 2 },
  { name: "1 input, 20 outputs", inputs: 1, outputs: 20, witnessItems: 2 },
  { name: "10 inputs, 1 output", inputs: 10, outputs: 1, witnessItems: 2 },
  { name: "10 inputs without witness", inputs: 10, outputs: 1, witnessItems: 0 },
];

const rng = seededRng(1);
const script = Uint8Array.of(0x00, 0x14, ...randomBytes(rng, 20));
const COIN: Coin = { value: 1_000_000 as Sats, script, height: 1, isCoinbase: false };

export async function run(): Promise<readonly Measurement[]> {
  installNodeCrypto();
  // The first round is for the compiler.
  measure(SHAPES[1] as Shape);
  return SHAPES.flatMap((shape) => {
    const { rate, live, counted } = measure(shape);
    return [
      { name: `mempool: admit, ${shape.name}`, value: Math.round(rate), unit: "tx/s" },
      { name: `mempool: memory, ${shape.name}`, value: Math.round(live), unit: "bytes/tx" },
      { name: `mempool: counted of that, ${shape.name}`, value: round((100 * counted) / live, 0), unit: "%" },
    ];
  });
}

function measure(shape: Shape): { readonly rate: number; readonly live: number; readonly counted: number } {
  const payloads = Array.from({ length: COUNT }, () => makeTransaction(shape).bytes);
  const pool = makePool();
  const before = liveBytes();
  const processor = process.cpuUsage();
  for (const payload of payloads) {
    // As it comes from a peer: on bytes of its own.
    pool.submit(decodeWith(transactionCodec, payload.slice()), () => {});
  }
  const { user, system } = process.cpuUsage(processor);
  const live = (liveBytes() - before) / COUNT;
  if (pool.size !== COUNT) throw new Error(`Only ${pool.size} of ${COUNT} transactions were admitted`);
  return { rate: (COUNT * 1e6) / (user + system), live, counted: pool.usage / COUNT };
}

/** What a collection finds free off the heap is counted with the next. */
function liveBytes(): number {
  for (let i = 0; i < 3; i++) globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** On a chain where whatever is asked for is an unspent coin, unless it is of the pool. */
function makePool(): Mempool {
  return new Mempool({
    clock: { now: () => 0 as Instant, unixTime: () => NOW as UnixSeconds },
    logger: silentLogger,
    chain: {
      tipHeight: 200,
      tipMedianTimePast: NOW,
      nextBlockScriptFlags: 0,
      coinbaseMaturity: 100,
      coin: () => COIN,
      medianTimePastAt: () => NOW,
    },
    verify: (_, done) => done(undefined),
    event: () => {},
  }, {
    maxBytes: 2 ** 40, minRelayFeeRate: 100 as Sats, acceptNonstandard: false, policy: DEFAULT_RELAY_POLICY,
  });
}

function makeTransaction({ inputs, outputs, witnessItems }: Shape): Transaction {
  const witness = [randomBytes(rng, 72), randomBytes(rng, 33)].slice(0, witnessItems);
  return Transaction.of({
    version: 2,
    inputs: Array.from({ length: inputs }, () => {
      const prevout = { txid: randomBytes(rng, 32) as Txid, index: 0 };
      return { prevout, scriptSig: new Uint8Array(0), sequence: SEQUENCE_FINAL, witness };
    }),
    outputs: Array.from({ length: outputs }, () => ({ value: 20_000 as Sats, script })),
    locktime: 0,
  });
}
