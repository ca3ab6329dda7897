import { type Bytes, concatBytes, fromLatin1 } from "../base/bytes.ts";
import { MESSAGE_TYPE_BYTES } from "./transport.ts";

/** Where the type of a message stands: behind the magic. */
export const V1_VERSION_TYPE_OFFSET = 4;

/** Of the message with which whoever speaks v1 begins. */
export const V1_VERSION_TYPE: Bytes = fromLatin1("version".padEnd(MESSAGE_TYPE_BYTES, "\0"));

/** The first 16 bytes of v1 in a network, which tell it from v2. */
export function v1Prefix(magic: Bytes): Bytes {
  return concatBytes(magic, V1_VERSION_TYPE);
}
