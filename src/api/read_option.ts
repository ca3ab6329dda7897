/**
 * Values of options, each refused with what was found and what is allowed.
 *
 * @module
 */
import {
  isHostName, isPublicName, parseDestination, parseHost, splitHostPort,
} from "../primitives/host_text.ts";
import type { NetworkAddress } from "../primitives/network_address.ts";
import { configError } from "./errors.ts";

/** A list of texts; left out, an empty one. @throws {TidingsError} CONFIG */
export function readTexts(option: string, value: unknown, allowed: string): readonly string[] {
  const texts = value ?? [];
  if (!Array.isArray(texts)) throw configError(option, value, `a list of ${allowed}`);
  for (const text of texts as readonly unknown[]) {
    if (typeof text !== "string") throw configError(option, text, allowed);
  }
  return texts as readonly string[];
}

/** @throws {TidingsError} CONFIG */
export function readCount(option: string, value: number, max: number): number {
  if (Number.isInteger(value) && value >= 0 && value <= max) return value;
  throw configError(option, value, `a whole number from 0 to ${max}`);
}

/** @throws {TidingsError} CONFIG */
export function readPort(option: string, value: number): number {
  if (Number.isInteger(value) && value >= 1 && value <= 0xffff) return value;
  throw configError(option, value, "a whole number from 1 to 65535");
}

/** An address of an interface, or of a hidden service. @throws {TidingsError} CONFIG */
export function readAddress(option: string, text: string, defaultPort: number): NetworkAddress {
  const parts = splitHostPort(text, defaultPort);
  const address = parts === undefined ? undefined : parseHost(parts.host, parts.port);
  if (address !== undefined) return address;
  throw configError(option, text, "an address such as \"192.0.2.1\" or \"[2001:db8::1]:8333\"");
}

/**
 * Where a node is, by address or by name. A name stays one: it is looked up when it is dialled.
 *
 * @throws {TidingsError} CONFIG
 */
export function readDestination(option: string, text: string, defaultPort: number): NetworkAddress {
  const destination = parseDestination(text, defaultPort);
  const name = destination?.name;
  const isGood = name === undefined || (isHostName(name) && isPublicName(name));
  if (destination !== undefined && isGood) return destination;
  throw configError(option, text, "\"host\" or \"host:port\", with an address or a name as host");
}
