/** What is said to peers, and how much of it, from settings. @module */
import type { NodeOptions } from "../node/node_options.ts";
import { DEFAULT_QUEUE_LIMITS } from "../peer/connection.ts";
import { UsageError } from "./core_flags.ts";
import { readInteger } from "./read_setting.ts";
import type { Settings } from "./settings.ts";

/** The default unit of `-maxuploadtarget`. */
const MIB = 1024 ** 2;

const UNITS: ReadonlyMap<string, number> = new Map([
  ["k", 1000], ["K", 1024], ["m", 1000 ** 2], ["M", MIB], ["g", 1000 ** 3], ["G", 1024 ** 3],
  ["t", 1000 ** 4], ["T", 1024 ** 4],
]);

type PeerOptions = Pick<NodeOptions,
  "v2Transport" | "blocksOnly" | "peerBloomFilters" | "maxUploadBytes" | "queueLimits" | "reconciles" |
  "capturesMessages">;

/** @throws {UsageError} */
export function planPeers(settings: Settings): PeerOptions {
  return {
    v2Transport: settings.flag("v2transport", true),
    blocksOnly: settings.flag("blocksonly"),
    peerBloomFilters: settings.flag("peerbloomfilters"),
    maxUploadBytes: readUploadTarget(settings.text("maxuploadtarget") ?? "0"),
    queueLimits: {
      receiveBytes: readQueueBytes(settings, "maxreceivebuffer", DEFAULT_QUEUE_LIMITS.receiveBytes),
      sendBytes: readQueueBytes(settings, "maxsendbuffer", DEFAULT_QUEUE_LIMITS.sendBytes),
    },
    reconciles: settings.flag("txreconciliation"),
    capturesMessages: settings.flag("capturemessages"),
  };
}

function readUploadTarget(text: string): number {
  const [, digits, unit] = /^([0-9]{1,16})([kKmMgGtT]?)$/.exec(text) ?? [];
  const bytes = Number(digits) * (UNITS.get(unit ?? "") ?? MIB);
  if (!Number.isSafeInteger(bytes)) throw new UsageError(`Unable to parse -maxuploadtarget: '${text}'`);
  return bytes;
}

/** The options count in thousands of bytes. */
function readQueueBytes(settings: Settings, name: string, fallback: number): number {
  const thousands = readInteger(settings, name, fallback / 1_000);
  if (thousands < 0) throw new UsageError(`-${name} must not be negative: ${thousands}`);
  return thousands * 1_000;
}
