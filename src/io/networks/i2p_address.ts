/**
 * Destinations of I2P, as its routers write them.
 *
 * A destination is at least 387 bytes: keys, and a certificate whose length stands in bytes 385 and
 * 386. Its address is the SHA-256 of all of it.
 *
 * Source: geti2p.net, common structures; Bitcoin Core, i2p.cpp.
 *
 * @module
 */
import type { Bytes } from "../../base/bytes.ts";
import { sha256 } from "../../crypto/crypto.ts";
import type { NetworkAddress } from "../../primitives/network_address.ts";

/** SAM 3.1 knows no ports: all peers have this one. */
export const I2P_PORT = 0;

const BASE_BYTES = 387;
const CERTIFICATE_LENGTH_AT = 385;

/** I2P writes `-` and `~` where others have `+` and `/`. `undefined` when it is not base64. */
export function fromI2pBase64(text: string): Bytes | undefined {
  if (!/^[A-Za-z0-9~-]*={0,2}$/.test(text) || text.length % 4 !== 0) return undefined;
  return Uint8Array.from(Buffer.from(text.replaceAll("-", "+").replaceAll("~", "/"), "base64"));
}

export function toI2pBase64(bytes: Bytes): string {
  return Buffer.from(bytes).toString("base64").replaceAll("+", "-").replaceAll("/", "~");
}

/** The address that leads to a destination. */
export function destinationAddress(destination: Bytes): NetworkAddress {
  return { network: "i2p", bytes: sha256(destination), port: I2P_PORT };
}

/** The destination at the start of a private key; `undefined` when it is too short to have one. */
export function destinationOfKey(privateKey: Bytes): Bytes | undefined {
  if (privateKey.length < BASE_BYTES) return undefined;
  const high = privateKey[CERTIFICATE_LENGTH_AT] as number;
  const length = BASE_BYTES + ((high << 8) | (privateKey[CERTIFICATE_LENGTH_AT + 1] as number));
  return length > privateKey.length ? undefined : privateKey.slice(0, length);
}
