/**
 * Which scripts `scantxoutset` is to look for.
 *
 * @module
 */
import { type Bytes, toLatin1 } from "../base/bytes.ts";
import { type Descriptor, inferDescriptor, parseDescriptors, withChecksum } from "../script/descriptor.ts";
import { wrongType } from "./arguments.ts";
import { readRange } from "./descriptor_range.ts";
import { JsonObject, type JsonValue } from "./json.ts";
import { RPC_CODE, RpcError } from "./rpc_error.ts";
import type { RpcHost } from "./rpc_host.ts";

/** Descriptors by script, one byte a character. */
export type Needles = Map<string, string>;

type Host = Pick<RpcHost, "core" | "delay">;

/** Of a descriptor with `*`, where nothing else is said. */
const RANGE_DEFAULT = [0, 1000] as const;
/** Numbers derived before others get their turn. */
const DERIVED_PER_TURN = 50;

export function needleKey(script: Bytes): string {
  return toLatin1(script);
}

/** @throws {RpcError} when one is not what it should be */
export async function readScanObjects(objects: readonly JsonValue[], host: Host): Promise<Needles> {
  const needles: Needles = new Map();
  for (const object of objects) {
    const { text, range } = readScanObject(object);
    const verdict = parseDescriptors(text, host.core.options.params.addresses);
    if (!verdict.ok) throw new RpcError(RPC_CODE.invalidAddressOrKey, verdict.error);
    for (const descriptor of verdict.descriptors) {
      const [first, last] = descriptor.isRange ? range : [0, 0];
      for (let index = first; index <= last; index++) {
        if (!addNeedles(needles, descriptor, index, host)) {
          throw new RpcError(RPC_CODE.invalidAddressOrKey,
            `Cannot derive script without private keys: '${text}'`);
        }
        if (index % DERIVED_PER_TURN === DERIVED_PER_TURN - 1) await host.delay(0);
      }
    }
  }
  return needles;
}

/** False when its scripts cannot be told. */
function addNeedles(needles: Needles, descriptor: Descriptor, index: number, { core }: Host): boolean {
  const scripts = descriptor.scriptsAt(index);
  // What is not known by its keys is known by its script.
  const names = descriptor.isSolvable ? descriptor.namesAt(index) : undefined;
  for (const [i, script] of (scripts ?? []).entries()) {
    const name = names?.[i];
    const inferred = (): string => inferDescriptor(script, core.options.params.addresses);
    needles.set(needleKey(script), name === undefined ? inferred() : withChecksum(name));
  }
  return scripts !== undefined;
}

interface ScanObject {
  readonly text: string;
  readonly range: readonly [first: number, last: number];
}

function readScanObject(object: JsonValue): ScanObject {
  if (typeof object === "string") return { text: object, range: RANGE_DEFAULT };
  if (!(object instanceof JsonObject)) {
    throw new RpcError(RPC_CODE.invalidParameter, "Scan object needs to be either a string or an object");
  }
  const text = object.get("desc") ?? null;
  if (text === null) {
    throw new RpcError(RPC_CODE.invalidParameter, "Descriptor needs to be provided in scan object");
  }
  if (typeof text !== "string") return wrongType(text, "string");
  const range = object.get("range") ?? null;
  return { text, range: range === null ? RANGE_DEFAULT : readRange(range) };
}
