/**
 * Which ports the nodes get: Bitcoin Core's regtest ports and every tenth after them, or, where one
 * is taken, any free one.
 *
 * @module
 */
import * as net from "node:net";
import { closeServer, ListenError, listenOn } from "../io/listener.ts";
import { REGTEST } from "../params/regtest.ts";
import { type PortOwner, portOwners } from "./port_owner.ts";

export const LOOPBACK = "127.0.0.1";

/** Clear of Core's own onion listener, which is the port after. */
const PORT_STRIDE = 10;

/** Zero stands for any free port. */
export interface NodePorts {
  readonly p2p: number;
  readonly rpc: number;
}

/** A port that was wanted and taken. */
export interface PortMove {
  readonly node: string;
  readonly what: "P2P" | "RPC";
  readonly wanted: number;
  readonly used: number;
  /** Who has it; `undefined` when that cannot be told. */
  readonly owner: PortOwner | undefined;
}

export const FREE_PORTS: NodePorts = { p2p: 0, rpc: 0 };

/** What node number `index` would like. */
export function wantedPorts(index: number): NodePorts {
  return { p2p: REGTEST.port + PORT_STRIDE * index, rpc: REGTEST.rpcPort + PORT_STRIDE * index };
}

/** `wanted`, with zero for those that are taken. */
export async function freePorts({ p2p, rpc }: NodePorts): Promise<NodePorts> {
  const [isP2pFree, isRpcFree] = await Promise.all([isFree(p2p), isFree(rpc)]);
  return { p2p: isP2pFree ? p2p : 0, rpc: isRpcFree ? rpc : 0 };
}

async function isFree(port: number): Promise<boolean> {
  const server = net.createServer();
  try {
    await listenOn(server, { host: LOOPBACK, port });
    await closeServer(server);
    return true;
  } catch (error) {
    if (error instanceof ListenError) return false;
    throw error;
  }
}

/** What one node wanted, and got. */
export interface PortOutcome {
  readonly node: string;
  readonly wanted: NodePorts;
  readonly used: NodePorts;
}

/** The wanted ports that others have. */
export function portMoves(outcomes: readonly PortOutcome[]): readonly PortMove[] {
  const moves = outcomes.flatMap(({ node, wanted, used }) => [
    { node, what: "P2P" as const, wanted: wanted.p2p, used: used.p2p },
    { node, what: "RPC" as const, wanted: wanted.rpc, used: used.rpc },
  ]).filter(({ wanted, used }) => wanted !== 0 && wanted !== used);
  const owners = portOwners(moves.map(({ wanted }) => wanted));
  return moves.map((move) => ({ ...move, owner: owners.get(move.wanted) }));
}

/** `18443 is in use (pid 812 bitcoind), alice uses 49213` */
export function describeMove({ node, what, wanted, used, owner }: PortMove): string {
  const who = owner === undefined ? "" : ` (pid ${owner.pid} ${owner.program})`;
  return `${wanted} is in use${who}, ${node} uses ${used} for ${what}`;
}
