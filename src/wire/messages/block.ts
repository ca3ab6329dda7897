/**
 * `block`: a whole block, as primitives/block.ts describes it. It views the payload it came in,
 * rather than copy it.
 *
 * @module
 */
import type { Codec } from "../../codec/codec.ts";
import { type Block, blockCodec } from "../../primitives/block.ts";

export interface BlockMessage {
  readonly block: Block;
}

export const blockMessageCodec: Codec<BlockMessage> = {
  size: ({ block }) => blockCodec.size(block),
  encode: ({ block }, writer) => blockCodec.encode(block, writer),
  decode: (reader) => ({ block: blockCodec.decode(reader) }),
};
