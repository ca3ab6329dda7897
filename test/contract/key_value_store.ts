import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type Bytes, compareBytes, fromHex as hex, toHex } from "../../src/base/bytes.ts";
import type { Change, KeyValueStore } from "../../src/store/key_value_store.ts";

/** Each call of `open` gives a store that is empty and that nothing else uses. */
type Open = () => Promise<KeyValueStore>;

/** What every `KeyValueStore` must do. A new engine adds one line to its own test file, not new tests. */
export function obeysKeyValueStore(name: string, open: Open): void {
  claimsOfReadingAndWriting(name, open);
  claimsOfScanning(name, open);

  test(`${name} does what a plain map does`, async () => {
    await fc.assert(fc.asyncProperty(batchesOfChanges, async (batches) => {
      await within(open, async (store) => {
        const naive = new Map<string, Bytes>();
        for (const batch of batches) {
          await store.write(batch);
          for (const each of batch) {
            if (each.type === "put") naive.set(toHex(each.key), each.value);
            else naive.delete(toHex(each.key));
          }
        }
        const expected = [...naive].map(([key, value]) => [hex(key), value] as const);
        expected.sort(([a], [b]) => compareBytes(a, b));
        assert.deepEqual(await collect(store.scan(hex(""), hex("ff"))), plain(expected));
        for (const [key, value] of expected) assert.deepEqual(bytesOf(store.get(key)), bytesOf(value));
      });
    }), { numRuns: 20 });
  });
}

function claimsOfReadingAndWriting(name: string, open: Open): void {
  test(`${name}: a key that was never written has no value`, async () => {
    await within(open, async (store) => assert.equal(store.get(hex("01")), undefined));
  });

  test(`${name}: an empty value is a value`, async () => {
    await within(open, async (store) => {
      await store.write([{ type: "put", key: hex("01"), value: hex("") }]);
      assert.deepEqual(bytesOf(store.get(hex("01"))), []);
    });
  });

  test(`${name}: an empty batch changes nothing`, async () => {
    await within(open, async (store) => {
      await store.write([]);
      assert.deepEqual(await collect(store.scan(hex(""), hex("ff"))), []);
    });
  });

  test(`${name}: the last change to a key in a batch wins`, async () => {
    await within(open, async (store) => {
      await store.write([
        { type: "put", key: hex("01"), value: hex("aa") },
        { type: "delete", key: hex("01") },
        { type: "put", key: hex("01"), value: hex("bb") },
        { type: "put", key: hex("02"), value: hex("cc") },
        { type: "delete", key: hex("02") },
      ]);
      assert.deepEqual(bytesOf(store.get(hex("01"))), [0xbb]);
      assert.equal(store.get(hex("02")), undefined);
    });
  });

  test(`${name}: deleting what is not there is no error`, async () => {
    await within(open, async (store) => {
      await store.write([{ type: "delete", key: hex("01") }], { sync: true });
      assert.equal(store.get(hex("01")), undefined);
    });
  });

  test(`${name}: a write is seen once its promise is fulfilled, and writes keep their order`, async () => {
    await within(open, async (store) => {
      const first = store.write([{ type: "put", key: hex("01"), value: hex("aa") }]);
      const second = store.write([{ type: "put", key: hex("01"), value: hex("bb") }]);
      await Promise.all([first, second]);
      assert.deepEqual(bytesOf(store.get(hex("01"))), [0xbb]);
    });
  });

  test(`${name}: bytes cut from a larger buffer are stored as what they are`, async () => {
    await within(open, async (store) => {
      const whole = hex("00112233445566");
      await store.write([{ type: "put", key: whole.subarray(1, 3), value: whole.subarray(4, 6) }]);
      assert.deepEqual(bytesOf(store.get(hex("1122"))), [0x44, 0x55]);
      assert.deepEqual(await collect(store.scan(hex("11"), hex("12"))), [[[0x11, 0x22], [0x44, 0x55]]]);
    });
  });

  test(`${name}: a value that was read does not change when its key is written again`, async () => {
    await within(open, async (store) => {
      await store.write([{ type: "put", key: hex("01"), value: hex("aa") }]);
      const before = store.get(hex("01"));
      await store.write([{ type: "put", key: hex("01"), value: hex("bb") }]);
      assert.deepEqual(bytesOf(before), [0xaa]);
    });
  });

  test(`${name}: keys of any bytes and length are told apart`, async () => {
    await within(open, async (store) => {
      const keys = ["00", "0000", "ff", "ff00", "c3a9", "e9", "80"].map((key) => hex(key));
      await store.write(keys.map((key) => ({ type: "put", key, value: key })));
      for (const key of keys) assert.deepEqual(bytesOf(store.get(key)), bytesOf(key));
    });
  });
}

