/**
 * Messages decoded and encoded per second, by kind, and bytes through the plain transport.
 *
 * @module
 */
import type { Bytes } from "../src/base/bytes.ts";
import { randomBytes, seededRng } from "../src/base/rng.ts";
import { installNodeCrypto } from "../src/io/node_crypto.ts";
import type { Sats } from "../src/primitives/amount.ts";
import { Block } from "../src/primitives/block.ts";
import type { BlockHash, Txid } from "../src/primitives/hash.ts";
import { BlockHeader } from "../src/primitives/header.ts";
import type { NetworkAddress } from "../src/primitives/network_address.ts";
import { type Input, Transaction } from "../src/primitives/transaction.ts";
import { V1Transport } from "../src/transport/v1_transport.ts";
import { decodeMessage, encodeMessage, type Message } from "../src/wire/message.ts";
import { MSG_WTX } from "../src/wire/messages/inventory.ts";
import { type Measurement, ratePerSecond } from "./support/measurement.ts";

/** Long enough to be warm and to average over collections of garbage. */
const MEASURE_MS = 150;

const CHUNK_BYTES = 65_536;

const rng = seededRng(1);
const hash = <T extends Bytes>(): T => randomBytes(rng, 32) as T;

function many<T>(count: number, make: (index: number) => T): T[] {
  return Array.from({ length: count }, (_, i) => make(i));
}

export async function run(): Promise<readonly Measurement[]> {
  installNodeCrypto();
  const measurements: Measurement[] = [];
  for (const [label, message] of Object.entries(samples())) {
    const payload = encodeMessage(message);
    const decoded = ratePerSecond(MEASURE_MS, () => decodeMessage(message.type, payload));
    const encoded = ratePerSecond(MEASURE_MS, () => encodeMessage(message));
    measurements.push({ name: `decode ${label}`, value: decoded, unit: "messages/s" });
    measurements.push({ name: `encode ${label}`, value: encoded, unit: "messages/s" });
  }
  return [
    ...measurements,
    ...throughTransport("1 MB payloads", 1_000_000),
    ...throughTransport("61-byte payloads", 61),
  ];
}

/** In pieces as sockets hand them over. */
function throughTransport(label: string, payloadBytes: number): readonly Measurement[] {
  const magic = Uint8Array.of(0xfa, 0xbf, 0xb5, 0xda);
  const sender = new V1Transport(magic);
  const receiver = new V1Transport(magic);
  const payload = randomBytes(rng, payloadBytes);
  const framed = sender.send({ type: "tx", payload });
  const count = Math.max(1, Math.ceil(CHUNK_BYTES / framed.length));
  const stream = Buffer.concat(many(count, () => framed));
  const received = ratePerSecond(MEASURE_MS, () => {
    for (let start = 0; start < stream.length; start += CHUNK_BYTES) {
      receiver.receive(stream.subarray(start, start + CHUNK_BYTES));
    }
  });
  const sent = ratePerSecond(MEASURE_MS, () => sender.send({ type: "tx", payload }));
  return [
    { name: `receive ${label}`, value: received * count, unit: "messages/s" },
    { name: `send ${label}`, value: sent, unit: "messages/s" },
  ];
}

function samples(): Readonly<Record<string, Message>> {
  const block = makeBlock(2_500);
  const address: NetworkAddress = { network: "ipv4", bytes: Uint8Array.of(192, 0, 2, 1), port: 8333 };
  const addresses = many(1_000, (i) => ({ time: 1_700_000_000 + i, services: 0x409n, address }));
  const endpoint = { services: 0x409n, address };
  const head = block.header;
  return {
    ping: { type: "ping", value: { nonce: 7n } },
    version: {
      type: "version",
      value: {
        version: 70_016, services: 0x409n, time: 1_700_000_000n, receiver: endpoint, sender: endpoint,
        nonce: 7n, userAgent: "/tidings:0.1.0/", startHeight: 900_000, relay: true,
      },
    },
    "inv of 1": { type: "inv", value: { items: [{ type: MSG_WTX, hash: hash() }] } },
    "inv of 1,000": { type: "inv", value: { items: many(1_000, () => ({ type: MSG_WTX, hash: hash() })) } },
    "getheaders of 32": {
      type: "getheaders",
      value: { version: 70_016, locator: many(32, () => hash<BlockHash>()), stop: hash<BlockHash>() },
    },
    "headers of 2,000": { type: "headers", value: { headers: many(2_000, () => head) } },
    "addr of 1,000": { type: "addr", value: { addresses } },
    "addrv2 of 1,000": { type: "addrv2", value: { addresses } },
    tx: { type: "tx", value: { transaction: block.transactions[1] as Transaction } },
    [`block of ${Math.round(block.bytes.length / 1000)} kB`]: { type: "block", value: { block } },
    "cmpctblock of 2,500": {
      type: "cmpctblock",
      value: {
        header: head, nonce: 7n, shortIds: many(2_499, () => rng.u32() * 2 ** 16),
        prefilled: [{ index: 0, transaction: block.transactions[0] as Transaction }],
      },
    },
  };
}

/** Of transactions with two inputs and two outputs, all P2WPKH. */
function makeBlock(transactionCount: number): Block {
  const transactions = many(transactionCount, () =>
    Transaction.of({
      version: 2,
      inputs: many(2, makeInput),
      outputs: many(2, () => ({ value: 50_000 as Sats, script: randomBytes(rng, 22) })),
      locktime: 0,
    }));
  const header = BlockHeader.of({
    version: 0x2000_0000, previous: hash<BlockHash>(), merkleRoot: hash(),
    time: 1_700_000_000, bits: 0x1d00ffff, nonce: 0,
  });
  return Block.of(header, transactions);
}

function makeInput(): Input {
  const prevout = { txid: hash<Txid>(), index: 0 };
  const witness = [randomBytes(rng, 72), randomBytes(rng, 33)];
  return { prevout, scriptSig: new Uint8Array(0), sequence: 0, witness };
}
