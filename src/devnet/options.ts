import { configError } from "../api/errors.ts";
import {
  type BlockSchedule, parseBlockSchedule, parseTrafficSchedule, type TrafficSchedule,
} from "./schedule.ts";
import { NODES_DEFAULT, type NodeRole } from "./topology.ts";

/** Names of the six nodes that there are by default. */
export type DefaultName = "alice" | "bob" | "carol" | "dave" | "erin" | "frank";

export interface DevnetOptions<Name extends string = string> {
  /** How many, or names and roles; the first is the one that all others are told of. @default 6 */
  readonly nodes?: number | Readonly<Record<Name, NodeRole>>;
  /** The same seed gives the same keys, payments and waits. @default 1 */
  readonly seed?: number;
  /** `poisson:10s`, `10s`, `auto` (when something waits) or `off`. @default "off" */
  readonly block?: string;
  /** Transactions in a time, `2/s` or `30/min`, or `off`. @default "off" */
  readonly traffic?: string;
  /** Folder that keeps the network for the next time. @default a temporary one, deleted by `close` */
  readonly state?: string;
  /** `core`: Bitcoin Core's regtest ports and every tenth after them, where they are free. @default "free" */
  readonly ports?: "core" | "free";
  /** Closes the network when aborted. */
  readonly signal?: AbortSignal;
}

export interface DevnetPlan {
  readonly nodes: number | Readonly<Record<string, NodeRole>>;
  readonly hasNodes: boolean;
  readonly seed: number | undefined;
  readonly block: BlockSchedule;
  readonly traffic: TrafficSchedule;
  readonly state: string | undefined;
  readonly ports: "core" | "free";
}

export const SEED_DEFAULT = 1;
const SEED_MAX = 2 ** 32 - 1;

const OPTION_NAMES: Readonly<Record<keyof DevnetOptions, true>> = {
  nodes: true, seed: true, block: true, traffic: true, state: true, ports: true, signal: true,
};

/** @throws {TidingsError} CONFIG */
export function readOptions(options: DevnetOptions): DevnetPlan {
  for (const name of Object.keys(options)) {
    if (!Object.hasOwn(OPTION_NAMES, name)) {
      throw configError("the options", name, `one of ${Object.keys(OPTION_NAMES).join(", ")}`);
    }
  }
  const { nodes = NODES_DEFAULT, block = "off", traffic = "off", ports = "free" } = options;
  const { seed, state, signal } = options;
  if (seed !== undefined && !(Number.isInteger(seed) && seed >= 0 && seed <= SEED_MAX)) {
    throw configError("seed", seed, `a whole number from 0 to ${SEED_MAX}`);
  }
  if (state !== undefined && (typeof state !== "string" || state === "")) {
    throw configError("state", state, "the path of a folder");
  }
  if (ports !== "core" && ports !== "free") throw configError("ports", ports, "core or free");
  if (signal !== undefined && !(signal instanceof AbortSignal)) {
    throw configError("signal", signal, "an AbortSignal");
  }
  return {
    nodes, seed, state, ports,
    hasNodes: options.nodes !== undefined,
    block: parseBlockSchedule(block),
    traffic: parseTrafficSchedule(traffic),
  };
}
