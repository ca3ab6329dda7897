/**
 * What `tidings devnet` prints for people.
 *
 * @module
 */
import { join, relative } from "node:path";
import type { Devnet, NetEvents } from "../devnet/devnet.ts";
import { describeMove } from "../devnet/ports.ts";
import { formatCoins } from "../primitives/amount.ts";
import type { DevnetRun } from "./devnet_flags.ts";
import { VERSION } from "../io/version.ts";

/** Marks for a terminal; none of them when it is no terminal, or colours are not wanted. */
export interface Paint {
  strong(text: string): string;
  faint(text: string): string;
  loud(text: string): string;
}

export function choosePaint(isColoured: boolean): Paint {
  const mark =
    (code: string) => (text: string): string => (isColoured ? `\x1b[${code}m${text}\x1b[0m` : text);
  return { strong: mark("1"), faint: mark("2"), loud: mark("1;33") };
}

export interface OpeningFacts {
  readonly net: Devnet;
  readonly run: DevnetRun;
  /** How this program is called from here. */
  readonly command: string;
  /** Seconds since the process started. */
  readonly readyAfter: number;
  readonly hasKeys: boolean;
}

/** Everything up to the first event. */
export function openingText(facts: OpeningFacts, paint: Paint): string {
  const { net, readyAfter, hasKeys } = facts;
  const head = paint.strong(`tidings ${VERSION}`);
  return [
    `${head}   devnet (regtest rules)   seed ${net.seed}   node ${process.version}`,
    "",
    ...nodeTable(net, paint),
    ...net.portMoves.map((move) => `  ${describeMove(move)}`),
    "",
    ...walletLines(net, paint),
    ...activityLines(facts),
    "",
    ...tryLines(facts),
    "",
    `  ${paint.strong("ready")} in ${readyAfter.toFixed(1)} s   ${hasKeys ? KEY_HELP : "Ctrl-C stops."}`,
    "",
    "",
  ].join("\n");
}

export const KEY_HELP = "m mines a block, h shows this, q or Ctrl-C stops.";

function nodeTable(net: Devnet, paint: Paint): readonly string[] {
  const rows = net.list().map((node) => [
    node.name, node.role, `127.0.0.1:${node.p2pPort}`, `127.0.0.1:${node.rpcPort}`,
    String(node.peers.list().length), String(node.chain.tip.height),
  ]);
  const head = ["NODE", "ROLE", "P2P", "RPC", "PEERS", "HEIGHT"];
  const widths = head.map(
    (title, column) => Math.max(...[head, ...rows].map((row) => row[column]?.length ?? 0), title.length),
  );
  const line = (row: readonly string[]): string =>
    `  ${row.map((cell, column) => align(cell, widths[column] ?? 0, column >= 4)).join("   ")}`;
  return [paint.faint(line(head)), ...rows.map(line)];
}

function align(text: string, width: number, isNumber: boolean): string {
  return isNumber ? text.padStart(width) : text.padEnd(width);
}

function walletLines(net: Devnet, paint: Paint): readonly string[] {
  const addresses = net.wallet().addresses();
  const width = Math.max(...addresses.map(({ kind }) => kind.length));
  const title =
    `  WALLET   ${coins(net.wallet().spendable())} BTC to spend of ${coins(net.wallet().balance())} mined`;
  return [
    `${title}   ${paint.faint("(public test keys: never send real coins)")}`,
    ...addresses.map(
      ({ kind, address, spendable }) => `    ${kind.padEnd(width)}  ${address}  ${coins(spendable)} BTC`,
    ),
  ];
}

function activityLines({ net, run }: OpeningFacts): readonly string[] {
  const miners = net.list().filter(({ role }) => role === "miner").map(({ name }) => name);
  const who = miners.length === 1 ? `by ${miners[0]}` : `by ${miners.join(" and ")} in turn`;
  const traffic = run.traffic === "off" ? "off" : `${run.traffic}, of 5 kinds, at random nodes`;
  const folder = shortPath(net.folder);
  return [
    `  MINING   ${run.block === "off" ? "off" : `${describeBlocks(run.block)}, ${who}`}      TRAFFIC  ${traffic}`,
    net.isTemporary
      ? `  STATE    ${folder}, deleted on exit; to keep it: --state DIR`
      : `  STATE    ${folder}, kept`,
  ];
}

