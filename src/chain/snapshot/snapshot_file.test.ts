import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { piecesOf, snapshotOf } from "../../../test/support/snapshots.ts";
import { type Bytes, concatBytes, fromHex, toHex } from "../../base/bytes.ts";
import { silentLogger } from "../../base/logger.ts";
import { MAIN } from "../../params/main.ts";
import { REGTEST } from "../../params/regtest.ts";
import { MONEY_MAX, type Sats } from "../../primitives/amount.ts";
import type { Coin } from "../../primitives/coin.ts";
import { type BlockHash, displayHash, type Txid } from "../../primitives/hash.ts";
import type { OutPoint } from "../../primitives/transaction.ts";
import { OP_RETURN } from "../../script/opcodes.ts";
import { MemoryStore } from "../../store/memory_store.ts";
import { coinKey, encodeCoin } from "../coin_codec.ts";
import { COINS_HEAD_KEY } from "../coins_cache.ts";
import { hashCoinEntries, hashCoins } from "../coins_hash.ts";
import { populateSnapshot } from "./populate_snapshot.ts";
import {
  compareSnapshotIndexes, decodeSnapshotHead, encodeSnapshotHead, SNAPSHOT_HEAD_BYTES, SnapshotError,
} from "./snapshot_format.ts";
import { compressAmount, encodeSnapshotVarint } from "./snapshot_output.ts";
import { SnapshotReader } from "./snapshot_reader.ts";

const BASE = new Uint8Array(32).fill(0xb5) as BlockHash;
const HEIGHT = 300;

interface Entry {
  readonly outPoint: OutPoint;
  readonly coin: Coin;
}

function entry(txid: number, index: number, value: number, script: string, height = 1, isCoinbase = false): Entry {
  const outPoint = { txid: new Uint8Array(32).fill(txid) as Txid, index };
  return { outPoint, coin: { value: value as Sats, script: fromHex(script), height, isCoinbase } };
}

function storeOf(entries: readonly Entry[]): MemoryStore {
  const store = new MemoryStore();
  store.apply([
    { type: "put", key: COINS_HEAD_KEY, value: BASE },
    ...entries.map(({ outPoint, coin }) => {
      const key = coinKey(outPoint);
      return { type: "put", key, value: encodeCoin(key, coin) } as const;
    }),
  ]);
  return store;
}

async function fileOf(entries: readonly Entry[]): Promise<Bytes> {
  const { bytes, coins, hash } = await snapshotOf(storeOf(entries), REGTEST.magic);
  assert.equal(coins, entries.length);
  assert.equal(hash, await hashCoins(storeOf(entries), () => false));
  return bytes;
}

/** What is read of `body` when it comes in pieces of some length. */
function readAll(body: Bytes, count: number, pieceBytes = 7): Entry[] {
  const reader = new SnapshotReader(BigInt(count), HEIGHT);
  const coins: Entry[] = [];
  for (let at = 0; at < body.length; at += pieceBytes) coins.push(...reader.push(body.subarray(at, at + pieceBytes)));
  return [...coins, ...reader.end()];
}

const GOLDEN: readonly Entry[] = [
  entry(0x11, 0, 5_000_000_000, `76a914${"22".repeat(20)}88ac`, 1, true),
  entry(0x11, 3, 1, "51", 2),
  entry(0x12, 300, 1_234_567, `a914${"33".repeat(20)}87`, 299),
];

test("the bytes of a snapshot are these", async () => {
  assert.equal(toHex(await fileOf(GOLDEN)), [
    "7574786fff", "0200", "fabfb5da", "b5".repeat(32), "0300000000000000",
    "11".repeat(32), "02",
    "00", "03", "32", `00${"22".repeat(20)}`,
    "03", "04", "01", "0751",
    "12".repeat(32), "01",
    "fd2c01", "8356", "84a5943d", `01${"33".repeat(20)}`,
  ].join(""));
});

test("coins of one transaction stand in the order of their indexes as varints", () => {
  const indexes = [0, 127, 128, 255, 256, 16_511, 16_512, 70_000];
  assert.deepEqual(indexes.toSorted(compareSnapshotIndexes), [0, 127, 128, 255, 16_512, 256, 16_511, 70_000]
    .sort(compareSnapshotIndexes));
  assert.ok(compareSnapshotIndexes(16_512, 256) < 0 && compareSnapshotIndexes(255, 16_512) < 0);
});

const coins: fc.Arbitrary<readonly Entry[]> = fc.uniqueArray(
  fc.record({
    outPoint: fc.record({
      txid: fc.integer({ min: 0, max: 5 }).map((id) => new Uint8Array(32).fill(id) as Txid),
      index: fc.oneof(fc.nat(300), fc.nat(40_000)),
    }),
    coin: fc.record({
      value: fc.integer({ min: 0, max: MONEY_MAX }) as fc.Arbitrary<Sats>,
      script: fc.uint8Array({ maxLength: 40 }),
      height: fc.nat(HEIGHT),
      isCoinbase: fc.boolean(),
    }),
  }),
  { selector: ({ outPoint: { txid, index } }) => `${txid[0]}:${index}`, maxLength: 30 },
);

test("what is written is read back, in whatever pieces it comes", async () => {
  await fc.assert(fc.asyncProperty(coins, fc.integer({ min: 1, max: 200 }), async (entries, pieceBytes) => {
    const file = await fileOf(entries);
    const head = decodeSnapshotHead(file.subarray(0, SNAPSHOT_HEAD_BYTES), REGTEST);
    assert.deepEqual(head, { base: BASE, coins: BigInt(entries.length) });
    const read = readAll(file.subarray(SNAPSHOT_HEAD_BYTES), entries.length, pieceBytes);
    assert.equal(hashOf(read), hashOf(entries));
  }), { numRuns: 30 });
});

