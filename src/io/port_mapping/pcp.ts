/**
 * The Port Control Protocol's MAP (RFC6887, version 2). Numbers are big-endian.
 *
 * ```text
 * request                                   response
 * u8   2                                    u8   2
 * u8   opcode, 1                            u8   0x81
 * 2    zeros                                u8   zero, u8 result
 * u32  lifetime, seconds                    u32  lifetime, seconds
 * 16   address of the client                u32  epoch, 12 zeros
 * 12   nonce                                12   nonce
 * u8   protocol, 6 for TCP; 3 zeros         u8   protocol; 3 zeros
 * u16  internal port                        u16  internal port
 * u16  external port, as wished             u16  external port, as granted
 * 16   external address, as wished          16   external address
 * ```
 *
 * @module
 */
import { type Bytes, equalBytes } from "../../base/bytes.ts";
import { asIpv6 } from "../../base/ip_address.ts";
import { fromAddrV1Bytes } from "../../primitives/network_address.ts";
import type { MappingAnswer, MappingRequest } from "./mapping.ts";

export const PCP_NONCE_BYTES = 12;

const VERSION = 2;
const VERSION_OF_NAT_PMP = 0;
const MAP = 1;
const RESPONSE = 0x80;
const TCP = 6;
const MESSAGE_BYTES = 60;
const LIFETIME_AT = 4;
const CLIENT_AT = 8;
const NONCE_AT = 24;
const PROTOCOL_AT = 36;
const INTERNAL_PORT_AT = 40;
const EXTERNAL_PORT_AT = 42;
const EXTERNAL_AT = 44;

/** RFC6887 7.4, by number. */
const RESULTS = [
  "SUCCESS", "UNSUPP_VERSION", "NOT_AUTHORIZED", "MALFORMED_REQUEST", "UNSUPP_OPCODE", "UNSUPP_OPTION",
  "MALFORMED_OPTION", "NETWORK_FAILURE", "NO_RESOURCES", "UNSUPP_PROTOCOL", "USER_EX_QUOTA",
  "CANNOT_PROVIDE_EXTERNAL", "ADDRESS_MISMATCH", "EXCESSIVE_REMOTE_PEER",
];

/** `nonce`: the same in each renewal of a mapping. */
export function encodePcpRequest({ client, port, lifetimeSeconds }: MappingRequest, nonce: Bytes): Bytes {
  const request = new Uint8Array(MESSAGE_BYTES);
  const view = new DataView(request.buffer);
  request[0] = VERSION;
  request[1] = MAP;
  view.setUint32(LIFETIME_AT, lifetimeSeconds);
  request.set(asIpv6(client.bytes), CLIENT_AT);
  request.set(nonce, NONCE_AT);
  request[PROTOCOL_AT] = TCP;
  view.setUint16(INTERNAL_PORT_AT, port);
  view.setUint16(EXTERNAL_PORT_AT, port);
  // Any of the family that the client has.
  request.set(asIpv6(new Uint8Array(client.bytes.length)), EXTERNAL_AT);
  return request;
}

/** `undefined` for what is no answer to the request with this nonce. */
export function decodePcpResponse(bytes: Bytes, { port }: MappingRequest, nonce: Bytes): MappingAnswer | undefined {
  const [version, opcode, , result = 0] = bytes;
  // One that knows NAT-PMP only says so in its own way, which may be shorter (RFC6887 9).
  if (version === VERSION_OF_NAT_PMP && bytes.length >= 4) return { type: "unsupported-version" };
  if (version !== VERSION || opcode !== RESPONSE + MAP || bytes.length < MESSAGE_BYTES) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (!equalBytes(bytes.subarray(NONCE_AT, NONCE_AT + PCP_NONCE_BYTES), nonce)) return undefined;
  if (bytes[PROTOCOL_AT] !== TCP || view.getUint16(INTERNAL_PORT_AT) !== port) return undefined;
  const name = RESULTS[result] ?? `code ${result}`;
  if (name === "UNSUPP_VERSION") return { type: "unsupported-version" };
  if (name !== "SUCCESS") return { type: "refused", name };
  const external = fromAddrV1Bytes(bytes.subarray(EXTERNAL_AT, EXTERNAL_AT + 16), view.getUint16(EXTERNAL_PORT_AT));
  return { type: "mapped", mapping: { external, lifetimeSeconds: view.getUint32(LIFETIME_AT) } };
}
