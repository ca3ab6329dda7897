/**
 * Which ports the nodes get: Bitcoin Core's regtest ports and every tenth after them, or, where one
 * is taken, any free one.
 *
 * @module
 */
import * as net from "node:net";
import { closeServer, ListenError, listenOn } from "../io/listener.ts";
import { REGTEST } from "../params/regtest.ts";
import { portOwner, type PortOwner } from "./port_owner.ts";

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

/** What has become of the wanted ports. */
export async function portMoves(node: string, wanted: NodePorts, used: NodePorts): Promise<readonly PortMove[]> {
  const moves: PortMove[] = [];
  for (const [key, what] of [["p2p", "P2P"], ["rpc", "RPC"]] as const) {
    if (wanted[key] === 0 || wanted[key] === used[key]) continue;
    moves.push({ node, what, wanted: wanted[key], used: used[key], owner: await portOwner(wanted[key]) });
  }
  return moves;
}

/** `18443 is in use (pid 812 bitcoind), alice uses 49213` */
export function describeMove({ node, what, wanted, used, owner }: PortMove): string {
  const who = owner === undefined ? "" : ` (pid ${owner.pid} ${owner.program})`;
  return `${wanted} is in use${who}, ${node} uses ${used} for ${what}`;
}
