import type { NetworkAddress, NetworkHost } from "../../primitives/network_address.ts";

/** What is asked of a gateway: that connections to some port of its own come to us. */
export interface MappingRequest {
  /** Ours, towards the gateway. */
  readonly client: NetworkHost;
  /** On which we listen for TCP; wished for outside as well. */
  readonly port: number;
  readonly lifetimeSeconds: number;
}

/** What a gateway has granted. */
export interface Mapping {
  /** Where others reach us. */
  readonly external: NetworkAddress;
  readonly lifetimeSeconds: number;
}

/** What a gateway has answered. */
export type MappingAnswer =
  | { readonly type: "mapped"; readonly mapping: Mapping }
  /** It speaks another version of the protocol. */
  | { readonly type: "unsupported-version" }
  /** `name`: of the result code, as the RFC has it. */
  | { readonly type: "refused"; readonly name: string };

/** Both protocols (RFC6886 1, RFC6887 19.1). */
export const GATEWAY_PORT = 5351;
