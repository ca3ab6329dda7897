/**
 * The wallet of a devnet: keys that anyone may know, funded by every block that its miners make.
 *
 * @module
 */
import { configError, isTidingsError, TidingsError } from "../api/errors.ts";
import { toHex } from "../base/bytes.ts";
import type { Rng } from "../base/rng.ts";
import { decodeWith } from "../codec/codec.ts";
import type { RunningNode } from "../io/node_host.ts";
import type { NodeEvent } from "../node/event.ts";
import { REGTEST } from "../params/regtest.ts";
import { isMoney, type Sats } from "../primitives/amount.ts";
import { type Block, blockCodec } from "../primitives/block.ts";
import { parseHash } from "../primitives/hash.ts";
import type { Transaction } from "../primitives/transaction.ts";
import { addressOf, encodeSecretKey, parseAddress } from "../script/addresses.ts";
import { descriptorChecksum } from "../script/descriptor_checksum.ts";
import { KEYS_OF_KIND, type OwnedScript, SCRIPT_KINDS, type ScriptKind } from "../wallet/owned_script.ts";
import { type Payment, Wallet } from "../wallet/wallet.ts";
import type { DevnetNode, Member } from "./devnet_node.ts";

export interface WalletAddress {
  readonly kind: ScriptKind;
  readonly address: string;
  /** Satoshi that the next block may spend. */
  readonly spendable: bigint;
  /** With private keys, as Bitcoin Core's `importdescriptors` takes it. For play money only. */
  readonly descriptor: string;
}

export interface SendOptions {
  /** Spends coins of this kind only. @default all kinds */
  readonly from?: ScriptKind;
  /** Satoshi for each virtual byte. @default 2 */
  readonly feeRate?: number;
  /** Where it is handed in. @default the first node */
  readonly node?: DevnetNode;
  /** Spends also change that is in no block yet. @default true */
  readonly spendsPending?: boolean;
}

export interface Sent {
  readonly txid: string;
  readonly kind: ScriptKind;
  /** Satoshi. */
  readonly fee: bigint;
  /** The whole transaction. */
  readonly hex: string;
}

const FEE_RATE_DEFAULT = 2;
const FEE_RATE_MAX = 10_000;

export class DevnetWallet {
  readonly #wallet: Wallet;
  readonly #rng: Rng;
  readonly #first: Member;
  #nextKind = 0;

