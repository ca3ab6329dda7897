/**
 * What `tidings devnet --json` prints: one of these objects a line.
 *
 * @module
 */
import type { Devnet, NetEvents } from "../devnet/devnet.ts";
import { feeRate } from "./devnet_text.ts";
import { VERSION } from "../io/version.ts";

/** Times are Unix seconds; amounts are satoshi as text, so that no reader rounds them. */
export type DevnetLine =
  | {
    readonly type: "ready";
    readonly time: number;
    readonly tidings: string;
    readonly chain: "regtest";
    readonly seed: number;
    readonly pid: number;
    /** Seconds since the process started. */
    readonly readyAfter: number;
    readonly folder: string;
    readonly temporary: boolean;
    readonly nodes: readonly {
      readonly name: string;
      readonly role: string;
      /** `host:port` */
      readonly p2p: string;
      readonly rpc: string;
      readonly cookieFile: string;
      readonly dataDir: string;
      readonly peers: number;
      readonly height: number;
    }[];
    readonly wallet: readonly {
      readonly kind: string;
      readonly address: string;
      readonly spendable: string;
      /** With private keys. */
      readonly descriptor: string;
    }[];
  }
  | {
    readonly type: "block";
    readonly time: number;
    readonly height: number;
    readonly hash: string;
    readonly by: string;
    readonly transactions: number;
    readonly bytes: number;
    /** Milliseconds after `by` had it, by name. */
    readonly reached: Readonly<Record<string, number>>;
    /** How many nodes have it, and how many there are. */
    readonly nodes: number;
    readonly of: number;
  }
  | {
    readonly type: "tx";
    readonly time: number;
    readonly txid: string;
    readonly by: string;
    /** Of the coin that it spends; absent for those of others. */
    readonly kind?: string;
    readonly vsize: number;
    readonly fee: string;
    /** Satoshi for each virtual byte. */
    readonly feeRate: number;
    /** A block took it before it had reached the mempools of all. */
    readonly mined: boolean;
    readonly reached: Readonly<Record<string, number>>;
    readonly nodes: number;
    readonly of: number;
  }
  | { readonly type: "node-removed"; readonly time: number; readonly node: string; readonly reason: string }
  | { readonly type: "warning"; readonly time: number; readonly text: string }
  | {
    readonly type: "error";
    readonly time: number;
    readonly code: string;
    readonly message: string;
    readonly data: unknown;
  }
  | { readonly type: "stopped"; readonly time: number };

export function readyLine(net: Devnet, readyAfter: number): DevnetLine {
  return {
    type: "ready", time: now(), tidings: VERSION, chain: "regtest",
    seed: net.seed, pid: process.pid, readyAfter,
    folder: net.folder, temporary: net.isTemporary,
    nodes: net.list().map((node) => ({
      name: node.name, role: node.role,
      p2p: `127.0.0.1:${node.p2pPort}`, rpc: `127.0.0.1:${node.rpcPort}`,
      cookieFile: node.cookieFile, dataDir: node.dataDir,
      peers: node.peers.list().length, height: node.chain.tip.height,
    })),
    wallet: net.wallet().addresses().map(
      ({ spendable, ...each }) => ({ ...each, spendable: String(spendable) }),
    ),
  };
}

export function blockJson({ type: _, reached, ...block }: NetEvents["block:spread"]): DevnetLine {
  return { type: "block", time: now(), ...block, reached: rounded(reached) };
}

export function txJson(tx: NetEvents["tx:spread"], kind: string | undefined): DevnetLine {
  const { txid, by, vsize, fee, isMined: mined, reached, nodes, of } = tx;
  return {
    type: "tx", time: now(), txid, by, ...(kind === undefined ? {} : { kind }), vsize,
    fee: String(fee),
    feeRate: Math.round(feeRate(tx) * 1000) / 1000,
    mined, reached: rounded(reached), nodes, of,
  };
}

/** Down to the tenth of a millisecond. */
function rounded(reached: Readonly<Record<string, number>>): Readonly<Record<string, number>> {
  return Object.fromEntries(
    Object.entries(reached).map(([name, length]) => [name, Math.round(length * 10) / 10]),
  );
}

export function now(): number {
  return Date.now() / 1000;
}
