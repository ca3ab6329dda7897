/** What `tidings status` prints for people. @module */
import type { NodeStatus, Reachability } from "./node_status.ts";
import { shortNetwork } from "./node_facts.ts";

/** Blocks that were connected, and the seconds it took: for the rate of a sync. */
export interface Pace {
  readonly blocks: number;
  readonly progress: number;
  readonly seconds: number;
}

const BAR_LENGTH = 20;

/** `pace`: of a sync that is under way. */
export function statusText(status: NodeStatus, pace: Pace | undefined): string {
  const { reachable, warnings } = status;
  const rows: readonly (readonly [title: string, text: string])[] = [
    ...(pace === undefined ? [tipLine(status)] : syncLines(status, pace)),
    ["chain", `${bytes(status.diskBytes)} on disk   indexes ${indexText(status)}`],
    ["peers", peerText(status)],
    ["reachable", reachableText(reachable, status.uptimeSeconds)],
    ...addressLines(reachable).map((text) => ["", text] as const),
    ["mempool", mempoolText(status)],
    ...(warnings.length === 0 ? [["warnings", "none"] as const]
      : warnings.map((text) => ["warning", text] as const)),
  ];
  return [headLine(status), ...rows.map(([title, text]) => title.padEnd(11) + text)].join("\n").concat("\n");
}

function headLine(status: NodeStatus): string {
  const { chain, isPruned, userAgent, uptimeSeconds } = status;
  return [chain, isPruned ? "pruned" : "full", syncWord(status), userAgent, `up ${duration(uptimeSeconds)}`]
    .join("   ");
}

function syncWord({ sync, isNetworkActive }: NodeStatus): string {
  if (!isNetworkActive) return "network off";
  switch (sync) {
    case "alone":
      return "no peers";
    case "headers":
      return "syncing headers";
    case "blocks":
      return "syncing blocks";
    case "synced":
      return "synced";
  }
}

function tipLine({ height, headers, tip, tipAgeSeconds }: NodeStatus): readonly [string, string] {
  return ["tip", `${grouped(height)}   ${tip.slice(0, 12)}…${tip.slice(-6)}   ` +
    `${duration(tipAgeSeconds)} old   headers ${grouped(headers)}`];
}

function syncLines(status: NodeStatus, pace: Pace): readonly (readonly [string, string])[] {
  const { progress, height, headers } = status;
  const full = Math.floor(progress * BAR_LENGTH);
  const bar = "█".repeat(full) + "░".repeat(BAR_LENGTH - full);
  return [
    ["blocks", `${bar}  ${(progress * 100).toFixed(1)} %   ${grouped(height)} / ${grouped(headers)}`],
    ["rate", `${Math.round(pace.blocks / pace.seconds)} blocks/s   ${remaining(progress, pace)}`],
  ];
}

/** By the work done, which a count of blocks does not show: early ones are empty. */
function remaining(progress: number, pace: Pace): string {
  if (pace.progress <= 0) return "time left not known yet";
  const seconds = ((1 - progress) / pace.progress) * pace.seconds;
  return `about ${duration(seconds)} left at this rate`;
}

function indexText({ indexes }: NodeStatus): string {
  const names = Object.entries(indexes);
  if (names.length === 0) return "none";
  return names.map(([name, isSynced]) => `${name} ${isSynced ? "ready" : "being built"}`).join(", ");
}

function peerText({ outbound, inbound, v2Share, peersByNetwork }: NodeStatus): string {
  const networks = Object.entries(peersByNetwork)
    .map(([name, count]) => `${shortNetwork(name)} ${count}`);
  return [`${outbound} out  ${inbound} in`, `v2 ${Math.round(v2Share * 100)} %`, ...networks].join("   ");
}

function reachableText(reachable: Reachability, uptime: number): string {
  const { state, inbound, dayInbound, lastInboundSeconds: last, listenPort } = reachable;
  switch (state) {
    case "yes": {
      const now = Object.entries(inbound).map(([name, count]) => `${count} by ${name}`).join(", ");
      const came = last === undefined ? [] : [`the last came ${duration(last)} ago, ${dayInbound} in 24 h`];
      return `yes: ${[...(now === "" ? [] : [`${now} now`]), ...came].join("; ")}`;
    }
    case "unknown": {
      if (listenPort === undefined) return "not known: nobody from another machine is connected to it now";
      const place = `it listens on port ${listenPort}, and `;
      return last === undefined
        ? `not known yet: ${place}nobody from another machine has come in ${duration(uptime)}`
        : `not known: ${place}the last from another machine came ${duration(last)} ago`;
    }
    case "no":
      return "no: it takes no connections";
  }
}

/** Where others take it to be. */
function addressLines({ addresses, seenAs }: Reachability): readonly string[] {
  return [
    ...(addresses.length === 0 ? [] : [`it tells others ${addresses.join(", ")}`]),
    ...(seenAs === undefined ? []
      : [`${seenAs.peers} ${seenAs.peers === 1 ? "peer sees" : "peers see"} it at ${seenAs.host}`]),
  ];
}

function mempoolText({ mempool: { transactions, virtualBytes, minFeeRate } }: NodeStatus): string {
  return `${grouped(transactions)} transactions   ${(virtualBytes / 1_000_000).toFixed(2)} MvB   ` +
    `min ${Number(minFeeRate.toFixed(3))} sat/vB`;
}

/** `1 234 567` */
function grouped(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, " ");
}

/** The two largest units. */
export function duration(seconds: number): string {
  const units: readonly (readonly [number, string])[] = [[86_400, "d"], [3_600, "h"], [60, "min"], [1, "s"]];
  const whole = Math.max(0, Math.round(seconds));
  const first = units.findIndex(([length]) => whole >= length);
  if (first < 0) return "0 s";
  const [length, name] = units[first] as readonly [number, string];
  const next = units[first + 1];
  const rest = next === undefined ? 0 : Math.floor((whole % length) / next[0]);
  const head = `${Math.floor(whole / length)} ${name}`;
  return next === undefined || rest === 0 ? head : `${head} ${rest} ${next[1]}`;
}

function bytes(count: number): string {
  if (count >= 1e9) return `${(count / 1e9).toFixed(1)} GB`;
  return count >= 1e6 ? `${(count / 1e6).toFixed(1)} MB` : `${(count / 1e3).toFixed(1)} kB`;
}
