/**
 * The messages that say all they have to say by their name: `verack`, `wtxidrelay` (BIP339),
 * `sendaddrv2` (BIP155), `sendheaders` (BIP130), `getaddr`, `mempool` (BIP35) and
 * `filterclear` (BIP37).
 *
 * @module
 */
import type { Codec } from "../../codec/codec.ts";

export const emptyCodec: Codec<null> = {
  size: () => 0,
  encode() {},
  decode: () => null,
};
