import { networkInterfaces } from "node:os";
import { LOCAL_SCORE, type LocalAddress } from "../node/local_addresses.ts";
import { parseIp } from "../primitives/host_text.ts";
import { isRoutable, type NetworkAddress, type NetworkHost } from "../primitives/network_address.ts";

/** Addresses of this machine's interfaces, but for loopback. */
export function interfaceHosts(): readonly NetworkHost[] {
  const all = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
  return all.filter(({ internal }) => !internal).flatMap(({ address }) => parseIp(address) ?? []);
}

/** Whether this stands for all addresses of the machine: `0.0.0.0`, `::`. */
export function isAnyAddress({ bytes }: NetworkHost): boolean {
  return bytes.every((byte) => byte === 0);
}

/**
 * Where a node that listens on `bound` seems to be reached: what of it strangers could dial; and, where it
 * listens on all addresses (`isAny`), those of the machine's interfaces, at `port`.
 *
 * Source: Bitcoin Core, net.cpp (Bind), init.cpp (Discover).
 */
export function foundAddresses(
  bound: readonly NetworkAddress[], isAny: boolean, port: number,
): readonly LocalAddress[] {
  const ofInterfaces = isAny ? interfaceHosts() : [];
  return [
    ...bound.filter(isRoutable).map((address) => ({ address, score: LOCAL_SCORE.bound })),
    ...ofInterfaces.map((host) => ({ address: { ...host, port }, score: LOCAL_SCORE.interface })),
  ];
}
