/**
 * Why the protocols close a connection: shown in the log, the event and the metrics. Connections
 * have reasons of their own (peer/disconnect_reason.ts).
 */
export type ProtocolDisconnect =
  | "ping-timeout"
  /** Its chain has less work than any that we would follow. */
  | "insufficient-work"
  | "headers-timeout"
  /** It does not follow the best chain. */
  | "old-chain"
  /** It holds up the window of blocks being downloaded. */
  | "block-stalling"
  | "block-timeout"
  /** It asked for a block that we do not say we keep. */
  | "block-below-limit"
  /** A block that it asked for could not be read. */
  | "block-not-loaded"
  /** It asked for old blocks, of which so many were sent today as the operator lets us. */
  | "upload-limit-reached"
  | "getdata-overflow"
  /** It sent transactions where none are to be sent. */
  | "transaction-unwanted"
  | "private-broadcast-done"
  /** It did not take the transaction, or asked for something else. */
  | "private-broadcast-failed"
  | "addr-fetch-completed"
  | "addr-fetch-timeout"
  /** It asked for what we do not offer. */
  | "bloom-filter-unserved"
  | "mempool-unserved"
  | "block-filter-unserved"
  /** It asked for filters of blocks that we do not show, or for too many. */
  | "block-filter-refused";
