import * as path from "node:path";

/** Folders of a data directory: the block index, and the coins of the node's own blocks. */
export const INDEX_FOLDER = path.join("blocks", "index");
export const COINS_FOLDER = "chainstate";
