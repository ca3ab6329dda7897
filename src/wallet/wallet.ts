/**
 * A wallet for devnets, generators and tests: it owns keys for five kinds of output, follows the
 * chain it is told of, and makes and really signs payments. Not for money (see `test_keys.ts`).
 *
 * @module
 */
import { assert, defined } from "../base/assert.ts";
import { type Bytes, NO_BYTES } from "../base/bytes.ts";
import { type Rng, shuffle } from "../base/rng.ts";
import type { ChainParams } from "../params/chain_params.ts";
import type { Sats } from "../primitives/amount.ts";
import type { Block } from "../primitives/block.ts";
import { type HashKey, hashKey } from "../primitives/hash.ts";
import { type Output, Transaction, type TransactionFields } from "../primitives/transaction.ts";
import { addressOf } from "../script/addresses.ts";
import { CoinLedger, type WalletCoin } from "./coin_ledger.ts";
import {
  KEYS_OF_KIND, largestSatisfaction, type OwnedScript, ownScript, SCRIPT_KINDS, type ScriptKind,
} from "./owned_script.ts";
import { signTransaction } from "./sign_transaction.ts";
import { testSecretKey } from "./test_keys.ts";

export interface WalletSettings {
  /** Gives all keys, and may be shown to anyone. ASCII. */
  readonly seed: string;
  readonly params: ChainParams;
}

export interface PaymentOrder {
  readonly outputs: readonly Output[];
  /** Satoshi for each virtual byte. */
  readonly feeRate: number;
  /** Chooses coins, the order of outputs and what Schnorr signatures need. */
  readonly rng: Rng;
  /** Where change goes. @default "p2wpkh" */
  readonly changeKind?: ScriptKind;
  /** Spend only coins of these kinds. @default all */
  readonly from?: readonly ScriptKind[];
  /** Spend also what own payments made that are in no block yet. @default false */
  readonly spendsPending?: boolean;
  /** Signals that the payment may be replaced (BIP125). @default true */
  readonly replaceable?: boolean;
}

export type Payment =
  | {
    readonly ok: true;
    readonly transaction: Transaction;
    readonly fee: Sats;
    /** In the order of the inputs. */
    readonly spent: readonly WalletCoin[];
  }
  /** The coins that can be spent now do not suffice; `missing` more would. */
  | { readonly ok: false; readonly missing: Sats };

/** A smaller output costs more to spend than it holds, and is not relayed; it goes to the fee instead. */
const DUST_MAX = 546;

const SEQUENCE_REPLACEABLE = 0xffff_fffd;
/** Not replaceable, and without a relative locktime. */
const SEQUENCE_PLAIN = 0xffff_fffe;

export class Wallet {
  readonly #settings: WalletSettings;
  readonly #ledger: CoinLedger;
  readonly #scripts: OwnedScript[] = [];
  readonly #byScript = new Map<HashKey, OwnedScript>();

  constructor(settings: WalletSettings) {
    this.#settings = settings;
    this.#ledger = new CoinLedger((script) => this.#byScript.get(hashKey(script)));
    for (const kind of SCRIPT_KINDS) this.addScript(kind);
  }

  /** Of the last block told of. */
  get height(): number {
    return this.#ledger.height;
  }

  /** One of each kind first, then those added, in their order. */
  get scripts(): readonly OwnedScript[] {
    return this.#scripts;
  }

