/**
 * The table of `tidings peers`: Bitcoin Core's `bitcoin-cli -netinfo`, column for column.
 *
 * @module
 */
import { countByNetwork, type NetworkFacts, type PeerFacts, shortNetwork } from "./node_facts.ts";

export interface PeersView {
  /**
   * 0: counts only, 1: the peers, 2: with their addresses, 3: with their versions, 4: with both, and a
   * table of their permissions and sessions.
   */
  readonly level: number;
  readonly isOutboundOnly: boolean;
  /** Unix seconds. */
  readonly now: number;
}

/** The most levels of detail there are. */
export const LEVEL_MAX = 4;

interface Column {
  readonly name: string;
  /** Below the table: the unit. */
  readonly unit?: string;
  readonly isLeft?: boolean;
  cell(peer: PeerFacts, now: number): string;
}

const TYPES: Readonly<Record<string, string>> = {
  "outbound-full-relay": "full", "block-relay-only": "block", manual: "manual", feeler: "feeler",
  "addr-fetch": "addr", "private-broadcast": "priv",
};

const COLUMNS: readonly Column[] = [
  { name: "<->", cell: (peer) => (peer.inbound ? "in" : "out") },
  { name: "type", cell: ({ connection_type: type }) => TYPES[type] ?? "" },
  { name: "net", cell: ({ network }) => shortNetwork(network) },
  { name: "serv", cell: ({ servicesnames }) => serviceLetters(servicesnames) },
  { name: "v", cell: ({ transport_protocol_type: type }) => /^v(.)$/.exec(type ?? "v1")?.[1] ?? "" },
  { name: "mping", unit: "ms", cell: ({ minping }) => inMilliseconds(minping) },
  { name: "ping", unit: "ms", cell: ({ pingtime }) => inMilliseconds(pingtime) },
  { name: "send", unit: "sec", cell: ({ lastsend }, now) => since(lastsend, now, 1) },
  { name: "recv", unit: "sec", cell: ({ lastrecv }, now) => since(lastrecv, now, 1) },
  { name: "txn", unit: "min",
    cell: (peer, now) => since(peer.last_transaction, now, 60) || (peer.relaytxes ? "" : "*") },
  { name: "blk", unit: "min", cell: ({ last_block: at }, now) => since(at, now, 60) },
  { name: "hb", cell: (peer) => `${peer.bip152_hb_to ? "." : " "}${peer.bip152_hb_from ? "*" : " "}` },
  { name: "addrp",
    cell: (peer) => count(peer.addr_processed) || (peer.addr_relay_enabled === false ? "." : "") },
  { name: "addrl", cell: ({ addr_rate_limited: limited }) => count(limited) },
  { name: "age", unit: "min", cell: ({ conntime }, now) => since(conntime, now, 60) },
];
const ASMAP: Column = { name: "asmap", cell: ({ mapped_as: as }) => count(as) };
const ID: Column = { name: "id", cell: ({ id }) => String(id) };
const ADDRESS: Column = { name: "address", isLeft: true, cell: ({ addr }) => addr };
const VERSION: Column = {
  name: "version", isLeft: true,
  cell: ({ version, subver }) => (version === 0 ? "" : `${version}${subver}`),
};

/** Of the second table. */
const SESSION_COLUMNS: readonly Column[] = [
  ID,
  { name: "net", cell: ({ network }) => shortNetwork(network) },
  { name: "as", cell: ({ mapped_as: as }) => count(as) },
  { name: "transport", isLeft: true, cell: ({ transport_protocol_type: type }) => type ?? "v1" },
  { name: "session id", isLeft: true, cell: ({ session_id: session }) => session || "-" },
  { name: "permissions", isLeft: true, cell: ({ permissions = [] }) => permissions.join(",") || "-" },
];

export function peersText(
  peers: readonly PeerFacts[], network: NetworkFacts, chain: string, view: PeersView,
): string {
  const parts = [headLine(network, chain)];
  const shown = peers.filter((peer) => !view.isOutboundOnly || !peer.inbound);
  if (view.level > 0 && shown.length > 0) parts.push(table(shown, view));
  if (view.level >= LEVEL_MAX && shown.length > 0) parts.push(sessions(shown));
  parts.push(totals(peers, network), addressLines(network));
  return parts.join("\n\n");
}

