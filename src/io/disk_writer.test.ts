import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { PersistBatch } from "../chain/chain_ports.ts";
import type { IndexKind } from "../chain/indexes/index_kinds.ts";
import type { FileWrite } from "../store/file_store.ts";
import type { Change, KeyValueStore } from "../store/key_value_store.ts";
import { type DiskStores, DiskWriter } from "./disk_writer.ts";

const EMPTY: PersistBatch = { files: [], index: [], coins: [], removeFiles: [], sync: false };

/** Stores that only note what they were asked, each taking a turn of the loop. */
function recording() {
  const calls: string[] = [];
  const note = async (text: string): Promise<void> => {
    calls.push(`${text} begins`);
    await nextTurn();
    calls.push(`${text} ends`);
  };
  const store = (name: string): KeyValueStore => ({
    get: () => undefined,
    write: (batch: readonly Change[], options) =>
      note(`${name} ${batch.map(({ key }) => key[0]).join()}${options?.sync === true ? " sync" : ""}`),
    scan: async function* () {},
    close: async () => {},
  });
  const stores: DiskStores = {
    files: {
      read: () => undefined,
      write: (writes: readonly FileWrite[]) => note(`files ${writes.map(({ name }) => name).join()}`),
      remove: (names) => note(`remove ${names.join()}`),
      list: async () => [],
      close: async () => {},
    },
    index: store("index"),
    coins: store("coins"),
    indexes: { txindex: store("txindex"), coinstatsindex: store("coinstatsindex") },
  };
  return { calls, stores };
}

function put(key: number): Change {
  return { type: "put", key: Uint8Array.of(key), value: new Uint8Array() };
}

function file(name: string): FileWrite {
  return { name, offset: 0, bytes: Uint8Array.of(1) };
}

const begun = (calls: readonly string[]): readonly string[] =>
  calls.filter((call) => call.endsWith("begins")).map((call) => call.replace(" begins", ""));

test("a batch is written files first, then each store, then removals, each after the other", async () => {
  const { calls, stores } = recording();
  const done: number[] = [];
  const writer = new DiskWriter(stores, { persisted: (batch) => done.push(batch), failed: assert.fail });
  writer.add(1, { files: [file("a")], index: [put(1)], coins: [put(2)], removeFiles: ["b"], sync: true });
  assert.deepEqual(done, [], "never in the same turn");
  await writer.idle();
  assert.deepEqual(calls, [
    "files a begins", "files a ends", "index 1 sync begins", "index 1 sync ends",
    "coins 2 sync begins", "coins 2 sync ends", "txindex  sync begins", "txindex  sync ends",
    "coinstatsindex  sync begins", "coinstatsindex  sync ends", "remove b begins", "remove b ends",
  ]);
  assert.deepEqual(done, [1]);
});

test("batches that wait are written together and acknowledged in order", async () => {
  const { calls, stores } = recording();
  const done: number[] = [];
  const writer = new DiskWriter(stores, { persisted: (batch) => done.push(batch), failed: assert.fail });
  for (let i = 1; i <= 3; i++) writer.add(i, { ...EMPTY, files: [file(`f${i}`)], index: [put(i)] });
  await writer.idle();
  assert.deepEqual(begun(calls), ["files f1,f2,f3", "index 1,2,3"]);
  assert.deepEqual(done, [1, 2, 3]);
});

test("what indexes hold is written after the chain that it is of, each index in its own store", async () => {
  const { calls, stores } = recording();
  const writer = new DiskWriter(stores, { persisted() {}, failed: assert.fail });
  const indexes = (kind: IndexKind, key: number) => [{ kind, changes: [put(key)] }];
  writer.add(1, { ...EMPTY, indexes: indexes("txindex", 1) });
  writer.add(2, { ...EMPTY, files: [file("a")], index: [put(2)], coins: [put(3)] });
  writer.add(3, { ...EMPTY, indexes: indexes("coinstatsindex", 4), sync: true });
  writer.add(4, { ...EMPTY, indexes: indexes("txindex", 5) });
  await writer.idle();
  assert.deepEqual(begun(calls),
    ["files a", "index 2 sync", "coins 3 sync", "txindex 1,5 sync", "coinstatsindex 4 sync"]);
});

test("a sync reaches every store, since earlier batches may have left something there", async () => {
  const { calls, stores } = recording();
  const writer = new DiskWriter(stores, { persisted() {}, failed: assert.fail });
  writer.add(1, { ...EMPTY, sync: true });
  await writer.idle();
  assert.deepEqual(begun(calls),
    ["files ", "index  sync", "coins  sync", "txindex  sync", "coinstatsindex  sync"]);
});

test("a file that is removed and then written again is there at the end", async () => {
  const { calls, stores } = recording();
  const writer = new DiskWriter(stores, { persisted() {}, failed: assert.fail });
  writer.add(1, { ...EMPTY, removeFiles: ["a"] });
  writer.add(2, { ...EMPTY, files: [file("a")] });
  await writer.idle();
  assert.deepEqual(begun(calls), ["remove a", "files a"]);
});

test("too many changes for one write are written by two, and one large batch is never cut", async () => {
  const { calls, stores } = recording();
  const writer = new DiskWriter(stores, { persisted() {}, failed: assert.fail });
  const many = Array.from({ length: 20_000 }, () => put(1));
  writer.add(1, { ...EMPTY, coins: [put(7)] });
  writer.add(2, { ...EMPTY, coins: many });
  writer.add(3, { ...EMPTY, coins: [put(9)] });
  await writer.idle();
  assert.deepEqual(begun(calls).map((call) => call.split(",").length), [1, 20_000, 1]);
});

test("what is added from persisted is written too", async () => {
  const { calls, stores } = recording();
  const writer: DiskWriter = new DiskWriter(stores, {
    persisted: (batch) => {
      if (batch === 1) writer.add(2, { ...EMPTY, index: [put(2)] });
    },
    failed: assert.fail,
  });
  writer.add(1, { ...EMPTY, index: [put(1)] });
  await writer.idle();
  assert.deepEqual(begun(calls), ["index 1", "index 2"]);
});

test("after a write has failed nothing more is written or acknowledged", async () => {
  const { calls, stores } = recording();
  const failures: unknown[] = [];
  const writer = new DiskWriter(
    { ...stores, checkSpace: () => Promise.reject(new Error("full")) },
    { persisted: () => assert.fail("acknowledged"), failed: (error) => failures.push(error) },
  );
  writer.add(1, { ...EMPTY, index: [put(1)] });
  await writer.idle();
  writer.add(2, { ...EMPTY, index: [put(2)] });
  await writer.idle();
  assert.deepEqual(calls, []);
  assert.equal(failures.length, 1);
});
