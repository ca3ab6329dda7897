import { defined } from "../../base/assert.ts";
import { toHex } from "../../base/bytes.ts";
import type { ChainState } from "../../chain/chain_state.ts";
import type { BlockId } from "../../chain/header_index.ts";
import { expandTarget } from "../../primitives/target.ts";
import type { Block } from "../../primitives/block.ts";
import { displayHash } from "../../primitives/hash.ts";
import { confirmations, hashText, tipHeight } from "../lookup.ts";
import type { BlockJson, CoinbaseJson, HeaderJson } from "../schema.ts";
import { hex, number, object, optional, type Shape, time } from "../shape.ts";

/** How many times harder than the easiest target Bitcoin ever had, whatever the network. */
export function difficulty(bits: number): number {
  const mantissa = 0xffff / (bits & 0xff_ffff);
  return mantissa * 256 ** (29 - (bits >>> 24));
}

export function bitsText(bits: number): string {
  return bits.toString(16).padStart(8, "0");
}

/** As 64 hex digits. */
export function targetText(bits: number): string {
  return (expandTarget(bits) ?? 0n).toString(16).padStart(64, "0");
}

export function chainWorkText(chain: ChainState, id: BlockId): string {
  return chain.headers.chainWork(id).toString(16).padStart(64, "0");
}

export function headerJson(chain: ChainState, id: BlockId): HeaderJson {
  const { headers } = chain;
  const header = headers.header(id);
  const height = headers.height(id);
  const previous = headers.previous(id);
  const next = chain.isActive(id) && height < tipHeight(chain) ? chain.activeAt(height + 1) : undefined;
  return {
    hash: hashText(chain, id),
    confirmations: confirmations(chain, id),
    height,
    version: header.version,
    versionHex: (header.version >>> 0).toString(16).padStart(8, "0"),
    merkleroot: displayHash(header.merkleRoot),
    time: header.time,
    mediantime: headers.medianTimePast(id),
    nonce: header.nonce,
    bits: bitsText(header.bits),
    target: targetText(header.bits),
    difficulty: difficulty(header.bits),
    chainwork: chainWorkText(chain, id),
    nTx: headers.transactionCount(id),
    ...(previous === undefined ? {} : { previousblockhash: hashText(chain, previous) }),
    ...(next === undefined ? {} : { nextblockhash: hashText(chain, next) }),
  };
}

/** With `transactions` in place of the block's own: ids or objects, as the caller asked. */
export function blockJson<T>(
  chain: ChainState, id: BlockId, block: Block, transactions: readonly T[],
): BlockJson<T> {
  return {
    ...headerJson(chain, id),
    strippedsize: block.baseSize,
    size: block.bytes.length,
    weight: block.weight,
    coinbase_tx: coinbaseJson(block),
    tx: transactions,
  };
}

function coinbaseJson({ transactions }: Block): CoinbaseJson {
  const coinbase = defined(transactions[0], "a stored block has a coinbase");
  const input = defined(coinbase.inputs[0], "a coinbase has an input");
  const item = input.witness.at(0);
  return {
    version: coinbase.version,
    locktime: coinbase.locktime,
    sequence: input.sequence,
    coinbase: toHex(input.scriptSig),
    ...(item === undefined ? {} : { witness: toHex(item) }),
  };
}

export const headerFields: Readonly<Record<string, Shape>> = {
  hash: hex("Its hash"),
  confirmations: number("Blocks from it to the tip, both counted; -1 off the active chain"),
  height: number("Blocks before it"),
  version: number("Its version"),
  versionHex: hex("Its version in hex"),
  merkleroot: hex("The root of its transactions' ids"),
  time: time("Its time, in Unix seconds"),
  mediantime: time("The median of its time and those of the ten before it"),
  nonce: number("Its nonce"),
  bits: hex("The target in compact form"),
  target: hex("The target"),
  difficulty: number("How hard the target is"),
  chainwork: hex("Hashes expected to make the chain up to it"),
  nTx: number("Its transactions; 0 while they are not known"),
  previousblockhash: optional(hex("The hash of the block before it")),
  nextblockhash: optional(hex("The hash of the block after it on the active chain")),
};

export const blockFields: Readonly<Record<string, Shape>> = {
  ...headerFields,
  strippedsize: number("Bytes, without witnesses"),
  size: number("Bytes"),
  weight: number("Its weight (BIP141)"),
  coinbase_tx: object({
    version: number("Its version"),
    locktime: number("Its locktime"),
    sequence: number("Its input's sequence number"),
    coinbase: hex("Its input's script"),
    witness: optional(hex("The item of its input's witness")),
  }, "The block's first transaction, in short"),
};
