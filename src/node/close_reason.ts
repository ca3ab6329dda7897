import type { DisconnectReason } from "../peer/disconnect_reason.ts";
import type { ProtocolDisconnect } from "../protocol/disconnect_reason.ts";

/** Why the node itself closes a connection: shown in the log, the event and the metrics. */
export type NodeDisconnect =
  /** By hand (`disconnectnode`). */
  | "operator"
  | "banned"
  /** It came in, and others deserve the place more. */
  | "evicted"
  /** We dialled one more than we keep, to see whether it is better than the others. */
  | "extra-outbound"
  | "network-inactive"
  | "shutting-down";

/** Why a connection is gone: a closed list, of which each floor has its part. */
export type CloseReason =
  | DisconnectReason | ProtocolDisconnect | NodeDisconnect
  /** They hung up, or the socket failed. */
  | "connection-lost";
