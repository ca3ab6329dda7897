/**
 * Carries out what miners want: blocks made, tried and submitted here.
 *
 * @module
 */
import { assert, unreachable } from "../base/assert.ts";
import type { ChainState } from "../chain/chain_state.ts";
import { solve } from "../mining/solve.ts";
import type { Block } from "../primitives/block.ts";
import type { BlockHeader } from "../primitives/header.ts";
import { type Answer, failed, succeeded } from "./answer.ts";
import type { BlockGenerator } from "./block_generator.ts";
import type { BlockMaker } from "./block_maker.ts";
import type { CommandOf, CommandResult } from "./command.ts";
import { OneAtATime } from "./one_at_a_time.ts";
import type { SubmittedBlocks } from "./submitted_blocks.ts";

/** `generateblock` is for networks where a block takes a few hashes: Bitcoin Core's bound on them. */
const TRIES_MAX = 1_000_000;

export type MiningCommand =
  CommandOf<"submit-block" | "submit-header" | "test-block" | "generate" | "generate-block">;

export interface MiningCommandPorts {
  readonly chain: Pick<ChainState, "addHeaders" | "testBlock">;
  readonly blocks: SubmittedBlocks;
  readonly maker: BlockMaker;
  readonly generator: BlockGenerator;
}

export class MiningCommands {
  readonly #ports: MiningCommandPorts;
  readonly #making = new OneAtATime();

  constructor(ports: MiningCommandPorts) {
    this.#ports = ports;
  }

  carryOut(command: MiningCommand, answer: Answer): void {
    const { chain, blocks } = this.#ports;
    switch (command.type) {
      case "submit-block":
        return blocks.submit(command.block, command.position, answer);
      case "submit-header":
        return answer(this.#submitHeader(command.header));
      case "test-block":
        return chain.testBlock(command.block, (violation) => {
          answer(succeeded({ type: "block-test", violation }));
        });
      case "generate":
        return this.#generate(command, answer);
      case "generate-block":
        // Two that are made on the same tip could be the very same block.
        return this.#making.run((done) => this.#generateBlock(command, (answered) => {
          answer(answered);
          done();
        }));
      default:
        return unreachable(command);
    }
  }

  #submitHeader(header: BlockHeader): CommandResult {
    const verdict = this.#ports.chain.addHeaders([header]);
    const value = verdict.type === "invalid" ? verdict.violation : verdict.type;
    return succeeded({ type: "header-verdict", verdict: value });
  }

  #generate({ count, maxTries, script }: CommandOf<"generate">, answer: Answer): void {
    const { generator, maker } = this.#ports;
    generator.start({ assemble: () => maker.fromMempool(script).block, count, maxTries, answer });
  }

  #generateBlock({ script, transactions, submit }: CommandOf<"generate-block">, answer: Answer): void {
    const { chain, maker } = this.#ports;
    const made = maker.fromTransactions(script, transactions);
    if ("missing" in made) return answer(failed({ code: "transaction-not-found", txid: made.missing }));
    // What is asked for may break any rule, and is judged before work is done on it.
    chain.testBlock(made, (violation) => {
      if (violation !== undefined) return answer(failed({ code: "block-invalid", violation }));
      this.#solve(made, submit, answer);
    });
  }

  #solve(made: Block, submit: boolean, answer: Answer): void {
    const { blocks } = this.#ports;
    const solved = solve(made, TRIES_MAX)?.block;
    if (solved === undefined) {
      const violation = { rule: "high-hash", detail: `no nonce of ${TRIES_MAX} meets the target` };
      return answer(failed({ code: "block-invalid", violation }));
    }
    const result = succeeded({ type: "block", block: solved });
    if (!submit) return answer(result);
    const verdict = blocks.add(solved, (violation) => {
      answer(violation === undefined ? result : failed({ code: "block-invalid", violation }));
    });
    if (verdict.type === "invalid") answer(failed({ code: "block-invalid", violation: verdict.violation }));
    else assert(verdict.type === "accepted", "a block just made on the tip is new and connects");
  }
}