function describeBlocks(block: string): string {
  const [first, second] = block.split(":");
  if (second !== undefined) return `${first}, mean ${second}`;
  return block === "auto" ? "as soon as a transaction waits" : `every ${block}`;
}

function tryLines({ net, command }: OpeningFacts): readonly string[] {
  const [first] = net.list();
  if (first === undefined) return [];
  const rpc =
    `${command} rpc --chain regtest --datadir ${shortPath(first.dataDir)}${rpcPlace(first.rpcPort)}`;
  return [
    `  Try      ${rpc} getblockchaininfo`,
    `           ${rpc} generatetoaddress 1 ${net.wallet().address("p2wpkh")}`,
    `           bitcoind -regtest -datadir=$(mktemp -d) -connect=127.0.0.1:${first.p2pPort} -rpcport=19443` +
      "     (a Bitcoin Core node can join)",
  ];
}

function rpcPlace(port: number): string {
  return port === 18443 ? "" : ` --rpc ${port}`;
}

/** From where we are, if that is shorter. */
export function shortPath(path: string): string {
  const from = relative(process.cwd(), path);
  return from !== "" && from.length < path.length && !from.startsWith("..") ? from : path;
}

/** How the program at the root of the package is called from here. */
export function commandName(root: string, isClone: boolean): string {
  return isClone ? shortPath(join(root, "bin", "tidings")) : "npx tidings";
}

/** `12:04:31  block   111  alice  14 txs  3.1 kB   →bob 4 ms  →carol 6 ms` */
export function blockLine(block: NetEvents["block:spread"], now: Date, paint: Paint): string {
  const hops = Object.entries(block.reached).map(
    ([name, milliseconds]) => `→${name} ${Math.round(milliseconds)} ms`,
  );
  const txs = `${block.transactions} ${block.transactions === 1 ? "tx" : "txs"}`;
  const missing = block.nodes < block.of ? [`(${block.nodes} of ${block.of} nodes)`] : [];
  const title = paint.strong(`block  ${String(block.height).padStart(4)}`);
  const parts = [title, block.by.padEnd(5), txs.padStart(7), size(block.bytes).padStart(8)];
  return `${clockTime(now, paint)}  ${parts.join("  ")}   ${[...hops, ...missing].join("  ")}`;
}

/** `12:04:33  tx     9f3c…71  bob    p2tr            2.1 sat/vB   reached 6/6 in 312 ms` */
export function txLine(
  tx: NetEvents["tx:spread"], kind: string | undefined, now: Date, paint: Paint,
): string {
  const rate = `${feeRate(tx).toFixed(1)} sat/vB`;
  const last = Math.max(0, ...Object.values(tx.reached));
  const id = `${tx.txid.slice(0, 4)}…${tx.txid.slice(-2)}`;
  const parts = [`tx     ${id}`, tx.by.padEnd(5), (kind ?? "").padEnd(14), rate.padStart(10)];
  const end = tx.isMined ? ", then a block took it" : "";
  const reached = `reached ${tx.nodes}/${tx.of} in ${Math.round(last)} ms${end}`;
  return `${clockTime(now, paint)}  ${parts.join("  ")}   ${reached}`;
}

/** Satoshi for each virtual byte. */
export function feeRate({ fee, vsize }: NetEvents["tx:spread"]): number {
  return Number(fee) / vsize;
}

function clockTime(now: Date, paint: Paint): string {
  const parts = [now.getHours(), now.getMinutes(), now.getSeconds()];
  return paint.faint(parts.map((part) => String(part).padStart(2, "0")).join(":"));
}

function size(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  return bytes < 1_000_000 ? `${(bytes / 1000).toFixed(1)} kB` : `${(bytes / 1_000_000).toFixed(2)} MB`;
}

/** Without zeros at the end. */
function coins(sats: bigint): string {
  return formatCoins(sats).replace(/\.?0+$/, "");
}
