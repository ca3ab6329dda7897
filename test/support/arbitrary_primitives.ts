/** Random hashes, transactions, blocks and addresses for properties. */
import fc from "fast-check";
import type { Bytes } from "../../src/base/bytes.ts";
import { decodeWith } from "../../src/codec/codec.ts";
import { MONEY_MAX, type Sats } from "../../src/primitives/amount.ts";
import { Block } from "../../src/primitives/block.ts";
import type { BlockHash, Txid } from "../../src/primitives/hash.ts";
import { BlockHeader } from "../../src/primitives/header.ts";
import {
  isDisguised, NETWORK_BYTES, type NetworkAddress, type NetworkName,
} from "../../src/primitives/network_address.ts";
import {
  type Input, type Output, Transaction, transactionCodec, type TransactionFields,
} from "../../src/primitives/transaction.ts";

export const u8 = fc.integer({ min: 0, max: 0xff });
export const u16 = fc.integer({ min: 0, max: 0xffff });
export const u32 = fc.integer({ min: 0, max: 0xffff_ffff });
export const i32 = fc.integer({ min: -0x8000_0000, max: 0x7fff_ffff });
export const u64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
export const i64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });

/** Plain objects, such as decoders make; fast-check's own have no prototype. */
export function record<T>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<T> {
  return fc.record(model, { noNullPrototype: true }) as fc.Arbitrary<T>;
}

export function bytesOf(length: number): fc.Arbitrary<Bytes> {
  return fc.uint8Array({ minLength: length, maxLength: length });
}

export function bytesUpTo(length: number): fc.Arbitrary<Bytes> {
  return fc.uint8Array({ maxLength: length });
}

export const hash = bytesOf(32);
export const blockHash = hash as fc.Arbitrary<BlockHash>;
export const latin1 = (minLength: number, maxLength: number): fc.Arbitrary<string> =>
  fc.uint8Array({ minLength, maxLength }).map((codes) => String.fromCharCode(...codes));

export const header: fc.Arbitrary<BlockHeader> = record({
  version: i32, previous: blockHash, merkleRoot: hash, time: u32, bits: u32, nonce: u32,
}).map((fields) => BlockHeader.of(fields));

const script = bytesUpTo(40);

const output: fc.Arbitrary<Output> = record({
  value: fc.integer({ min: 0, max: MONEY_MAX }) as fc.Arbitrary<Sats>,
  script,
});

const input: fc.Arbitrary<Input> = record({
  prevout: record({ txid: hash as fc.Arbitrary<Txid>, index: u32 }),
  scriptSig: script,
  sequence: u32,
  witness: fc.array(script, { maxLength: 3 }),
});

const transactionFields: fc.Arbitrary<TransactionFields> = record({
  version: u32,
  // Without inputs, the form with witness could not be told from the one without.
  inputs: fc.array(input, { minLength: 1, maxLength: 3 }),
  outputs: fc.array(output, { maxLength: 3 }),
  locktime: u32,
});

/** Fields, and the transaction that is read from what they serialise to. */
export const readTransaction: fc.Arbitrary<readonly [TransactionFields, Transaction]> = transactionFields
  .map((fields) => [fields, decodeWith(transactionCodec, Transaction.of(fields).bytes)]);

/** As it is read, which is not what it was made of: its witnesses are made when they are asked for. */
export const transaction: fc.Arbitrary<Transaction> = readTransaction.map(([, read]) => read);

export const block: fc.Arbitrary<Block> = fc
  .tuple(header, fc.array(transaction, { maxLength: 3 }))
  .map(([head, transactions]) => Block.of(head, transactions));

function addressOn(network: NetworkName): fc.Arbitrary<NetworkAddress> {
  const bytes = bytesOf(NETWORK_BYTES[network]).map((random) => {
    return network === "cjdns" ? Uint8Array.of(0xfc, ...random.subarray(1)) : random;
  });
  const address = record({ network: fc.constant(network), bytes, port: u16 });
  return address.filter((host) => !isDisguised(host));
}

export const ipAddress: fc.Arbitrary<NetworkAddress> = fc.oneof(addressOn("ipv4"), addressOn("ipv6"));

export const networkAddress: fc.Arbitrary<NetworkAddress> = fc.oneof(
  ipAddress,
  addressOn("onion"),
  addressOn("i2p"),
  addressOn("cjdns"),
);
