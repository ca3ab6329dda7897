import { lookup } from "node:dns/promises";

/** The name that no host has, and whose resolvers are not to be bothered with it (RFC 6761, 6.4). */
const NOBODY = /(^|\.)invalid\.?$/i;

/**
 * The IP addresses that the system's resolver has for a name, as text.
 *
 * @throws {Error} of the system, when there are none
 */
export async function lookUp(host: string): Promise<readonly string[]> {
  if (NOBODY.test(host)) throw new Error(`getaddrinfo ENOTFOUND ${host}`);
  const found = await lookup(host, { all: true });
  return found.map(({ address }) => address);
}
