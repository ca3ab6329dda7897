/**
 * How often blocks and transactions come: `poisson:10s`, `10s`, `auto`, `2/s`, `off`.
 *
 * @module
 */
import { configError } from "../api/errors.ts";
import { poissonWait, type Rng } from "../base/rng.ts";
import type { Duration } from "../base/time.ts";

export type BlockSchedule =
  | { readonly type: "off" }
  /** As soon as a transaction waits for a block. */
  | { readonly type: "auto" }
  | { readonly type: "interval"; readonly every: Duration }
  /** At random, as on a real network. */
  | { readonly type: "poisson"; readonly mean: Duration };

export type TrafficSchedule =
  | { readonly type: "off" }
  | { readonly type: "poisson"; readonly mean: Duration };

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, min: 60_000, h: 3_600_000 };
const INTERVAL_MS_MIN = 50;
const INTERVAL_MS_MAX = 24 * 3_600_000;
/** What one thread for all nodes can check and pass on, with room to spare. */
const RATE_MAX = 50;

/** @throws {TidingsError} CONFIG */
export function parseBlockSchedule(text: string): BlockSchedule {
  if (text === "off" || text === "auto") return { type: text };
  const [, prefix, count, unit = ""] = /^(poisson:)?(\d+(?:\.\d+)?)(ms|s|min|h)$/.exec(String(text)) ?? [];
  const length = Number(count) * (UNIT_MS[unit] ?? Number.NaN);
  if (!(length >= INTERVAL_MS_MIN && length <= INTERVAL_MS_MAX)) {
    throw configError(
      "block", text, "off, auto, a time such as 10s, or poisson:10s (50ms to 24h; units ms, s, min, h)",
    );
  }
  return prefix === undefined
    ? { type: "interval", every: length as Duration }
    : { type: "poisson", mean: length as Duration };
}

/** @throws {TidingsError} CONFIG */
export function parseTrafficSchedule(text: string): TrafficSchedule {
  if (text === "off") return { type: "off" };
  const [, count, unit = ""] = /^(\d+(?:\.\d+)?)\/(s|min|h)$/.exec(String(text)) ?? [];
  const perSecond = (Number(count) * 1000) / (UNIT_MS[unit] ?? Number.NaN);
  if (!(perSecond > 0 && perSecond <= RATE_MAX)) {
    throw configError(
      "traffic", text, `off, or transactions in a time such as 2/s or 30/min, at most ${RATE_MAX}/s`,
    );
  }
  return { type: "poisson", mean: (1000 / perSecond) as Duration };
}

/** How long to wait for the next; `undefined` when time decides nothing. */
export function nextWait(schedule: BlockSchedule | TrafficSchedule, rng: Rng): Duration | undefined {
  switch (schedule.type) {
    case "off":
    case "auto":
      return undefined;
    case "interval":
      return schedule.every;
    case "poisson":
      return poissonWait(rng, schedule.mean);
  }
}
