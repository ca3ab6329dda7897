/** How many there are of each kind; kinds of which there are none take no room. */
export class Tally<K> {
  readonly #counts = new Map<K, number>();

  /** Kinds of which there is at least one. */
  get size(): number {
    return this.#counts.size;
  }

  count(kind: K): number {
    return this.#counts.get(kind) ?? 0;
  }

  has(kind: K): boolean {
    return this.#counts.has(kind);
  }

  add(kind: K): void {
    this.#counts.set(kind, this.count(kind) + 1);
  }

  /** One less; nothing happens when there was none. */
  remove(kind: K): void {
    const left = this.count(kind) - 1;
    if (left > 0) this.#counts.set(kind, left);
    else this.#counts.delete(kind);
  }
}
