import { TidingsNode } from "../api/node.ts";
import { GENESIS } from "../chain/header_index.ts";
import type { ChainState } from "../chain/chain_state.ts";
import type { RunningNode } from "../io/node_host.ts";
import type { NodeRole } from "./topology.ts";

export interface DevnetNodeInfo {
  readonly name: string;
  readonly role: NodeRole;
  readonly p2pPort: number;
  readonly rpcPort: number;
  /** `user:password` for its RPC, by which `tidings rpc` and bitcoin-cli get in. */
  readonly cookieFile: string;
  /** As Bitcoin Core's `-datadir`: the network's own folder is in it. */
  readonly dataDir: string;
}

/** A node of a devnet: a whole node, with a name and a role. */
export class DevnetNode extends TidingsNode implements DevnetNodeInfo {
  readonly name: string;
  readonly role: NodeRole;
  readonly p2pPort: number;
  readonly rpcPort: number;
  readonly cookieFile: string;
  readonly dataDir: string;

  /** For the devnet. */
  constructor(running: RunningNode, info: DevnetNodeInfo) {
    super(running);
    this.name = info.name;
    this.role = info.role;
    this.p2pPort = info.p2pPort;
    this.rpcPort = info.rpcPort;
    this.cookieFile = info.cookieFile;
    this.dataDir = info.dataDir;
  }

  get rpcUrl(): string {
    return `http://127.0.0.1:${this.rpcPort}`;
  }
}

/** A node of the devnet with what only the devnet may touch. */
export interface Member {
  readonly node: DevnetNode;
  readonly running: RunningNode;
}

export function heightOf({ running }: Member): number {
  const { headers, tip } = running.core.chain;
  return headers.height(tip);
}

/** Of the last block on disk: a node may have been stopped before it had connected it. */
export function storedHeight({ headers, bestHeader }: Pick<ChainState, "headers" | "bestHeader">): number {
  let last = bestHeader;
  while (!headers.hasBlock(last) && last !== GENESIS) last = headers.previous(last) ?? GENESIS;
  return headers.height(last);
}
