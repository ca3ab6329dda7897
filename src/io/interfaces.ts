import { networkInterfaces } from "node:os";
import { parseIp } from "../primitives/host_text.ts";
import type { NetworkHost } from "../primitives/network_address.ts";

/** Addresses of this machine's interfaces, but for loopback. */
export function interfaceHosts(): readonly NetworkHost[] {
  const all = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
  return all.filter(({ internal }) => !internal).flatMap(({ address }) => parseIp(address) ?? []);
}
