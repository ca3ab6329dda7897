import assert from "node:assert/strict";
import { test } from "node:test";
import { obeysKeyValueStore } from "../../test/contract/key_value_store.ts";
import { MemoryStore } from "../store/memory_store.ts";
import { OptionalStore } from "./optional_store.ts";

const KEY = Uint8Array.of(1);

function optionalStore() {
  let removals = 0;
  const store = new OptionalStore(async () => new MemoryStore(), async () => void removals++);
  return { store, removals: () => removals };
}

obeysKeyValueStore("OptionalStore, open", async () => {
  const { store } = optionalStore();
  await store.open();
  return store;
});

test("a store that is not there holds nothing, whatever is written to it", async () => {
  const { store } = optionalStore();
  await store.write([{ type: "put", key: KEY, value: KEY }]);
  assert.equal(store.get(KEY), undefined);
  for await (const entry of store.scan(KEY, Uint8Array.of(9))) assert.fail(`found ${entry}`);
});

test("what was dropped is gone, and a new one begins empty", async () => {
  const { store, removals } = optionalStore();
  await store.open();
  await store.write([{ type: "put", key: KEY, value: KEY }]);
  assert.deepEqual(store.get(KEY), KEY);
  await store.drop();
  assert.deepEqual([store.get(KEY), removals()], [undefined, 1]);
  await store.open();
  assert.equal(store.get(KEY), undefined);
});
