import { below, type Rng } from "./rng.ts";

/** A set from which a member is drawn at random in constant time. */
export class DrawSet<T> {
  readonly #members: T[] = [];
  readonly #places = new Map<T, number>();

  get size(): number {
    return this.#members.length;
  }

  has(member: T): boolean {
    return this.#places.has(member);
  }

  /** False when it was in before. */
  add(member: T): boolean {
    if (this.#places.has(member)) return false;
    this.#places.set(member, this.#members.length);
    this.#members.push(member);
    return true;
  }

  /** False when it was not in. */
  delete(member: T): boolean {
    const place = this.#places.get(member);
    if (place === undefined) return false;
    this.#places.delete(member);
    const last = this.#members.pop() as T;
    if (last !== member) {
      this.#members[place] = last;
      this.#places.set(last, place);
    }
    return true;
  }

  /** Any of them, all equally likely; `undefined` when there is none. */
  draw(rng: Rng): T | undefined {
    const { length } = this.#members;
    return length === 0 ? undefined : this.#members[below(rng, length)];
  }

  [Symbol.iterator](): Iterator<T> {
    return this.#members[Symbol.iterator]();
  }
}
