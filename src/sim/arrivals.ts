import type { Instant } from "../base/time.ts";

/** How long things took to reach nodes, in milliseconds after the first node had them. */
export interface Propagation {
  /** Things that were followed. */
  readonly count: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
}

/** When each thing was first at each node. */
export class Arrivals {
  readonly #firstSeen = new Map<string, Instant>();
  readonly #seenBy = new Map<string, Set<number>>();
  readonly #delays: number[] = [];

  seen(id: string, node: number, at: Instant): void {
    const nodes = this.#seenBy.get(id) ?? new Set<number>();
    if (nodes.has(node)) return;
    nodes.add(node);
    this.#seenBy.set(id, nodes);
    const first = this.#firstSeen.get(id);
    // Where it came from took no time, and is not counted.
    if (first === undefined) this.#firstSeen.set(id, at);
    else this.#delays.push(at - first);
  }

  summary(): Propagation {
    const sorted = [...this.#delays].sort((a, b) => a - b);
    const percentile = (share: number): number =>
      sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
    return { count: this.#firstSeen.size, p50: percentile(0.5), p90: percentile(0.9), p99: percentile(0.99) };
  }
}