function claimsOfScanning(name: string, open: Open): void {
  test(`${name}: a scan gives its first key, not its last, in byte order`, async () => {
    await within(open, async (store) => {
      const keys = ["02", "80", "01", "0100", "7f", "00", "81"];
      await store.write(keys.map((key) => ({ type: "put", key: hex(key), value: hex("aa") })));
      const found = await collect(store.scan(hex("01"), hex("81")));
      assert.deepEqual(found.map(([key]) => key), [[0x01], [0x01, 0x00], [0x02], [0x7f], [0x80]]);
    });
  });

  test(`${name}: a scan over nothing gives nothing`, async () => {
    await within(open, async (store) => {
      await store.write([{ type: "put", key: hex("01"), value: hex("aa") }]);
      assert.deepEqual(await collect(store.scan(hex("02"), hex("ff"))), []);
    });
  });

  test(`${name}: a scan sees the store as it was when it was asked for`, async () => {
    await within(open, async (store) => {
      await store.write([{ type: "put", key: hex("01"), value: hex("aa") }]);
      const scan = store.scan(hex("00"), hex("ff"))[Symbol.asyncIterator]();
      await store.write([{ type: "put", key: hex("00"), value: hex("bb") }]);
      const first = await scan.next();
      await store.write([
        { type: "put", key: hex("02"), value: hex("bb") },
        { type: "delete", key: hex("01") },
      ]);
      assert.deepEqual(plain([first.value]), [[[0x01], [0xaa]]]);
      assert.equal((await scan.next()).done, true);
    });
  });

  test(`${name}: a scan may be left half way, and the store closed after it`, async () => {
    await within(open, async (store) => {
      await store.write(["01", "02", "03"].map((key) => ({ type: "put", key: hex(key), value: hex("aa") })));
      for await (const [key] of store.scan(hex("00"), hex("ff"))) if (key[0] === 2) break;
    });
  });
}

const shortBytes = fc.uint8Array({ maxLength: 3 });
// Few and short keys, so that changes meet; never above `ff`, where the scan of the property ends.
const keys = fc.array(fc.nat(3), { minLength: 1, maxLength: 2 }).map((values) => Uint8Array.from(values));
const change: fc.Arbitrary<Change> = fc.oneof(
  fc.record({ type: fc.constant("put" as const), key: keys, value: shortBytes }),
  fc.record({ type: fc.constant("delete" as const), key: keys }),
);
const batchesOfChanges = fc.array(fc.array(change, { maxLength: 8 }), { maxLength: 6 });

async function within(open: Open, run: (store: KeyValueStore) => Promise<void>): Promise<void> {
  const store = await open();
  try {
    await run(store);
  } finally {
    await store.close();
  }
}

async function collect(scan: AsyncIterable<readonly [Bytes, Bytes]>): Promise<number[][][]> {
  const entries: (readonly [Bytes, Bytes])[] = [];
  for await (const entry of scan) entries.push(entry);
  return plain(entries);
}

/** Numbers, since an engine may answer with a subclass of `Uint8Array`. */
function plain(entries: readonly (readonly [Bytes, Bytes])[]): number[][][] {
  return entries.map(([key, value]) => [[...key], [...value]]);
}

function bytesOf(bytes: Bytes | undefined): number[] | undefined {
  return bytes === undefined ? undefined : [...bytes];
}
