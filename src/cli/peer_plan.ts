import type { NodeOptions } from "../node/node_options.ts";
import { UsageError } from "./core_flags.ts";
import type { Settings } from "./settings.ts";

/** The default unit of `-maxuploadtarget`. */
const MIB = 1024 ** 2;

const UNITS: ReadonlyMap<string, number> = new Map([
  ["k", 1000], ["K", 1024], ["m", 1000 ** 2], ["M", MIB], ["g", 1000 ** 3], ["G", 1024 ** 3],
  ["t", 1000 ** 4], ["T", 1024 ** 4],
]);

/** @throws {UsageError} */
export function readPeerOptions(
  settings: Settings,
): Pick<NodeOptions, "maxUploadBytes" | "reconciles" | "capturesMessages"> {
  return {
    maxUploadBytes: readUploadTarget(settings.text("maxuploadtarget") ?? "0"),
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
