/**
 * Carries out what is wanted of transactions: to try them, take them, value them and send them on.
 *
 * @module
 */
import { unreachable } from "../base/assert.ts";
import type { ChainState } from "../chain/chain_state.ts";
import type { Admission, Mempool } from "../mempool/mempool.ts";
import type { Transaction } from "../primitives/transaction.ts";
import { type Answer, DONE, failed, succeeded } from "./answer.ts";
import type { CommandOf, CommandResult } from "./command.ts";
import type { PrivateBroadcast } from "./private_broadcast.ts";

export type TransactionCommand =
  CommandOf<"submit-transaction" | "test-transaction" | "prioritise" | "abort-private-broadcast">;

export interface TransactionCommandPorts {
  readonly chain: Pick<ChainState, "coin">;
  readonly mempool: Mempool;
  readonly privateBroadcast: PrivateBroadcast | undefined;
  /** Tells peers again of one that is in the mempool. */
  announce(transaction: Transaction): void;
}

export class TransactionCommands {
  readonly #ports: TransactionCommandPorts;

  constructor(ports: TransactionCommandPorts) {
    this.#ports = ports;
  }

  carryOut(command: TransactionCommand, answer: Answer): void {
    const { mempool } = this.#ports;
    switch (command.type) {
      case "submit-transaction":
        return this.#submit(command, answer);
      case "test-transaction":
        return mempool.test(command.transaction, (admission) => {
          answer(succeeded({ type: "admission", admission }));
        });
      case "prioritise":
        mempool.prioritise(command.txid, command.change);
        return answer(DONE);
      case "abort-private-broadcast":
        return answer(this.#abortPrivately(command.id));
      default:
        return unreachable(command);
    }
  }

  #submit({ transaction, maxFeeRate }: CommandOf<"submit-transaction">, answer: Answer): void {
    const { chain, mempool, privateBroadcast } = this.#ports;
    const { txid } = transaction;
    if (privateBroadcast?.isPossible === false) {
      return answer(failed({ code: "private-broadcast-impossible" }));
    }
    const isConfirmed = transaction.outputs.some((_, index) => chain.coin({ txid, index }) !== undefined);
    const present = mempool.get(txid)?.transaction;
    if (isConfirmed && present === undefined) return answer(failed({ code: "already-in-chain" }));
    if (present !== undefined) {
      if (privateBroadcast !== undefined) return this.#sendPrivately(transaction, answer);
      // It may be here with another witness, and stays as it is: that one is announced.
      return this.#admit(present, answer);
    }
    if (maxFeeRate === 0 && privateBroadcast === undefined) return this.#admit(transaction, answer);
    // What it would pay is known only once its inputs are, so it is tried first.
    mempool.test(transaction, (admission) => {
      const feeRate = admission.type === "accepted" ? (admission.entry.fee * 1000) / transaction.vsize : 0;
      const isTooHigh = maxFeeRate !== 0 && feeRate > maxFeeRate;
      if (isTooHigh) return answer(failed({ code: "fee-too-high", feeRate, max: maxFeeRate }));
      if (privateBroadcast === undefined) return this.#admit(transaction, answer);
      if (admission.type === "accepted") return this.#sendPrivately(transaction, answer);
      answer(admissionResult(transaction, admission));
    });
  }

  #admit(transaction: Transaction, answer: Answer): void {
    const { mempool, announce } = this.#ports;
    mempool.submit(transaction, (admission) => {
      // One that was here before is announced again: that is what its sender asks for.
      if (admission.type === "known") announce(transaction);
      answer(admissionResult(transaction, admission));
    });
  }

  /** It comes into our mempool when it comes back from the network. */
  #sendPrivately(transaction: Transaction, answer: Answer): void {
    const outcome = this.#ports.privateBroadcast?.submit(transaction);
    if (outcome === "full") return answer(failed({ code: "private-broadcast-full" }));
    answer(succeeded({ type: "txid", txid: transaction.txid }));
  }

  #abortPrivately(id: string): CommandResult {
    const removed = this.#ports.privateBroadcast?.abort(id) ?? [];
    return succeeded({ type: "transactions", transactions: removed });
  }
}

function admissionResult({ txid }: Transaction, admission: Admission): CommandResult {
  switch (admission.type) {
    case "accepted":
    case "known":
      return succeeded({ type: "txid", txid });
    case "missing-inputs":
      return failed({ code: "missing-inputs" });
    case "rejected":
      return failed({ code: "transaction-rejected", violation: admission.violation });
  }
}
