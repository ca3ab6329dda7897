/**
 * A chain on regtest whose inputs are really signed, of five kinds, taproot twice as often: in a file
 * of blocks as `tidings import` and `bitcoind -loadblock` take it. Runs in a thread of its own.
 *
 * @module
 */
import { closeSync, openSync, writeSync } from "node:fs";
import { parentPort, workerData } from "node:worker_threads";
import { below, type Rng, seededRng } from "../../src/base/rng.ts";
import type { HeaderContext } from "../../src/consensus/header_context.ts";
import { installNodeCrypto } from "../../src/io/node_crypto.ts";
import { solve } from "../../src/mining/solve.ts";
import { buildBlock } from "../../src/mining/template.ts";
import { REGTEST } from "../../src/params/regtest.ts";
import type { Sats } from "../../src/primitives/amount.ts";
import type { BlockHash } from "../../src/primitives/hash.ts";
import { type OutPoint, SEQUENCE_FINAL, type Transaction } from "../../src/primitives/transaction.ts";
import { KEYS_OF_KIND, type OwnedScript, ownScript, SCRIPT_KINDS } from "../../src/wallet/owned_script.ts";
import { signTransaction } from "../../src/wallet/sign_transaction.ts";
import { testSecretKey } from "../../src/wallet/test_keys.ts";

export interface SignedChainRequest {
  readonly path: string;
  /** Full blocks, and how many transactions each has. */
  readonly blocks: number;
  readonly transactions: number;
  readonly seed: number;
}

/** Empty blocks at first: the coinbases of the lowest of them can be spent in the last. */
const WARMUP = 120;
const FAN_OUT_COINBASES = 4;
const FAN_OUT_OUTPUTS = 900;
/** Coins there are before the first full block, for each of its transactions. */
const COINS_PER_TRANSACTION = 2.2;
const INPUTS_MAX = 3;
const OUTPUTS = 2;
const FEE = 300;
const SPACING_SECONDS = 600;
const KEYS_PER_KIND = 16;

interface OwnCoin {
  readonly outPoint: OutPoint;
  readonly value: Sats;
  readonly owner: OwnedScript;
}

class ChainMaker {
  readonly #rng: Rng;
  readonly #file: number;
  readonly #owners: readonly OwnedScript[];
  #tip: BlockHash = REGTEST.genesis.hash;
  #height = 0;

  constructor({ path, seed }: SignedChainRequest) {
    this.#rng = seededRng(seed);
    this.#file = openSync(path, "w");
    const kinds = [...SCRIPT_KINDS, "p2tr" as const];
    this.#owners = kinds.flatMap((kind, at) => Array.from({ length: KEYS_PER_KIND }, (_, number) => {
      const keys = Array.from({ length: KEYS_OF_KIND[kind].total }, (_, i) =>
        testSecretKey("bench", `${kind}/${at}/${number}/${i}`));
      return ownScript(kind, keys);
    }));
  }

  make({ blocks, transactions: count }: SignedChainRequest): void {
    const coinbases = Array.from({ length: WARMUP }, () => this.#extend([]));
    let coins: OwnCoin[] = [];
    while (coins.length < count * COINS_PER_TRANSACTION) {
      const fans = coinbases.splice(0, FAN_OUT_COINBASES).map((coin) => this.#spend([coin], FAN_OUT_OUTPUTS));
      this.#extend(fans.map(({ transaction }) => transaction));
      coins.push(...fans.flatMap((fan) => fan.coins));
    }
    for (let i = 0; i < blocks; i++) coins = this.#fullBlock(coins, count);
    closeSync(this.#file);
  }

  /** Returns the coins that are there after it. */
  #fullBlock(coins: OwnCoin[], count: number): OwnCoin[] {
    const transactions: Transaction[] = [];
    const fresh: OwnCoin[] = [];
    while (transactions.length < count) {
      const inputs = Math.min(1 + below(this.#rng, INPUTS_MAX), coins.length);
      const made = this.#spend(Array.from({ length: inputs }, () => this.#draw(coins)), OUTPUTS);
      transactions.push(made.transaction);
      // Some are spent in the same block.
      (below(this.#rng, 10) === 0 ? coins : fresh).push(...made.coins);
    }
    this.#extend(transactions);
    return [...coins, ...fresh];
  }

  #draw(coins: OwnCoin[]): OwnCoin {
    const at = below(this.#rng, coins.length);
    const drawn = coins[at] as OwnCoin;
    coins[at] = coins.at(-1) as OwnCoin;
    coins.pop();
    return drawn;
  }

  #spend(coins: readonly OwnCoin[], count: number): { readonly transaction: Transaction; readonly coins: OwnCoin[] } {
    const total = coins.reduce((sum, { value }) => sum + value, 0) - FEE;
    const owners = Array.from({ length: count }, () => this.#anyone());
    const value = Math.floor(total / count) as Sats;
    const transaction = signTransaction({
      version: 2,
      inputs: coins.map(({ outPoint }) => {
        return { prevout: outPoint, scriptSig: new Uint8Array(0), sequence: SEQUENCE_FINAL, witness: [] };
      }),
      outputs: owners.map(({ script }) => ({ value, script })),
      locktime: 0,
    }, coins.map((coin) => ({ value: coin.value, script: coin.owner.script, owner: coin.owner })), this.#rng);
    const { txid } = transaction;
    return { transaction, coins: owners.map((owner, index) => ({ outPoint: { txid, index }, value, owner })) };
  }

  #anyone(): OwnedScript {
    return this.#owners[below(this.#rng, this.#owners.length)] as OwnedScript;
  }

  /** Returns the coin of its coinbase. */
  #extend(transactions: readonly Transaction[]): OwnCoin {
    const owner = this.#anyone();
    const previous = contextAt(this.#height);
    const request = {
      params: REGTEST, previous, previousHash: this.#tip, script: owner.script, time: previous.time + SPACING_SECONDS,
    };
    const solved = solve(buildBlock(request, transactions, 0 as Sats), 1_000_000);
    if (solved === undefined) throw new Error("The target of regtest is easy to meet");
    const { block } = solved;
    const frame = new Uint8Array(8);
    frame.set(REGTEST.magic);
    new DataView(frame.buffer).setUint32(4, block.bytes.length, true);
    writeSync(this.#file, frame);
    writeSync(this.#file, block.bytes);
    this.#tip = block.hash;
    this.#height++;
    const [coinbase] = block.transactions;
    const value = coinbase?.outputs[0]?.value ?? (0 as Sats);
    return { outPoint: { txid: (coinbase as Transaction).txid, index: 0 }, value, owner };
  }
}

/** Every block comes at its time. */
function contextAt(height: number): HeaderContext {
  const { time, bits, version } = REGTEST.genesis.header;
  const timeAt = (at: number): number => time + Math.max(0, at) * SPACING_SECONDS;
  return {
    height, bits, version,
    time: timeAt(height),
    medianTimePast: timeAt(height - Math.min(5, height >> 1)),
    ancestor: contextAt,
  };
}

if (parentPort !== null) {
  installNodeCrypto();
  const request = workerData as SignedChainRequest;
  new ChainMaker(request).make(request);
  parentPort.postMessage("made");
}
