/** Limits on what is relayed that an operator may move; `DEFAULT_RELAY_POLICY` has Bitcoin Core's own. */
export interface RelayPolicy {
  /** Multisig outputs without a hash (`-permitbaremultisig`). */
  readonly permitBareMultisig: boolean;
  /** Bytes of OP_RETURN scripts, all outputs together (`-datacarriersize`); zero with `-datacarrier=0`. */
  readonly dataCarrierBytesMax: number;
  /**
   * Satoshi per 1,000 virtual bytes: what is worth less than spending it at this is dust (`-dustrelayfee`).
   */
  readonly dustFeeRate: number;
  /** Virtual bytes for which a signature operation counts at least (`-bytespersigop`). */
  readonly vbytesPerSigop: number;
  /**
   * Satoshi per 1,000 virtual bytes by which a newcomer must beat what goes for it
   * (`-incrementalrelayfee`).
   */
  readonly incrementalFeeRate: number;
  /** Transactions that may hang together, in either direction (`-limitclustercount`). */
  readonly clusterCountMax: number;
  /** The same in virtual bytes (`-limitclustersize`). */
  readonly clusterVsizeMax: number;
  /** Seconds after which what no block took is dropped (`-mempoolexpiry`). */
  readonly expirySeconds: number;
}

/** Core never lets clusters grow past this: what bounds every walk over the graph. */
export const CLUSTER_COUNT_LIMIT = 64;

export const DEFAULT_RELAY_POLICY: RelayPolicy = {
  permitBareMultisig: true,
  dataCarrierBytesMax: 100_000,
  dustFeeRate: 3_000,
  vbytesPerSigop: 20,
  incrementalFeeRate: 100,
  clusterCountMax: CLUSTER_COUNT_LIMIT,
  clusterVsizeMax: 101_000,
  expirySeconds: 336 * 60 * 60,
};
