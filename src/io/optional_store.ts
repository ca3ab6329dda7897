import type { Bytes } from "../base/bytes.ts";
import type { Change, KeyValueStore } from "../store/key_value_store.ts";

/** A store that need not be there: while it is not, it holds nothing, and nothing is to be written to it. */
export class OptionalStore implements KeyValueStore {
  readonly #make: () => Promise<KeyValueStore>;
  readonly #remove: () => Promise<void>;
  #store: KeyValueStore | undefined;

  /** `make` opens it, making what is missing; `remove` does away with it once it is closed. */
  constructor(make: () => Promise<KeyValueStore>, remove: () => Promise<void>) {
    this.#make = make;
    this.#remove = remove;
  }

  async open(): Promise<void> {
    this.#store ??= await this.#make();
  }

  /** Closes it, and removes all it held. */
  async drop(): Promise<void> {
    await this.close();
    await this.#remove();
  }

  get(key: Bytes): Bytes | undefined {
    return this.#store?.get(key);
  }

  async write(batch: readonly Change[], options?: { readonly sync?: boolean }): Promise<void> {
    await this.#store?.write(batch, options);
  }

  scan(from: Bytes, to: Bytes): AsyncIterable<readonly [key: Bytes, value: Bytes]> {
    return this.#store?.scan(from, to) ?? nothing();
  }

  async close(): Promise<void> {
    const store = this.#store;
    this.#store = undefined;
    await store?.close();
  }
}

async function* nothing(): AsyncGenerator<never> {}
