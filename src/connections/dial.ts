import type { ConnectionType } from "../peer/peer.ts";
import type { NetworkAddress } from "../primitives/network_address.ts";
import type { Route } from "./route.ts";

/** One attempt to connect. Its identity is what tells it from another to the same address. */
export interface Dial {
  readonly address: NetworkAddress;
  readonly type: ConnectionType;
  /** What we speak first: `v2` where both ends may (BIP324). */
  readonly transport: "v1" | "v2";
  readonly route: Route;
}

/** What is decided for a connection that the operator wants. */
export type DialRequest =
  | { readonly ok: true; readonly dial: Dial }
  | { readonly ok: false; readonly code: "too-many-connections" | "network-inactive" | "already-connected" };
