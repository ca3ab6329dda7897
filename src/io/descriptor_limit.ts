/**
 * How many connections the system lets us have: each takes a file descriptor.
 *
 * Node.js raises the limit as far as it may at its start, so that what the system says then is final.
 *
 * @module
 */
import { readFileSync } from "node:fs";

/**
 * Descriptors that are needed for all else: block files, databases, log, RPC, listeners, threads. As
 * Bitcoin Core's MIN_CORE_FDS, with what its RPC server takes.
 */
const OWN_DESCRIPTORS = 170;

/** The connections that `limit` descriptors leave room for, and what its operator should know. */
export function fitConnections(
  wanted: number, limit: number | undefined,
): { readonly connections: number; readonly warning: string | undefined } {
  const room = limit === undefined ? wanted : Math.max(0, limit - OWN_DESCRIPTORS);
  if (wanted <= room) return { connections: wanted, warning: undefined };
  const warning = `Reducing -maxconnections from ${wanted} to ${room}, because of system limitations. ` +
    `A process may open ${limit} files here (ulimit -n), and ${OWN_DESCRIPTORS} are needed for other things.`;
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
