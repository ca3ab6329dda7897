/** One row of the table that `npm run bench` prints. */
export interface Measurement {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
}

/** The middle one; of an even number, the lower of the two. */
export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[(values.length - 1) >> 1] ?? 0;
}

export function round(value: number, decimals: number): number {
  return Math.round(value * 10 ** decimals) / 10 ** decimals;
}

/** How often `work` is done in a second, measured for so many milliseconds once it has been warmed up. */
export function ratePerSecond(measuredMs: number, work: () => void): number {
  const warmUntil = performance.now() + measuredMs / 3;
  while (performance.now() < warmUntil) work();
  const start = performance.now();
  let rounds = 0;
  let elapsed = 0;
  do {
    work();
    rounds++;
    elapsed = performance.now() - start;
  } while (elapsed < measuredMs);
  return Math.round((rounds * 1000) / elapsed);
}