function hashOf(entries: readonly Entry[]): string {
  return hashCoinEntries(storeOf(entries).entries(fromHex("43"), fromHex("44")));
}

test("any other bytes are coins or a fault, and nothing else", async () => {
  const body = (await fileOf(GOLDEN)).slice(SNAPSHOT_HEAD_BYTES);
  fc.assert(fc.property(fc.nat(body.length - 1), fc.nat(255), fc.nat(body.length), (at, byte, cut) => {
    const bytes = body.slice(0, Math.max(at + 1, cut));
    bytes[at] = byte;
    try {
      readAll(bytes, GOLDEN.length);
    } catch (error) {
      assert.ok(error instanceof SnapshotError, `threw ${error}`);
    }
  }));
  fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(5), (bytes, count) => {
    try {
      readAll(bytes, count);
    } catch (error) {
      assert.ok(error instanceof SnapshotError, `threw ${error}`);
    }
  }));
});

async function faultOf(body: Bytes, count = GOLDEN.length): Promise<string> {
  const head = { base: BASE, coins: BigInt(count) };
  const expected = { height: HEIGHT, blockHash: BASE, coinsHash: "00".repeat(32), transactionCount: 1 };
  const ports = { logger: silentLogger, store: new MemoryStore(), isStopped: () => false };
  let fault = "";
  await populateSnapshot(piecesOf(body, 0), head, expected, ports).catch((error: unknown) => {
    assert.ok(error instanceof SnapshotError, `threw ${error}`);
    fault = error.message;
  });
  return fault;
}

test("what is wrong with the coins is said as Bitcoin Core says it", async () => {
  const body = (await fileOf(GOLDEN)).slice(SNAPSHOT_HEAD_BYTES);
  const changed = (offset: number, hex: string): Bytes => {
    const bytes = body.slice();
    bytes.set(fromHex(hex), offset);
    return bytes;
  };
  assert.equal(await faultOf(body, 2), "Bad snapshot - coins left over after deserializing 2 coins");
  assert.equal(await faultOf(body, 4), "Bad snapshot format or truncated snapshot after deserializing 3 coins");
  assert.equal(await faultOf(body.subarray(0, 60)),
    "Bad snapshot format or truncated snapshot after deserializing 1 coins");
  assert.equal(await faultOf(changed(32, "fdffff")),
    "Mismatch in coins count in snapshot metadata and actual snapshot data");
  assert.equal(await faultOf(changed(34, "8458")), "Bad snapshot data after deserializing 0 coins");
  const tooMuch = encodeSnapshotVarint(compressAmount(MONEY_MAX + 1));
  assert.equal(await faultOf(concatBytes(body.subarray(0, 35), tooMuch, body.subarray(36))),
    "Bad snapshot data after deserializing 0 coins - bad tx out value");
  assert.equal(await faultOf(body), `Bad snapshot content hash: expected ${"00".repeat(32)}, got ${hashOf(GOLDEN)}`);
});

test("a script too long to be of use becomes one that nobody can satisfy, and its bytes are passed over", () => {
  const length = 20_000;
  const body = concatBytes(
    new Uint8Array(32).fill(1), fromHex("02"),
    fromHex("000203"), encodeSnapshotVarint(6 + length), new Uint8Array(length),
    fromHex("010203"), fromHex("0751"),
  );
  const read = readAll(body, 2, 1_000);
  assert.deepEqual(read.map(({ coin }) => coin.script), [Uint8Array.of(OP_RETURN), fromHex("51")]);
  assert.throws(() => readAll(body.subarray(0, 5_000), 2), /truncated snapshot after deserializing 0 coins/);
});

test("a head of another format, version or network is refused in Bitcoin Core's words", () => {
  const head = encodeSnapshotHead(REGTEST.magic, { base: BASE, coins: 7n });
  assert.equal(head.length, SNAPSHOT_HEAD_BYTES);
  const changed = (offset: number, hex: string): Bytes => {
    const bytes = head.slice();
    bytes.set(fromHex(hex), offset);
    return bytes;
  };
  const fault = (bytes: Bytes): RegExp => {
    try {
      decodeSnapshotHead(bytes, REGTEST);
    } catch (error) {
      assert.ok(error instanceof SnapshotError);
      return new RegExp(error.message.replaceAll(/[().]/g, "\\$&"));
    }
    return assert.fail("it is accepted");
  };
  assert.match("Invalid UTXO set snapshot magic bytes. Please check if this is indeed a snapshot file or if you " +
    "are using an outdated snapshot format.", fault(changed(0, "f0")));
  assert.match("Version of snapshot 3 does not match any of the supported versions.", fault(changed(5, "0300")));
  assert.match("The network of the snapshot (main) does not match the network of this node (regtest).",
    fault(changed(7, toHex(MAIN.magic))));
  assert.match("This snapshot has been created for an unrecognized network. This could be a custom signet, a new " +
    "testnet or possibly caused by data corruption.", fault(changed(7, "00000000")));
  assert.match("AutoFile::read: end of file", fault(head.subarray(0, 50)));
  assert.equal(displayHash(decodeSnapshotHead(head, REGTEST).base), "b5".repeat(32));
});
