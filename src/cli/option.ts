import { NETWORK_NAMES, NETWORKS } from "../params/networks.ts";

export type OptionCategory = "general" | "network" | "chain" | "relay" | "rpc" | "debug" | "absent";

export interface Option {
  /** Bitcoin Core's name where it has one: `-name=value`, and a key of bitcoin.conf. */
  readonly name: string;
  readonly category: OptionCategory;
  /** `list`: may be given several times; for the others the last one counts. */
  readonly type: "flag" | "number" | "text" | "list";
  /** What its value is called in the help. */
  readonly value?: string;
  readonly help: string;
  /** As the help shows it. */
  readonly fallback?: string;
  /** Set outside a section of bitcoin.conf, it holds for main only. */
  readonly isPerNetwork?: boolean;
  /**
   * `--flag` of `tidings node`, and `TIDINGS_FLAG` in the environment, where it is not its name; false
   * for none.
   */
  readonly flag?: string | false;
  /** One of a list is not split at commas where it comes from the environment. */
  readonly hasCommas?: boolean;
  /** Must have a value (Core's DISALLOW_ELISION). */
  readonly needsValue?: boolean;
  /** Cannot be written `-noname` (Core's DISALLOW_NEGATION). */
  readonly noNegation?: boolean;
  /** Left out of the log. */
  readonly isSecret?: boolean;
  /** Only with `-help-debug`. */
  readonly isForTests?: boolean;
  /** Core's, without effect here: why. */
  readonly absence?: Absence;
}

export interface Absence {
  readonly why: string;
  /** Whether ignoring it does what it says, or no harm; if not, it may only be switched off. */
  readonly isHarmless: boolean;
}

/** `--name` of `tidings node`; options for tests have none. */
export function flagOf({ name, flag = name, isForTests, absence }: Option): string | undefined {
  return flag === false || isForTests === true || absence !== undefined ? undefined : flag;
}

/** The port of each network, as the help of `-port` and `-rpcport` shows it: `main 8333, …`. */
export function portsByNetwork(kind: "port" | "rpcPort"): string {
  return NETWORKS.map((network, i) => `${NETWORK_NAMES[i]} ${network[kind]}`).join(", ");
}
