/**
 * NAT-PMP (RFC6886, version 0), which gateways speak that do not know its successor. Numbers are
 * big-endian.
 *
 * ```text
 * request for the address   u8 0, u8 0
 *         response          u8 0, u8 0x80, u16 result, u32 epoch, 4 external address
 * request for a mapping     u8 0, u8 2 for TCP, u16 0, u16 internal port, u16 external port, u32 lifetime
 *         response          u8 0, u8 0x82, u16 result, u32 epoch, u16 internal port, u16 external port,
 *                           u32 lifetime, seconds
 * ```
 *
 * @module
 */
import type { Bytes } from "../../base/bytes.ts";
import type { MappingRequest } from "./mapping.ts";

const VERSION = 0;
const RESPONSE = 0x80;
const EXTERNAL_ADDRESS = 0;
const MAP_TCP = 2;
const ADDRESS_RESPONSE_BYTES = 12;
const MAP_RESPONSE_BYTES = 16;

/** RFC6886 3.5, by number. */
const RESULTS = [
  "SUCCESS", "UNSUPP_VERSION", "NOT_AUTHORIZED", "NETWORK_FAILURE", "NO_RESOURCES", "UNSUPP_OPCODE",
];

export type NatPmpAnswer<T> =
  | { readonly type: "granted"; readonly value: T }
  | { readonly type: "refused"; readonly name: string };

/** What it takes of an answer beside the external address. */
export interface NatPmpMapping {
  readonly externalPort: number;
  readonly lifetimeSeconds: number;
}

export const NAT_PMP_ADDRESS_REQUEST: Bytes = Uint8Array.of(VERSION, EXTERNAL_ADDRESS);

/** The external IPv4 address; `undefined` for what is no answer to the request. */
export function decodeNatPmpAddress(bytes: Bytes): NatPmpAnswer<Bytes> | undefined {
  return decode(bytes, EXTERNAL_ADDRESS, ADDRESS_RESPONSE_BYTES, () => bytes.slice(8, 12));
}

export function encodeNatPmpMapping({ port, lifetimeSeconds }: Omit<MappingRequest, "client">): Bytes {
  const request = new Uint8Array(12);
  const view = new DataView(request.buffer);
  request[1] = MAP_TCP;
  view.setUint16(4, port);
  view.setUint16(6, port);
  view.setUint32(8, lifetimeSeconds);
  return request;
}

/** `undefined` for what is no answer to a request for this port. */
export function decodeNatPmpMapping(bytes: Bytes, port: number): NatPmpAnswer<NatPmpMapping> | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const isOurs = bytes.length >= MAP_RESPONSE_BYTES && view.getUint16(8) === port;
  if (!isOurs) return undefined;
  return decode(bytes, MAP_TCP, MAP_RESPONSE_BYTES, () => {
    return { externalPort: view.getUint16(10), lifetimeSeconds: view.getUint32(12) };
  });
}

function decode<T>(bytes: Bytes, opcode: number, size: number, value: () => T): NatPmpAnswer<T> | undefined {
  if (bytes.length < size || bytes[0] !== VERSION || bytes[1] !== RESPONSE + opcode) return undefined;
  const result = ((bytes[2] as number) << 8) | (bytes[3] as number);
  if (result !== 0) return { type: "refused", name: RESULTS[result] ?? `code ${result}` };
  return { type: "granted", value: value() };
}
