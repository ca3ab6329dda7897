/**
 * The first block of a chain, built from what sets it apart.
 *
 * @module
 */
import { type Bytes, concatBytes, fromHex, fromLatin1 } from "../base/bytes.ts";
import { type Sats, SATS_PER_COIN } from "../primitives/amount.ts";
import { Block } from "../primitives/block.ts";
import { type BlockHash, ZERO_HASH } from "../primitives/hash.ts";
import { BlockHeader } from "../primitives/header.ts";
import { NULL_OUT_POINT, SEQUENCE_FINAL, Transaction } from "../primitives/transaction.ts";

export interface GenesisParts {
  /** Seconds since 1970. */
  readonly time: number;
  /** The target, in compact form. */
  readonly bits: number;
  readonly nonce: number;
  /** What the coinbase says: at most `GENESIS_MESSAGE_BYTES_MAX` bytes, one a character. */
  readonly message: string;
  /** Nobody can spend it: the genesis block's outputs never enter the coin database. */
  readonly outputScript: Bytes;
  readonly reward: Sats;
}

/** A coinbase script is at most 100 bytes, of which the numbers before the message take nine. */
export const GENESIS_MESSAGE_BYTES_MAX = 91;

/** Paid by the genesis block of every network of Bitcoin Core's. */
export const GENESIS_REWARD = (50 * SATS_PER_COIN) as Sats;

/** The pushes of 486604799 and 4 that begin the first coinbase ever made, and were never changed. */
const COINBASE_START = fromHex("04ffff001d 0104");

const OP_PUSHDATA1 = 0x4c;
const OP_CHECKSIG = 0xac;

const SATOSHI_MESSAGE = "The Times 03/Jan/2009 Chancellor on brink of second bailout for banks";
const SATOSHI_KEY =
  "04678afdb0fe5548271967f1a67130b7105cd6a828e03909a67962e0ea1f61deb6" +
  "49f6bc3f4cef38c4f35504e51ec112de5c384df7ba0b8d578a4c702b6bf11d5f";

/** A genesis block with the coinbase of main's, as signet and regtest have it too. */
export function satoshiGenesis(time: number, bits: number, nonce: number): Block {
  const outputScript = payToPublicKey(fromHex(SATOSHI_KEY));
  return genesisBlock({ time, bits, nonce, message: SATOSHI_MESSAGE, outputScript, reward: GENESIS_REWARD });
}

export function genesisBlock(parts: GenesisParts): Block {
  const coinbase = genesisCoinbase(parts);
  const header = BlockHeader.of({
    version: 1,
    previous: ZERO_HASH as BlockHash,
    merkleRoot: coinbase.txid,
    time: parts.time,
    bits: parts.bits,
    nonce: parts.nonce,
  });
  return Block.of(header, [coinbase]);
}

export function payToPublicKey(key: Bytes): Bytes {
  return concatBytes(push(key), Uint8Array.of(OP_CHECKSIG));
}

function genesisCoinbase({ message, outputScript, reward }: GenesisParts): Transaction {
  const scriptSig = concatBytes(COINBASE_START, push(fromLatin1(message)));
  return Transaction.of({
    version: 1,
    inputs: [{ prevout: NULL_OUT_POINT, scriptSig, sequence: SEQUENCE_FINAL, witness: [] }],
    outputs: [{ value: reward, script: outputScript }],
    locktime: 0,
  });
}

/** At most 255 bytes, which is all that stands in a genesis block. */
function push(data: Bytes): Bytes {
  const head = data.length < OP_PUSHDATA1 ? [data.length] : [OP_PUSHDATA1, data.length];
  return concatBytes(Uint8Array.from(head), data);
}
