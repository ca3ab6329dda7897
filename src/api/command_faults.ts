/**
 * What the node says when it does not do what it was asked, in the library's words.
 *
 * @module
 */
import { describeViolation } from "../consensus/rule_violation.ts";
import type { CommandFault } from "../node/command.ts";
import { TidingsError } from "./errors.ts";

/** What the command was about. */
export interface FaultContext {
  readonly txid?: string;
  readonly host?: string;
  readonly port?: number;
}

export function closedError(): TidingsError<"CLOSED"> {
  return new TidingsError("CLOSED", "Cannot do that: the node is closed", {});
}

/** `reject` and `reason` are Bitcoin Core's words where it has them. */
export function faultError(
  fault: CommandFault, { txid = "", host = "", port = 0 }: FaultContext,
): TidingsError {
  const rejected = (reject: string, detail = "", hint?: string): TidingsError => {
    const message = `Transaction ${txid} was rejected: ${reject}${detail === "" ? "" : ` (${detail})`}`;
    const options = hint === undefined ? {} : { hint };
    return new TidingsError("TX_REJECTED", message, { txid, reject, detail }, options);
  };
  const notConnected = (reason: string): TidingsError =>
    new TidingsError(
      "CONNECT_FAILED", `Cannot connect to ${host}:${port}: ${reason}`, { host, port, reason },
    );
  switch (fault.code) {
    case "transaction-rejected":
      return rejected(fault.violation.rule, fault.violation.detail);
    case "missing-inputs":
      return rejected(
        "missing-inputs", "", "It spends outputs that this node does not know, or that are spent",
      );
    case "already-in-chain":
      return rejected("txn-already-known", "it is in a block");
    case "private-broadcast-impossible":
      return rejected("private-broadcast-impossible", "neither Tor nor I2P can be reached");
    case "private-broadcast-full":
      return rejected("private-broadcast-full", "too many transactions are being sent in private");
    case "fee-too-high":
      return rejected(
        "max-fee-exceeded", `${Math.round(fault.feeRate)} sat per 1,000 vbytes, ${fault.max} allowed`,
      );
    case "transaction-not-found":
    case "block-invalid": {
      const reason =
        fault.code === "block-invalid" ? describeViolation(fault.violation) : "a transaction is missing";
      return new TidingsError("MINE_FAILED", `Cannot mine: ${reason}`, { reason, hashes: [] });
    }
    // What only the RPC asks for.
    case "block-not-found":
    case "fetch-refused":
    case "snapshot-refused":
    case "chain-stuck":
      return new TidingsError(
        "MINE_FAILED", `Cannot do that: ${fault.code}`, { reason: fault.code, hashes: [] },
      );
    case "node-already-added":
    case "node-not-added":
    case "node-not-connected":
    case "not-banned":
      return notConnected(fault.code.replaceAll("-", " "));
    case "too-many-connections":
      return notConnected(`there is no room for another ${fault.connection} connection`);
    case "dial-failed":
      return notConnected(fault.reason);
    case "shutting-down":
      return closedError();
  }
}
