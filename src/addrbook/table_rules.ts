/**
 * How large the tables are, and which of their defences are on.
 *
 * Every node has `DEFAULT_TABLE_RULES`. Others are for comparisons: a simulated attack shows what each
 * rule is worth by running without it, and small tables make a small network do.
 */
export interface TableRules {
  /** Buckets for addresses that were only heard of. @default 1024 */
  readonly newBuckets: number;
  /** Buckets for addresses that we have been connected to. @default 256 */
  readonly triedBuckets: number;
  /** Places in a bucket. @default 64 */
  readonly bucketSize: number;
  /** Buckets of `new` that all who are in one group can fill with what they tell us. @default 64 */
  readonly newBucketsPerSourceGroup: number;
  /** Buckets of `tried` that addresses of one group can fill. @default 8 */
  readonly triedBucketsPerGroup: number;
  /** Places that one address may have in `new`. @default 8 */
  readonly placesPerAddress: number;
  /**
   * Groups decide on buckets; if not, the address alone does, and nobody is kept to a part of a table.
   *
   * @default true
   */
  readonly bucketsByGroup: boolean;
  /** Whoever has a place in `tried` is dialled before another gets it. @default true */
  readonly testsBeforeEviction: boolean;
}

/** Bitcoin Core's (addrman_impl.h, addrman.h). */
export const DEFAULT_TABLE_RULES: TableRules = {
  newBuckets: 1024,
  triedBuckets: 256,
  bucketSize: 64,
  newBucketsPerSourceGroup: 64,
  triedBucketsPerGroup: 8,
  placesPerAddress: 8,
  bucketsByGroup: true,
  testsBeforeEviction: true,
};
