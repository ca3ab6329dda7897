/**
 * Who may call: user names with salted password hashes, as `-rpcauth` has them.
 *
 * @module
 */
import { createHash, createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import type { Credentials } from "./run_files.ts";

export interface RpcUser {
  readonly name: string;
  readonly salt: string;
  /** HMAC-SHA-256 of the password with the salt's text as key, in hex. */
  readonly passwordHash: string;
}

/** One `-rpcauth` value, `USER:SALT$HASH`; `undefined` when it is not of that form. */
export function parseRpcAuth(text: string): RpcUser | undefined {
  const match = /^([^:]*):([^:$]*)\$([^:$]*)$/.exec(text);
  if (match === null) return undefined;
  const [, name = "", salt = "", passwordHash = ""] = match;
  return { name, salt, passwordHash };
}

/** A plain password as such an entry, so that it is compared like the others. */
export function hashedUser({ user, password }: Credentials): RpcUser {
  const salt = randomBytes(16).toString("hex");
  return { name: user, salt, passwordHash: hashPassword(salt, password) };
}

/** The user that an `Authorization` header proves to be; `undefined` when it proves nothing. */
export function authenticate(header: string, users: readonly RpcUser[]): string | undefined {
  const encoded = /^Basic +(\S+) *$/.exec(header)?.[1];
  if (encoded === undefined) return undefined;
  const decoded = Buffer.from(encoded, "base64").toString("utf8");
  const colon = decoded.indexOf(":");
  if (colon === -1) return undefined;
  const name = decoded.slice(0, colon);
  const password = decoded.slice(colon + 1);
  let found: string | undefined;
  // All are tried, so that the time taken does not tell which names exist.
  for (const user of users) {
    const isUser = isSame(user.name, name);
    const isPassword = isSame(user.passwordHash, hashPassword(user.salt, password));
    if (isUser && isPassword) found = user.name;
  }
  return found;
}

function hashPassword(salt: string, password: string): string {
  return createHmac("sha256", salt).update(password).digest("hex");
}

/** In a time that depends on neither text, but on their lengths. */
function isSame(a: string, b: string): boolean {
  return timingSafeEqual(digest(a), digest(b));
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
