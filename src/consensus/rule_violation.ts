/**
 * A block or transaction broke a rule.
 *
 * Returned, never thrown: a bad block is an ordinary thing for a node to meet. `rule` is Bitcoin
 * Core's reject reason, so that vectors, logs and RPC answers agree with it.
 */
export interface RuleViolation {
  readonly rule: string;
  /** What was found, for a person reading a log. */
  readonly detail: string;
}

export function violation(rule: string, detail: string): RuleViolation {
  return { rule, detail };
}