function headLine({ subversion, protocolversion, networkactive }: NetworkFacts, chain: string): string {
  const off = networkactive ? "" : "   the network is switched off (setnetworkactive)";
  return `${chain}   ${protocolversion}${subversion}${off}`;
}

function table(peers: readonly PeerFacts[], { level, now }: PeersView): string {
  const columns = [
    ...COLUMNS,
    ...(peers.some((peer) => (peer.mapped_as ?? 0) !== 0) ? [ASMAP] : []),
    ID,
    ...(level === 2 || level === 4 ? [ADDRESS] : []),
    ...(level >= 3 ? [VERSION] : []),
  ];
  return tableOf(columns, [...peers].sort(byDirectionAndPing), now, [columns.map(({ unit = "" }) => unit)]);
}

function byDirectionAndPing(a: PeerFacts, b: PeerFacts): number {
  return Number(b.inbound) - Number(a.inbound) || (a.minping ?? Infinity) - (b.minping ?? Infinity) ||
    a.id - b.id;
}

/** What is too long to stand beside the rest; in the order of `getpeerinfo`. */
function sessions(peers: readonly PeerFacts[]): string {
  return tableOf(SESSION_COLUMNS, peers, 0, []);
}

function tableOf(
  columns: readonly Column[], peers: readonly PeerFacts[], now: number, below: readonly (readonly string[])[],
): string {
  const rows = [
    columns.map(({ name }) => name),
    ...peers.map((peer) => columns.map((column) => column.cell(peer, now))),
    ...below,
  ];
  return aligned(rows, columns.map(({ isLeft = false }) => isLeft));
}

function totals(peers: readonly PeerFacts[], network: NetworkFacts): string {
  const reachable = network.networks.filter((each) => each.reachable).map(({ name }) => name);
  const names = [...new Set([...reachable, ...countByNetwork(peers).keys()])];
  const hasManual = peers.some((peer) => peer.connection_type === "manual");
  const row = (title: string, of: readonly PeerFacts[]): readonly string[] => {
    const counts = countByNetwork(of);
    const ofType = (type: string): string => String(of.filter((peer) => peer.connection_type === type).length);
    return [
      title, ...names.map((name) => String(counts.get(name) ?? 0)), String(of.length),
      title === "in" ? "" : ofType("block-relay-only"),
      ...(hasManual ? [title === "in" ? "" : ofType("manual")] : []),
    ];
  };
  return aligned([
    ["", ...names.map(shortNetwork), "total", "block", ...(hasManual ? ["manual"] : [])],
    row("in", peers.filter((peer) => peer.inbound)),
    row("out", peers.filter((peer) => !peer.inbound)),
    row("total", peers),
  ], [true]);
}

function addressLines({ localaddresses }: NetworkFacts): string {
  if (localaddresses.length === 0) return "Local addresses: none known\n";
  const lines = localaddresses.map(({ address, port }) => `  ${address} port ${port}`);
  return `Local addresses\n${lines.join("\n")}\n`;
}

/** Columns to the right, but for those in `isLeft`; two spaces between. */
function aligned(rows: readonly (readonly string[])[], isLeft: readonly boolean[]): string {
  const widths = (rows[0] ?? []).map((_, i) => Math.max(...rows.map((row) => (row[i] ?? "").length)));
  return rows.map((row) => row.map((cell, i) => {
    const width = widths[i] as number;
    return isLeft[i] === true ? cell.padEnd(width) : cell.padStart(width);
  }).join("  ").trimEnd()).join("\n");
}

function serviceLetters(names: readonly string[]): string {
  return names.map((name) => {
    if (name === "NETWORK_LIMITED") return "l";
    return name === "P2P_V2" ? "2" : name.slice(0, 1).toLowerCase();
  }).join("");
}

function inMilliseconds(seconds: number | undefined): string {
  return seconds === undefined ? "" : String(Math.round(seconds * 1000));
}

/** `at`: Unix seconds, 0 for never. */
function since(at: number, now: number, unitSeconds: number): string {
  return at === 0 ? "" : String(Math.max(0, Math.floor((now - at) / unitSeconds)));
}

function count(value: number | undefined): string {
  return value === undefined || value === 0 ? "" : String(value);
}
