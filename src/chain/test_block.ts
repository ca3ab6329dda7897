import { equalBytes } from "../base/bytes.ts";
import { checkBlockBody, checkBlockInContext } from "../consensus/block_rules.ts";
import { checkHeaderInContext } from "../consensus/header_rules.ts";
import { packSpentOutputs } from "../consensus/packed_outputs.ts";
import { type RuleViolation, violation } from "../consensus/rule_violation.ts";
import type { Block } from "../primitives/block.ts";
import type { ChainParts } from "./chain_parts.ts";
import { connectBlock } from "./connect_block.ts";

/**
 * Whether `block` could follow the tip: everything is asked of it but its work and, on a signet, its
 * signature. Nothing is stored and nothing changes (Bitcoin Core: validation.cpp, TestBlockValidity).
 *
 * `done` is called at once, or, when there are scripts to check, in a later turn.
 */
export function testBlock(
  parts: ChainParts,
  block: Block,
  done: (violation: RuleViolation | undefined) => void,
): void {
  const { active, coins, headers, ports, settings: { params } } = parts;
  const { tip } = active;
  if (!equalBytes(block.header.previous, headers.hash(tip))) {
    return done(violation("inconclusive-not-best-prevblk"));
  }
  const previous = headers.context(tip);
  const found = checkBlockBody(block) ??
    checkHeaderInContext(block.header, previous, ports.clock.unixTime(), params) ??
    checkBlockInContext(block, previous, params);
  if (found !== undefined) return done(found);
  // No block that is yet to come repeats a coinbase by right, so the search is never left out.
  const verdict = connectBlock(block, { params, previous, coins, forbidsOverwrite: true });
  if (verdict.type === "bad") return done(verdict.violation);
  const { spent, flags } = verdict.connection;
  if (spent.length === 0) return done(undefined);
  const spentOutputs = packSpentOutputs(spent);
  ports.verify({ kind: "block", bytes: block.bytes, spentOutputs, flags, inputCount: spent.length }, done);
}
