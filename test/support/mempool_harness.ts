import { fromHex } from "../../src/base/bytes.ts";
import { silentLogger } from "../../src/base/logger.ts";
import type { Instant, UnixSeconds } from "../../src/base/time.ts";
import type { RuleViolation } from "../../src/consensus/rule_violation.ts";
import type { VerifyJob } from "../../src/consensus/verify_job.ts";
import {
  type Admission,
  Mempool,
  type MempoolEvent,
  type MempoolSettings,
} from "../../src/mempool/mempool.ts";
import { DEFAULT_RELAY_POLICY } from "../../src/mempool/relay_policy.ts";
import { REGTEST } from "../../src/params/regtest.ts";
import type { Sats } from "../../src/primitives/amount.ts";
import { Block } from "../../src/primitives/block.ts";
import type { Coin } from "../../src/primitives/coin.ts";
import { displayHash, type Txid } from "../../src/primitives/hash.ts";
import {
  type Input, NULL_OUT_POINT, type OutPoint, Transaction, type TransactionFields,
} from "../../src/primitives/transaction.ts";

/** P2WPKH of a key that no one has: a usual form, and 31 bytes as an output. */
export const USUAL_SCRIPT = fromHex("00140000000000000000000000000000000000000001");

const START = 1_700_000_000;

function name({ txid, index }: OutPoint): string {
  return `${displayHash(txid)}:${index}`;
}

export type SpendOptions = Partial<Pick<TransactionFields, "version" | "locktime">> & {
  readonly sequence?: number;
  readonly outputs?: number;
};

/** `total` is what is left of what it spends, in equal outputs. */
export function spend(prevouts: readonly OutPoint[], total: number, options: SpendOptions = {}): Transaction {
  const { version = 2, locktime = 0, sequence = 0xffff_ffff, outputs = 1 } = options;
  const inputs = prevouts.map(
    (prevout): Input => ({ prevout, scriptSig: new Uint8Array(0), sequence, witness: [] }),
  );
  const value = Math.floor(total / outputs) as Sats;
  const made = Array.from({ length: outputs }, () => ({ value, script: USUAL_SCRIPT }));
  return Transaction.of({ version, inputs, outputs: made, locktime });
}

export function output(transaction: Transaction, index = 0): OutPoint {
  return { txid: transaction.txid, index };
}

/** A mempool on a chain that is no more than a set of coins, with a clock that is set by hand. */
export class MempoolHarness {
  readonly pool: Mempool;
  readonly coins = new Map<string, Coin>();
  readonly events: MempoolEvent[] = [];
  /** What the next verified transactions are found to break. */
  fault: RuleViolation | undefined;
  lastJob: VerifyJob | undefined;
  /** A bit that stands for a rule not yet known to policy. */
  readonly nextBlockScriptFlags = 1 << 30;
  tipHeight = 200;
  now = START;
  medianTimePast = START - 600;
  /** Verdicts not yet given; run by `settle`. */
  readonly #pending: (() => void)[] = [];
  #coinCount = 0;

  constructor(settings: Partial<MempoolSettings> = {}) {
    const self = this;
    this.pool = new Mempool(
      {
        clock: { now: () => (self.now * 1000) as Instant, unixTime: () => self.now as UnixSeconds },
        logger: silentLogger,
        chain: {
          get tipHeight() {
            return self.tipHeight;
          },
          get tipMedianTimePast() {
            return self.medianTimePast;
          },
          nextBlockScriptFlags: this.nextBlockScriptFlags,
          coinbaseMaturity: 100,
          coin: (outPoint) => self.coins.get(name(outPoint)),
          medianTimePastAt: (height) => self.medianTimePast - 600 * (self.tipHeight - height),
        },
        verify: (job, done) => {
          this.lastJob = job;
          this.#pending.push(() => done(this.fault));
        },
        event: (event) => void this.events.push(event),
      },
      { maxBytes: 300_000_000, minRelayFeeRate: 100 as Sats, acceptNonstandard: false,
        policy: DEFAULT_RELAY_POLICY, ...settings },
    );
  }

  /** A confirmed coin that no one has spent. */
  fund(value: number, options: Partial<Coin> = {}): OutPoint {
    const txid = new Uint8Array(32) as Txid;
    new DataView(txid.buffer).setUint32(0, ++this.#coinCount);
    const outPoint = { txid, index: 0 };
    this.coins.set(name(outPoint), {
      value: value as Sats, script: USUAL_SCRIPT, height: 50, isCoinbase: false, ...options,
    });
    return outPoint;
  }

  hasCoin(outPoint: OutPoint): boolean {
    return this.coins.has(name(outPoint));
  }

  submit(transaction: Transaction): Admission {
    let answer: Admission | undefined;
    this.pool.submit(transaction, (admission) => void (answer = admission));
    this.settle();
    if (answer === undefined) throw new Error("no answer");
    return answer;
  }

  test(transaction: Transaction): Admission {
    let answer: Admission | undefined;
    this.pool.test(transaction, (admission) => void (answer = admission));
    this.settle();
    if (answer === undefined) throw new Error("no answer");
    return answer;
  }

  /** `accepted`, `known`, `missing-inputs`, or the rule that is broken. */
  verdict(transaction: Transaction): string {
    const admission = this.submit(transaction);
    return admission.type === "rejected" ? admission.violation.rule : admission.type;
  }

  settle(): void {
    for (let next = this.#pending.shift(); next !== undefined; next = this.#pending.shift()) next();
  }

  /** The chain grows by a block of these. */
  connect(transactions: readonly Transaction[]): Block {
    this.tipHeight++;
    const block = Block.of(REGTEST.genesis.header, [this.#coinbase(), ...transactions]);
    for (const each of block.transactions) {
      for (const { prevout } of each.inputs) this.coins.delete(name(prevout));
      each.outputs.forEach((made, index) => {
        this.coins.set(
          name({ txid: each.txid, index }),
          { ...made, height: this.tipHeight, isCoinbase: each.isCoinbase },
        );
      });
    }
    this.pool.blockConnected(block);
    return block;
  }

  /** The chain loses `block`, its tip; `spent` comes back. */
  disconnect(block: Block, spent: ReadonlyMap<string, Coin>): void {
    this.tipHeight--;
    for (const each of block.transactions) {
      each.outputs.forEach((_, index) => this.coins.delete(name({ txid: each.txid, index })));
    }
    for (const each of block.transactions) {
      for (const { prevout } of each.inputs) {
        const coin = spent.get(name(prevout));
        if (coin !== undefined) this.coins.set(name(prevout), coin);
      }
    }
    this.pool.blockDisconnected(block);
  }

  #coinbase(): Transaction {
    return Transaction.of({
      version: 2,
      inputs: [{ prevout: NULL_OUT_POINT, scriptSig: Uint8Array.of(1, 1), sequence: 0, witness: [] }],
      outputs: [{ value: 50e8 as Sats, script: USUAL_SCRIPT }],
      locktime: this.tipHeight,
    });
  }

  txids(): string[] {
    return [...this.pool.entries()].map(({ transaction }) => displayHash(transaction.txid));
  }
}

export function txidOf(transaction: Transaction): string {
  return displayHash(transaction.txid);
}
