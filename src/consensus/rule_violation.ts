/**
 * A block or transaction broke a rule.
 *
 * Returned, never thrown: a bad block is an ordinary thing for a node to meet. `rule` is Bitcoin
 * Core's reject reason and `detail` its debug message, so that vectors, logs and RPC answers agree
 * with it.
 */
export interface RuleViolation {
  readonly rule: string;
  /** What was found, for a person reading a log; empty where the rule says it all. */
  readonly detail: string;
}

export function violation(rule: string, detail = ""): RuleViolation {
  return { rule, detail };
}

/** `rule, detail`: as Bitcoin Core's logs and RPC errors show it. */
export function describeViolation({ rule, detail }: RuleViolation): string {
  return detail === "" ? rule : `${rule}, ${detail}`;
}
