import { decodeWith } from "../codec/codec.ts";
import type { NodeCore } from "../node/node_core.ts";
import { blockCodec } from "../primitives/block.ts";
import { parseHash } from "../primitives/hash.ts";
import { configError } from "./errors.ts";
import { type BlockView, type TipView, viewBlock, viewHeader } from "./views.ts";

/** What is asked of the chain. */
export interface ChainQueries {
  /** As of this moment. */
  readonly tip: TipView;
  /** A block of the active chain by height, or any by hash; `undefined` when its bytes are not here. */
  block(which: number | string): Promise<BlockView | undefined>;
}

export function chainQueries({ chain }: NodeCore): ChainQueries {
  return {
    get tip() {
      const { headers, tip } = chain;
      const header = viewHeader(headers.header(tip));
      return { hash: header.hash, height: headers.height(tip), time: header.time, header };
    },
    async block(which) {
      const hash = typeof which === "string" ? parseHash(which) : undefined;
      if (typeof which === "string" && hash === undefined) {
        throw configError("block", which, "a height, or 64 hex digits");
      }
      const id = hash === undefined ? chain.activeAt(which as number) : chain.headers.find(hash);
      const bytes = id === undefined ? undefined : chain.readBlock(id);
      if (id === undefined || bytes === undefined) return undefined;
      return viewBlock(decodeWith(blockCodec, bytes), chain.headers.height(id), chain.params.addresses);
    },
  };
}
