/** Settings as numbers, amounts and hashes, in Bitcoin Core's ways. @module */
import { availableParallelism } from "node:os";
import { assert } from "../base/assert.ts";
import { hashLiteral } from "../primitives/hash.ts";
import type { BlockHash } from "../primitives/hash.ts";
import type { Sats } from "../primitives/amount.ts";
import { parseCoins } from "../rpc/arguments.ts";
import { UsageError } from "./core_flags.ts";
import { findOption } from "./options.ts";
import type { Settings } from "./settings.ts";

/** A whole number; text that is none is 0, and one out of range the nearest that is exact, as in C. */
export function readInteger(settings: Settings, name: string, fallback: number): number {
  assert(findOption(name) !== undefined, `${name} is an option`);
  const text = settings.text(name);
  if (text === undefined) return fallback;
  const number = Number.parseInt(text, 10) || 0;
  return Math.max(Number.MIN_SAFE_INTEGER, Math.min(number, Number.MAX_SAFE_INTEGER));
}

/**
 * Threads that check scripts: as many as `-par` says, or one for each processor but the ones it
 * leaves free.
 */
export function readThreads(settings: Settings): number {
  const threads = readInteger(settings, "par", 0);
  return threads > 0 ? threads : Math.max(1, availableParallelism() + threads);
}

/** @throws {UsageError} */
export function readPort(settings: Settings, name: string, fallback: number): number {
  const text = settings.text(name);
  if (text === undefined) return fallback;
  const port = /^[0-9]{1,5}$/.test(text) ? Number(text) : 0;
  if (port === 0 || port > 0xffff) throw new UsageError(`Invalid port specified in -${name}: '${text}'`);
  return port;
}

/** @throws {UsageError} */
export function readCoins(settings: Settings, name: string, fallback: Sats): Sats {
  const text = settings.text(name);
  if (text === undefined) return fallback;
  const sats = parseCoins(text.replace(/^\./, "0."));
  if (sats === undefined ||
    sats < 0n) throw new UsageError(`Invalid amount for -${name}=<amount>: '${text}'`);
  return Number(sats) as Sats;
}

/** The hex digits of up to 256 bits; `undefined` for what is none. */
export function readHex256(text: string): string | undefined {
  return /^(?:0x)?([0-9a-fA-F]{1,64})$/.exec(text)?.[1];
}

/** @throws {UsageError} */
export function readMinimumWork(settings: Settings, fallback: bigint): bigint {
  const text = settings.text("minimumchainwork");
  if (text === undefined) return fallback;
  const digits = readHex256(text);
  if (digits === undefined) {
    throw new UsageError(`Invalid minimum work specified (${text}), must be up to 64 hex digits`);
  }
  return BigInt(`0x${digits}`);
}

/** @throws {UsageError} */
export function readAssumeValid(settings: Settings, fallback: BlockHash | undefined): BlockHash | undefined {
  const text = settings.text("assumevalid");
  if (text === undefined) return fallback;
  const digits = readHex256(text);
  if (digits === undefined) {
    throw new UsageError(
      `Invalid assumevalid block hash specified (${text}), must be up to 64 hex digits (or 0 to disable)`);
  }
  return BigInt(`0x${digits}`) === 0n ? undefined : hashLiteral<BlockHash>(digits.padStart(64, "0"));
}
