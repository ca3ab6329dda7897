import type { Bytes } from "../base/bytes.ts";

/** The names that Bitcoin Core's RPC uses. */
export type NetworkName = "ipv4" | "ipv6" | "onion" | "i2p" | "cjdns";

/** Where a node may be reached: 4, 16, 32, 32 or 16 bytes by network, and a port. */
export interface NetworkAddress {
  readonly network: NetworkName;
  readonly bytes: Bytes;
  readonly port: number;
}
