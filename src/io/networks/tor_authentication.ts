/**
 * Being let in by Tor's control port.
 *
 * Source: spec.torproject.org, control-spec 3.5 and 3.24; Bitcoin Core, torcontrol.cpp.
 *
 * @module
 */
import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { promises as fs } from "node:fs";
import type { Logger } from "../../base/logger.ts";
import { sanitize } from "../../base/safe_text.ts";
import { type Control, OK, Refusal } from "./tor_control.ts";
import { parseReplyMapping, splitReplyLine } from "./tor_reply.ts";

const COOKIE_BYTES = 32;
const NONCE_BYTES = 32;
const SERVER_KEY = "Tor safe cookie authentication server-to-controller hash";
const CLIENT_KEY = "Tor safe cookie authentication controller-to-server hash";

interface Means {
  /** That Tor takes. */
  readonly methods: readonly string[];
  readonly cookieFile: string;
  /** Empty for none. */
  readonly password: string;
}

/**
 * Shows Tor that we may ask for things, by what it takes and we have.
 *
 * @throws {Refusal} when it takes nothing that we have
 */
export async function authenticate(control: Control, password: string, logger: Logger): Promise<void> {
  const info = await control.ask("PROTOCOLINFO 1");
  if (info.code !== OK) throw new Refusal("Requesting protocol info failed");
  const fields = new Map<string, string>();
  for (const line of info.lines) {
    const [type, rest] = splitReplyLine(line);
    if (type !== "AUTH" && type !== "VERSION") continue;
    for (const [key, value] of parseReplyMapping(rest)) fields.set(key, value);
  }
  logger.debug("tor", () => `Connected to Tor version ${sanitize(fields.get("Tor") ?? "")}`);
  const methods = (fields.get("METHODS") ?? "").split(",");
  const cookieFile = fields.get("COOKIEFILE") ?? "";
  const proof = await makeProof(control, { methods, cookieFile, password }, logger);
  const reply = await control.ask(`AUTHENTICATE${proof}`);
  if (reply.code !== OK) throw new Refusal("Authentication failed");
  logger.debug("tor", () => "Authentication successful");
}

/** What follows `AUTHENTICATE`. A password that was given is used, and nothing else. */
async function makeProof(control: Control, means: Means, logger: Logger): Promise<string> {
  const { methods, cookieFile, password } = means;
  if (password !== "") {
    if (!methods.includes("HASHEDPASSWORD")) {
      throw new Refusal(
        "Password provided with -torpassword, but HASHEDPASSWORD authentication is not available");
    }
    logger.debug("tor", () => "Using HASHEDPASSWORD authentication");
    return ` "${password.replaceAll(/["\\]/g, "\\$&")}"`;
  }
  if (methods.includes("NULL")) {
    logger.debug("tor", () => "Using NULL authentication");
    return "";
  }
  if (methods.includes("SAFECOOKIE")) {
    logger.debug("tor", () =>
      `Using SAFECOOKIE authentication, reading cookie authentication from ${sanitize(cookieFile)}`);
    return ` ${(await answerChallenge(control, await readCookie(cookieFile))).toString("hex")}`;
  }
  throw new Refusal(methods.includes("HASHEDPASSWORD")
    ? "The only supported authentication mechanism left is password, but no password provided with " +
      "-torpassword"
    : "No supported authentication method");
}

async function readCookie(file: string): Promise<Buffer> {
  let cookie: Buffer;
  try {
    const handle = await fs.open(file, "r");
    try {
      // One more would show that it is too long, whatever the file is.
      cookie = Buffer.alloc(COOKIE_BYTES + 1);
      const { bytesRead } = await handle.read(cookie, 0, cookie.length, 0);
      cookie = cookie.subarray(0, bytesRead);
    } finally {
      await handle.close();
    }
  } catch {
    throw new Refusal(`Authentication cookie ${sanitize(file)} could not be opened (check permissions)`);
  }
  if (cookie.length === COOKIE_BYTES) return cookie;
  throw new Refusal(`Authentication cookie ${sanitize(file)} is not exactly ${COOKIE_BYTES} bytes, as is ` +
    "required by the spec");
}

/** Both sides show that they know the cookie, and neither sends it (control-spec 3.24). */
async function answerChallenge(control: Control, cookie: Buffer): Promise<Buffer> {
  const nonce = randomBytes(NONCE_BYTES);
  const reply = await control.ask(`AUTHCHALLENGE SAFECOOKIE ${nonce.toString("hex")}`);
  if (reply.code !== OK) throw new Refusal("SAFECOOKIE authentication challenge failed");
  const [type, rest] = splitReplyLine(reply.lines[0] ?? "");
  const fields = parseReplyMapping(rest);
  if (type !== "AUTHCHALLENGE" || fields.size === 0) throw new Refusal("Invalid reply to AUTHCHALLENGE");
  const serverHash = Buffer.from(fields.get("SERVERHASH") ?? "", "hex");
  const serverNonce = Buffer.from(fields.get("SERVERNONCE") ?? "", "hex");
  if (serverNonce.length !== NONCE_BYTES) {
    throw new Refusal("ServerNonce is not 32 bytes, as required by spec");
  }
  const mac = (key: string): Buffer =>
    createHmac("sha256", key).update(cookie).update(nonce).update(serverNonce).digest();
  const expected = mac(SERVER_KEY);
  if (serverHash.length !== expected.length || !timingSafeEqual(serverHash, expected)) {
    throw new Refusal("ServerHash does not match the expected one: who answers does not know the cookie");
  }
  return mac(CLIENT_KEY);
}
