/** Commands, and their faults in Bitcoin Core's words. @module */
import { assert, unreachable } from "../base/assert.ts";
import { describeViolation } from "../consensus/rule_violation.ts";
import type { Command, CommandFault, CommandValue } from "../node/command.ts";
import { displayHash } from "../primitives/hash.ts";
import { RPC_CODE, RpcError } from "./rpc_error.ts";
import type { RpcHost } from "./rpc_host.ts";

type ValueOf<T extends CommandValue["type"]> = Extract<CommandValue, { readonly type: T }>;

/**
 * Has the node carry out `command`, which answers with a value of type `T`.
 *
 * @throws {RpcError} when it does not
 */
export async function runCommand<T extends CommandValue["type"]>(
  host: RpcHost, command: Command, type: T,
): Promise<ValueOf<T>> {
  const result = await host.command(command);
  if (!result.ok) throw faultError(result.fault);
  assert(result.value.type === type, `a ${command.type} command answers with ${type}`);
  return result.value as ValueOf<T>;
}

/** The same for one that dials. As Bitcoin Core has it, what came of that is seen in getpeerinfo. */
export async function runDial(host: RpcHost, command: Command): Promise<void> {
  const result = await host.command(command);
  if (!result.ok && result.fault.code !== "dial-failed") throw faultError(result.fault);
}

function faultError(fault: CommandFault): RpcError {
  const [code, message] = wording(fault);
  return new RpcError(code, message);
}

function wording(fault: CommandFault): readonly [code: number, message: string] {
  switch (fault.code) {
    case "transaction-rejected":
      return [RPC_CODE.rejected, describeViolation(fault.violation)];
    case "missing-inputs":
      return [RPC_CODE.verify, "bad-txns-inputs-missingorspent"];
    case "already-in-chain":
      return [RPC_CODE.alreadyInUtxoSet, "Transaction outputs already in utxo set"];
    case "private-broadcast-impossible":
      return [RPC_CODE.misc, "-privatebroadcast is enabled, but none of the Tor or I2P networks is reachable. " +
        "Maybe the location of the Tor proxy couldn't be retrieved from the Tor daemon at startup. Check " +
        "whether the Tor daemon is running and that -torcontrol, -torpassword and -i2psam are configured " +
        "properly."];
    case "private-broadcast-full":
      return [RPC_CODE.limitExceeded, "Private broadcast queue is full"];
    case "fee-too-high":
      return [RPC_CODE.verify, "Fee exceeds maximum configured by user (e.g. -maxtxfee, maxfeerate)"];
    case "transaction-not-found":
      return [RPC_CODE.invalidAddressOrKey, `Transaction ${displayHash(fault.txid)} not in mempool.`];
    case "block-invalid":
      return [RPC_CODE.verify, `TestBlockValidity failed: ${describeViolation(fault.violation)}`];
    case "block-not-found":
      return [RPC_CODE.invalidAddressOrKey, "Block not found"];
    case "chain-stuck":
      return [RPC_CODE.database, "Failed to disconnect block: see debug.log"];
    case "fetch-refused":
      return [RPC_CODE.misc, fault.reason];
    default:
      return connectionWording(fault);
  }
}

type ConnectionFault = Exclude<CommandFault, {
  readonly code: "transaction-rejected" | "missing-inputs" | "already-in-chain" |
    "private-broadcast-impossible" | "private-broadcast-full" | "fee-too-high" |
    "transaction-not-found" | "block-invalid" | "block-not-found" | "fetch-refused" | "chain-stuck";
}>;

function connectionWording(fault: ConnectionFault): readonly [code: number, message: string] {
  switch (fault.code) {
    case "node-already-added":
      return [RPC_CODE.nodeAlreadyAdded, "Error: Node already added"];
    case "node-not-added":
      return [RPC_CODE.nodeNotAdded, "Error: Node could not be removed. It has not been added previously."];
    case "node-not-connected":
      return [RPC_CODE.nodeNotConnected, "Node not found in connected nodes"];
    case "not-banned":
      return [
        RPC_CODE.invalidIpOrSubnet,
        "Error: Unban failed. Requested address/subnet was not previously manually banned.",
      ];
    case "too-many-connections":
      return [RPC_CODE.nodeCapacityReached, "Error: Already at capacity for specified connection type."];
    case "dial-failed":
      return [RPC_CODE.nodeCapacityReached, `Error: Could not connect: ${fault.reason}`];
    case "snapshot-refused":
      return [RPC_CODE.internal, `Unable to load UTXO snapshot: ${fault.why}`];
    case "shutting-down":
      return [RPC_CODE.notConnected, "Shutting down"];
    default:
      return unreachable(fault);
  }
}
