import type { Bytes } from "../base/bytes.ts";
import { fromLatin1 } from "../base/bytes.ts";
import type { Change, KeyValueStore } from "./key_value_store.ts";

/** A store that lives as long as the process: for tests, the simulator and devnets without a folder. */
export class MemoryStore implements KeyValueStore {
  readonly #entries = new Map<string, Bytes>();

  get size(): number {
    return this.#entries.size;
  }

  get(key: Bytes): Bytes | undefined {
    return this.#entries.get(keyText(key));
  }

  async write(batch: readonly Change[]): Promise<void> {
    this.apply(batch);
  }

  /** `write`, at once: for a driver that decides for itself when a batch has arrived. */
  apply(batch: readonly Change[]): void {
    for (const change of batch) {
      const key = keyText(change.key);
      // A copy, so that a short value does not keep alive the large buffer it was cut from.
      if (change.type === "put") this.#entries.set(key, change.value.slice());
      else this.#entries.delete(key);
    }
  }

  scan(from: Bytes, to: Bytes): AsyncIterable<readonly [key: Bytes, value: Bytes]> {
    // Taken here, not at the first `next`: it fixes the moment that the scan shows.
    return each(this.entries(from, to));
  }

  /** What `scan` gives, at once. */
  entries(from: Bytes, to: Bytes): readonly (readonly [key: Bytes, value: Bytes])[] {
    const [first, end] = [keyText(from), keyText(to)];
    return [...this.#entries]
      .filter(([key]) => first <= key && key < end)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, value]) => [fromLatin1(key), value] as const);
  }

  async close(): Promise<void> {}
}

/** One character a byte, so that text sorts as bytes do. Keys are short, and looked up often. */
function keyText(key: Bytes): string {
  return String.fromCharCode.apply(null, key as unknown as number[]);
}

async function* each<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items;
}
