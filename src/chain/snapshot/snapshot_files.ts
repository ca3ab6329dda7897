/**
 * What stands in the data directory of a chainstate that began with a snapshot, beside its coins.
 *
 * ```text
 * chainstate_snapshot/                  coins (LevelDB)
 * chainstate_snapshot/base_blockhash    32 hash of the block that the snapshot is of; as in Bitcoin Core
 * chainstate_snapshot/validated         there: the background has found the same coins
 * chainstate_snapshot/refuted           there: it has found others
 * ```
 *
 * @module
 */
export const SNAPSHOT_FOLDER = "chainstate_snapshot";
export const SNAPSHOT_BASE_FILE = `${SNAPSHOT_FOLDER}/base_blockhash`;
export const SNAPSHOT_VALIDATED_FILE = `${SNAPSHOT_FOLDER}/validated`;
export const SNAPSHOT_REFUTED_FILE = `${SNAPSHOT_FOLDER}/refuted`;
