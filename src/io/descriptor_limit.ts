/**
 * How many connections the system lets us have: each takes a file descriptor.
 *
 * Node.js raises the limit as far as it may at its start, so that what the system says then is final.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import { ADDED_MAX } from "../connections/limits.ts";

/**
 * Descriptors that are needed for all else: block files, databases, log, RPC, threads. As Bitcoin
 * Core's MIN_CORE_FDS, with what its RPC server takes.
 */
const OWN_DESCRIPTORS = 170;

/** A process may open too few files here for any node to start. */
export class DescriptorError extends Error {
  override readonly name = "DescriptorError";
}

/**
 * What a node that listens at so many places needs before the first automatic connection: those that the
 * operator names come on top of them. As Bitcoin Core's min_required_fds (init.cpp), in which short
 * private broadcasts have no share.
 */
export function requiredDescriptors(binds: number): number {
  return OWN_DESCRIPTORS + ADDED_MAX + Math.max(1, binds);
}

/** @throws {DescriptorError} when `limit` is below that */
export function requireDescriptors(binds: number, limit: number | undefined): void {
  const required = requiredDescriptors(binds);
  if (limit === undefined || limit >= required) return;
  throw new DescriptorError(
    `Not enough file descriptors available. ${limit} available, ${required} required.`);
}

/** The connections that `limit` descriptors leave room for, and what its operator should know. */
export function fitConnections(
  wanted: number, binds: number, limit: number | undefined,
): { readonly connections: number; readonly warning: string | undefined } {
  const required = requiredDescriptors(binds);
  const room = limit === undefined ? wanted : Math.max(0, limit - required);
  if (wanted <= room) return { connections: wanted, warning: undefined };
  const warning = `Reducing -maxconnections from ${wanted} to ${room}, because of system limitations. ` +
    `A process may open ${limit} files here (ulimit -n), and ${required} are needed for other things.`;
  return { connections: room, warning };
}

/** The most descriptors that this process may have; `undefined` where the system does not say. */
export function descriptorLimit(): number | undefined {
  try {
    return parseLimit(readFileSync("/proc/self/limits", "latin1"));
  } catch {
    // Only Linux has this file.
    return undefined;
  }
}

/** Of `/proc/self/limits`. */
export function parseLimit(text: string): number | undefined {
  const [, soft] = /^Max open files\s+(\d+)\s/m.exec(text) ?? [];
  return soft === undefined ? undefined : Number(soft);
}