  /** Makes the next script of `kind`; only blocks told of from now on are searched for it. */
  addScript(kind: ScriptKind): OwnedScript {
    const index = this.#scripts.filter((owned) => owned.kind === kind).length;
    const keys = Array.from({ length: KEYS_OF_KIND[kind].total }, (_, i) =>
      testSecretKey(this.#settings.seed, `${kind}/${index}/${i}`),
    );
    const owned = ownScript(kind, keys);
    this.#scripts.push(owned);
    this.#byScript.set(hashKey(owned.script), owned);
    return owned;
  }

  /** The output script of the first script of `kind`. */
  script(kind: ScriptKind): Bytes {
    const owned = this.#scripts.find((each) => each.kind === kind);
    return defined(owned, "there is a script of each kind").script;
  }

  address(kind: ScriptKind): string {
    const address = addressOf(this.script(kind), this.#settings.params.addresses);
    return defined(address, "owned scripts have addresses");
  }

  blockConnected(block: Block, height: number): void {
    this.#ledger.blockConnected(block, height);
  }

  /** The block that was connected last. */
  blockDisconnected(block: Block, height: number): void {
    this.#ledger.blockDisconnected(block, height);
  }

  /** All that is in blocks, mature or not, reserved or not. */
  balance(): Sats {
    let sum = 0;
    for (const { value } of this.#ledger.confirmed()) sum += value;
    return sum as Sats;
  }

  /** What the next block may spend and no payment has reserved. */
  spendable(spendsPending = false): readonly WalletCoin[] {
    return this.#ledger.free(spendsPending).filter((coin) => this.#isMature(coin));
  }

  /**
   * Chooses coins, signs a payment and reserves what it spends, so that two payments never collide.
   * A payment that was not accepted is handed to `release`.
   */
  pay(order: PaymentOrder): Payment {
    const coins = shuffle(order.rng, [...this.spendable(order.spendsPending)]).filter(
      ({ owner }) => order.from === undefined || order.from.includes(owner.kind),
    );
    const chosen: WalletCoin[] = [];
    let missing = this.#missing(chosen, order);
    while (missing > 0) {
      const next = coins.pop();
      if (next === undefined) return { ok: false, missing: missing as Sats };
      chosen.push(next);
      missing = this.#missing(chosen, order);
    }
    return this.#sign(chosen, order);
  }

  /** Frees what `transaction`, a payment of this wallet's that nobody took, had reserved. */
  release(transaction: Transaction): void {
    this.#ledger.release(transaction);
  }

  #isMature({ height, isCoinbase }: WalletCoin): boolean {
    if (!isCoinbase || height === undefined) return true;
    return this.#ledger.height + 1 - height >= this.#settings.params.money.coinbaseMaturity;
  }

  /** How much `chosen` falls short of the outputs and the fee without change. */
  #missing(chosen: readonly WalletCoin[], { outputs, feeRate }: PaymentOrder): number {
    return total(outputs) + feeOf(draft(chosen, outputs), feeRate) - total(chosen);
  }

  #sign(chosen: readonly WalletCoin[], order: PaymentOrder): Payment {
    const sequence = (order.replaceable ?? true) ? SEQUENCE_REPLACEABLE : SEQUENCE_PLAIN;
    const outputs = shuffle(order.rng, [...order.outputs, ...this.#change(chosen, order)]);
    const inputs = unsignedInputs(chosen, sequence);
    const unsigned: TransactionFields = { version: 2, inputs, outputs, locktime: 0 };
    const transaction = signTransaction(unsigned, chosen, order.rng);
    this.#ledger.reserve(transaction);
    return { ok: true, transaction, fee: (total(chosen) - total(outputs)) as Sats, spent: chosen };
  }

  /** One output, or none when little is left. */
  #change(chosen: readonly WalletCoin[], order: PaymentOrder): readonly Output[] {
    const { outputs, feeRate, changeKind = "p2wpkh" } = order;
    const change = { value: 0 as Sats, script: this.script(changeKind) };
    const fee = feeOf(draft(chosen, [...outputs, change]), feeRate);
    const value = total(chosen) - total(outputs) - fee;
    return value > DUST_MAX ? [{ ...change, value: value as Sats }] : [];
  }
}

/** A transaction of the greatest size that a signed one can have. */
function draft(coins: readonly WalletCoin[], outputs: readonly Output[]): Transaction {
  const inputs = coins.map(({ outPoint, owner }) => {
    return { prevout: outPoint, sequence: SEQUENCE_PLAIN, ...largestSatisfaction(owner) };
  });
  return Transaction.of({ version: 2, inputs, outputs, locktime: 0 });
}

function unsignedInputs(coins: readonly WalletCoin[], sequence: number): TransactionFields["inputs"] {
  return coins.map(({ outPoint }) => ({ prevout: outPoint, scriptSig: NO_BYTES, sequence, witness: [] }));
}

function feeOf({ vsize }: Transaction, feeRate: number): number {
  assert(feeRate >= 0, "a fee rate is not negative");
  return Math.ceil(vsize * feeRate);
}

function total(outputs: readonly { readonly value: Sats }[]): number {
  return outputs.reduce((sum, { value }) => sum + value, 0);
}
