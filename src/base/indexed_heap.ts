/** What stands in an `IndexedHeap`, which alone writes its place. In one heap at a time. */
export interface Placed {
  place: number;
}

/**
 * A pile of which the foremost item is known, and from which any can be taken, or be let find its place
 * anew: `isBefore` says which of two comes first. Each takes logarithmic time.
 */
export class IndexedHeap<T extends Placed> {
  readonly #isBefore: (a: T, b: T) => boolean;
  /** `#items[i]` does not come after its children `#items[2i + 1]` and `#items[2i + 2]`. */
  #items: T[] = [];

  constructor(isBefore: (a: T, b: T) => boolean) {
    this.#isBefore = isBefore;
  }

  get size(): number {
    return this.#items.length;
  }

  /** The foremost item; `undefined` when there is none. */
  peek(): T | undefined {
    return this.#items[0];
  }

  add(item: T): void {
    item.place = this.#items.length;
    // An array that grows from nothing has room for 17 at once; there may be very many heaps of one.
    if (item.place === 0) this.#items = [item];
    else this.#items.push(item);
    this.#rise(item);
  }

  delete(item: T): void {
    const last = this.#items.pop();
    if (last === undefined || last === item) return;
    this.#put(last, item.place);
    this.settle(last);
  }

  /** To be called when something has changed by which `isBefore` judges `item`. */
  settle(item: T): void {
    this.#rise(item);
    this.#sink(item);
  }

  /** In no order. */
  [Symbol.iterator](): Iterator<T> {
    return this.#items[Symbol.iterator]();
  }

  #rise(item: T): void {
    let at = item.place;
    while (at > 0) {
      const parent = this.#items[(at - 1) >>> 1] as T;
      if (!this.#isBefore(item, parent)) break;
      const above = parent.place;
      this.#put(parent, at);
      at = above;
    }
    this.#put(item, at);
  }

  #sink(item: T): void {
    const items = this.#items;
    let at = item.place;
    for (let child = 2 * at + 1; child < items.length; child = 2 * at + 1) {
      if (child + 1 < items.length && this.#isBefore(items[child + 1] as T, items[child] as T)) child++;
      if (!this.#isBefore(items[child] as T, item)) break;
      this.#put(items[child] as T, at);
      at = child;
    }
    this.#put(item, at);
  }

  #put(item: T, place: number): void {
    item.place = place;
    this.#items[place] = item;
  }
}
