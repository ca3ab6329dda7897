/**
 * Test before evict: whoever has a place in `tried` keeps it while it is there.
 *
 * An address that would take another's place waits, until the other has been dialled again. So nobody
 * can push out good addresses by having us connect to many others.
 *
 * Source: Bitcoin Core, addrman.cpp, ResolveCollisions_, SelectTriedCollision_.
 *
 * @module
 */
import { DrawSet } from "../base/draw_set.ts";
import type { Rng } from "../base/rng.ts";
import { elapsed, hours, type Instant, minutes, seconds } from "../base/time.ts";
import type { AddressRecord } from "./address_record.ts";
import type { AddressTables } from "./address_tables.ts";

/** Addresses that wait; more are not noted. */
export const COLLISIONS_MAX = 10;
/** A test of the old address counts for so long. */
const TEST_COUNTS = hours(4);
/** How long the test may take. */
const TEST_LENGTH = seconds(60);
/** Whoever could not be tested in so long loses its place: we seem to have no way to it. */
const TEST_WINDOW = minutes(40);

export type CollisionOutcome = "keep" | "replace" | "untested" | "wait";

/** What becomes of the place of `old`, which `newcomer` would take. */
export function collisionOutcome(
  old: Pick<AddressRecord, "succeededAt" | "triedAt">, newcomer: Pick<AddressRecord, "succeededAt">,
  now: Instant,
): CollisionOutcome {
  const since = (at: Instant | undefined): number => (at === undefined ? Infinity : elapsed(at, now));
  if (since(old.succeededAt) < TEST_COUNTS) return "keep";
  if (since(old.triedAt) < TEST_COUNTS) return since(old.triedAt) > TEST_LENGTH ? "replace" : "wait";
  return since(newcomer.succeededAt) > TEST_WINDOW ? "untested" : "wait";
}

export class TriedCollisions {
  readonly #tables: AddressTables;
  readonly #rng: Rng;
  readonly #waiting = new DrawSet<AddressRecord>();

  constructor(tables: AddressTables, rng: Rng) {
    this.#tables = tables;
    this.#rng = rng;
  }

  get size(): number {
    return this.#waiting.size;
  }

  /** `record` waits for its place, if there is room for it. */
  add(record: AddressRecord): void {
    if (this.#waiting.size < COLLISIONS_MAX) this.#waiting.add(record);
  }

  /** Those that wait no longer: `promote` is called with each that may have its place now. */
  resolve(now: Instant, promote: (record: AddressRecord, instead: AddressRecord | undefined) => void): void {
    for (const record of [...this.#waiting]) {
      const old = this.#occupant(record);
      const outcome = old === undefined ? "replace" : collisionOutcome(old, record, now);
      if (this.#isMoot(record)) {
        this.#waiting.delete(record);
      } else if (outcome !== "wait") {
        this.#waiting.delete(record);
        if (outcome !== "keep") promote(record, old);
      }
    }
  }

  /** One that is to be dialled, since another waits for its place. */
  select(): AddressRecord | undefined {
    const record = this.#waiting.draw(this.#rng);
    if (record === undefined) return undefined;
    if (!this.#isMoot(record)) return this.#occupant(record);
    this.#waiting.delete(record);
    return undefined;
  }

  /** It has been forgotten, or has its place. */
  #isMoot(record: AddressRecord): boolean {
    return record.isTried || !this.#tables.has(record);
  }

  #occupant({ address }: AddressRecord): AddressRecord | undefined {
    return this.#tables.tried.at(this.#tables.places.inTried(address));
  }
}
