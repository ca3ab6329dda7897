/** One of the indexes that a node may keep beside the chain: the name of the option that asks for it. */
export type IndexKind = "txindex" | "coinstatsindex" | "txospenderindex" | "blockfilterindex";

export interface IndexTraits {
  /** As logs and `getindexinfo` name it. */
  readonly title: string;
  /** Of its store, inside the data directory. */
  readonly folder: string;
  /** Is made of what blocks spend, too. */
  readonly needsUndo: boolean;
  /** Of use where old blocks are removed: it does not point into them. */
  readonly allowsPruning: boolean;
}

/** In the order of `getindexinfo`; titles and folders are Bitcoin Core's. */
export const INDEX_TRAITS: Readonly<Record<IndexKind, IndexTraits>> = {
  txindex: { title: "txindex", folder: "indexes/txindex", needsUndo: false, allowsPruning: false },
  coinstatsindex: {
    title: "coinstatsindex", folder: "indexes/coinstatsindex/db", needsUndo: true, allowsPruning: true,
  },
  txospenderindex: {
    title: "txospenderindex", folder: "indexes/txospenderindex/db", needsUndo: false, allowsPruning: false,
  },
  blockfilterindex: {
    title: "basic block filter index", folder: "indexes/blockfilter/basic/db",
    needsUndo: true, allowsPruning: true,
  },
};

export const INDEX_KINDS = Object.keys(INDEX_TRAITS) as readonly IndexKind[];
