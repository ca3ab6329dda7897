import type { Bytes } from "../base/bytes.ts";

/**
 * Saves small files, one at a time. Of several contents that wait for one name, the last is saved;
 * so what waits is bounded by the number of names.
 */
export class SerialSaves {
  readonly #save: (name: string, bytes: Bytes) => Promise<void>;
  readonly #failed: (name: string, error: unknown) => void;
  readonly #waiting = new Map<string, Bytes>();
  #running: Promise<void> | undefined;

  constructor(
    save: (name: string, bytes: Bytes) => Promise<void>,
    failed: (name: string, error: unknown) => void,
  ) {
    this.#save = save;
    this.#failed = failed;
  }

  add(name: string, bytes: Bytes): void {
    this.#waiting.set(name, bytes);
    this.#running ??= this.#run();
  }

  /** Resolves when nothing waits any more. */
  async idle(): Promise<void> {
    while (this.#running !== undefined) await this.#running;
  }

  async #run(): Promise<void> {
    // A turn later, when `#running` is set.
    await undefined;
    for (const [name, bytes] of this.#waiting) {
      this.#waiting.delete(name);
      try {
        await this.#save(name, bytes);
      } catch (error) {
        this.#failed(name, error);
      }
    }
    this.#running = undefined;
  }
}
