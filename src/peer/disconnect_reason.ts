/**
 * Why this floor closes a connection: shown in the log, the event and the metrics, so the list is
 * short and closed. Protocols and the operator have reasons of their own.
 */
export type DisconnectReason =
  /** Their first bytes are another network's, or no node's at all. */
  | "wrong-magic"
  | "over-long-message"
  | "malformed-message"
  | "misbehaviour"
  /** They do not read what we send. */
  | "send-queue-overflow"
  | "no-first-message"
  | "handshake-timeout"
  | "send-timeout"
  | "receive-timeout"
  | "obsolete-version"
  | "missing-services"
  | "self-connection"
  | "feeler-completed"
  /** Something that must come before `verack` came after it, or is not allowed at their version. */
  | "late-negotiation";
