/**
 * Why this floor closes a connection: shown in the log, the event and the metrics, so the list is
 * short and closed. Protocols and the operator have reasons of their own.
 */
export type DisconnectReason =
  /** Their first bytes are another network's, or no node's at all. */
  | "wrong-magic"
  | "over-long-message"
  /** Their encrypted stream is not what it should be (BIP324). */
  | "broken-encryption"
  /** More key exchanges are asked of us than we have time for. */
  | "malformed-message"
  /** Reading what they sent has shown a bug of ours. */
  | "internal-error"
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
  /** It takes no transactions. */
  | "private-broadcast-in-vain"
  /** Something that must come before `verack` came after it, or is not allowed at their version. */
  | "late-negotiation";