  /** Follows the chain of the first node. */
  constructor(first: Member, seed: number, rng: Rng) {
    this.#wallet = new Wallet({ seed: `devnet ${seed}`, params: REGTEST });
    this.#rng = rng;
    this.#first = first;
    this.#catchUp(first.running);
    first.running.listen((event) => this.#follow(event, first.running));
  }

  /** One of each kind, with what each holds now. */
  addresses(): readonly WalletAddress[] {
    const coins = this.#wallet.spendable();
    return this.#wallet.scripts.slice(0, SCRIPT_KINDS.length).map((owned) => ({
      kind: owned.kind,
      address: addressOf(owned.script, REGTEST.addresses) ?? "",
      spendable: total(coins.filter(({ owner }) => owner === owned)),
      descriptor: describeKeys(owned),
    }));
  }

  address(kind: ScriptKind = "p2wpkh"): string {
    if (!(SCRIPT_KINDS as readonly string[]).includes(kind)) {
      throw configError("kind", kind, `one of ${SCRIPT_KINDS.join(", ")}`);
    }
    return this.#wallet.address(kind);
  }

  /** Each kind in turn: for miners, so that there are coins of all kinds. */
  nextAddress(): string {
    return this.#wallet.address(this.#takeKind());
  }

  /** As `nextAddress`. For the devnet's own parts. */
  nextScript(): Uint8Array {
    return this.#wallet.script(this.#takeKind());
  }

  /** Satoshi in blocks, mature or not. */
  balance(): bigint {
    return BigInt(this.#wallet.balance());
  }

  /** Satoshi that the next block may spend. */
  spendable(): bigint {
    return total(this.#wallet.spendable());
  }

  /** How many coins the next block may spend. */
  get coinCount(): number {
    return this.#wallet.spendable().length;
  }

  /**
   * Pays `sats` to `address`, really signed, and hands the transaction in.
   *
   * @throws {TidingsError} CONFIG, FUNDS_MISSING, TX_REJECTED
   */
  async send(address: string, sats: bigint, options: SendOptions = {}): Promise<Sent> {
    const { feeRate = FEE_RATE_DEFAULT, from, spendsPending = true, node = this.#first.node } = options;
    const verdict = parseAddress(String(address), REGTEST.addresses);
    if (!verdict.ok) throw configError("address", address, "an address of regtest", verdict.error);
    if (typeof sats !== "bigint" || sats <= 0n || !isMoney(Number(sats))) {
      throw configError("sats", sats, "a bigint of satoshi above zero, such as 50_000n");
    }
    if (!(feeRate >= 0 && feeRate <= FEE_RATE_MAX)) {
      throw configError("feeRate", feeRate, `satoshi for each vbyte, from 0 to ${FEE_RATE_MAX}`);
    }
    return this.#hand(node, this.#wallet.pay({
      outputs: [{ value: Number(sats) as Sats, script: verdict.script }],
      feeRate, spendsPending,
      rng: this.#rng,
      // Change of the same kind, as wallets make it.
      ...(from === undefined ? {} : { from: [from], changeKind: from }),
    }));
  }

  #takeKind(): ScriptKind {
    return SCRIPT_KINDS[this.#nextKind++ % SCRIPT_KINDS.length] as ScriptKind;
  }

  async #hand(node: DevnetNode, payment: Payment): Promise<Sent> {
    if (!payment.ok) {
      const missing = BigInt(payment.missing);
      throw new TidingsError(
        "FUNDS_MISSING", `Cannot pay: ${missing} satoshi are missing that can be spent now`, { missing },
      );
    }
    const { transaction, fee, spent } = payment;
    try {
      const { txid } = await node.submit(transaction.bytes);
      const kind = spent[0]?.owner.kind ?? "p2wpkh";
      return { txid, kind, fee: BigInt(fee), hex: toHex(transaction.bytes) };
    } catch (error) {
      this.#release(transaction, error);
      throw error;
    }
  }

  /** A node that is closed may have taken it; one that said no has not. */
  #release(transaction: Transaction, error: unknown): void {
    if (isTidingsError(error, "TX_REJECTED")) this.#wallet.release(transaction);
  }

  #catchUp({ core: { chain } }: RunningNode): void {
    const tip = chain.headers.height(chain.tip);
    for (let height = 1; height <= tip; height++) {
      const id = chain.activeAt(height);
      const bytes = id === undefined ? undefined : chain.readBlock(id);
      if (bytes !== undefined) this.#wallet.blockConnected(decodeWith(blockCodec, bytes), height);
    }
  }

  #follow(event: NodeEvent, running: RunningNode): void {
    if (event.type !== "block:connected" && event.type !== "block:disconnected") return;
    const { hash, height } = event.data;
    const block = readBlock(running, hash);
    if (event.type === "block:connected") this.#wallet.blockConnected(block, height);
    else this.#wallet.blockDisconnected(block, height);
  }
}

function readBlock({ core: { chain } }: RunningNode, hash: string): Block {
  const id = chain.headers.find(parseHash(hash) as Uint8Array);
  const bytes = id === undefined ? undefined : chain.readBlock(id);
  if (bytes === undefined) throw new Error(`Cannot read block ${hash}, which was just connected`);
  return decodeWith(blockCodec, bytes);
}

function total(coins: readonly { readonly value: Sats }[]): bigint {
  return coins.reduce((sum, { value }) => sum + BigInt(value), 0n);
}

function describeKeys({ kind, secretKeys }: OwnedScript): string {
  const keys = secretKeys.map((key) => encodeSecretKey(key, REGTEST.addresses));
  const text = descriptorOf(kind, keys);
  return `${text}#${descriptorChecksum(text)}`;
}

function descriptorOf(kind: ScriptKind, keys: readonly string[]): string {
  switch (kind) {
    case "p2pkh":
      return `pkh(${keys[0]})`;
    case "p2wpkh":
      return `wpkh(${keys[0]})`;
    case "p2sh-p2wpkh":
      return `sh(wpkh(${keys[0]}))`;
    case "p2wsh-multisig":
      return `wsh(multi(${KEYS_OF_KIND[kind].required},${keys.join(",")}))`;
    case "p2tr":
      // The key is tweaked already.
      return `rawtr(${keys[0]})`;
  }
}

