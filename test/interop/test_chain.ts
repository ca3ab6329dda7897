/**
 * A chain with really signed payments in it, made on any node over JSON-RPC.
 *
 * @module
 */
import assert from "node:assert/strict";
import { fromHex, toHex } from "../../src/base/bytes.ts";
import { below, type Rng } from "../../src/base/rng.ts";
import { decodeWith } from "../../src/codec/codec.ts";
import { REGTEST } from "../../src/params/regtest.ts";
import type { Sats } from "../../src/primitives/amount.ts";
import { blockCodec } from "../../src/primitives/block.ts";
import type { Transaction } from "../../src/primitives/transaction.ts";
import { SCRIPT_KINDS, type ScriptKind } from "../../src/wallet/owned_script.ts";
import { Wallet } from "../../src/wallet/wallet.ts";
import "../support/portable_curve.ts";
import type { Daemon } from "./daemon.ts";

/** The first of them can be spent after the hundredth. */
const FIRST_BLOCKS = 110;
/** Between two blocks with payments. */
const EMPTY_BLOCKS = 19;

/** A wallet, and the node whose chain it follows. */
export class ChainMaker {
  readonly wallet: Wallet;
  readonly #node: Daemon;
  readonly #rng: Rng;

  constructor(node: Daemon, seed: string, rng: Rng) {
    this.wallet = new Wallet({ seed, params: REGTEST });
    this.#node = node;
    this.#rng = rng;
  }

  /** Mines up to `height`: the first blocks pay to each kind of script, later ones have payments in them. */
  async grow(height: number): Promise<void> {
    for (let i = 0; this.wallet.height < Math.min(FIRST_BLOCKS, height); i++) {
      await this.mine(1, SCRIPT_KINDS[i % SCRIPT_KINDS.length]);
    }
    while (this.wallet.height < height) {
      for (const kind of SCRIPT_KINDS) await this.submit(this.pay(kind));
      await this.mine(1, this.#anyKind());
      await this.mine(Math.min(EMPTY_BLOCKS, height - this.wallet.height), this.#anyKind());
    }
  }

  /** Mines, and takes the blocks into the wallet. */
  async mine(count: number, kind: ScriptKind = "p2wpkh"): Promise<string> {
    if (count > 0) await this.#node.call("generatetoaddress", count, this.wallet.address(kind));
    await this.follow();
    return this.#node.tip();
  }

  /** Takes the blocks that the node has got into the wallet. */
  async follow(): Promise<void> {
    const known = this.wallet.height;
    const missing = Array.from({ length: (await this.#node.height()) - known }, (_, i) => [known + 1 + i]);
    if (missing.length === 0) return;
    const hashes = await this.#node.callEach<string>("getblockhash", missing);
    const blocks = await this.#node.callEach<string>("getblock", hashes.map((hash) => [hash, 0]));
    for (const [i, hex] of blocks.entries()) {
      this.wallet.blockConnected(decodeWith(blockCodec, fromHex(hex)), known + 1 + i);
    }
  }

  /** Spends what coins of one kind hold to another kind, or the same. */
  pay(from: ScriptKind): Transaction {
    const value = (100_000 + below(this.#rng, 100_000)) as Sats;
    const outputs = [{ value, script: this.wallet.script(this.#anyKind()) }];
    const changeKind = this.#anyKind();
    const payment = this.wallet.pay({ outputs, feeRate: 2, rng: this.#rng, from: [from], changeKind });
    assert.ok(payment.ok, `the wallet has no ${from} coin`);
    return payment.transaction;
  }

  /** Hands `transaction` to a node, or the one whose chain this is; gives its id. */
  submit(transaction: Transaction, node: Daemon = this.#node): Promise<string> {
    return node.call<string>("sendrawtransaction", toHex(transaction.bytes));
  }

  #anyKind(): ScriptKind {
    return SCRIPT_KINDS[below(this.#rng, SCRIPT_KINDS.length)] as ScriptKind;
  }
}
