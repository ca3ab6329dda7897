/**
 * Has a Tor on this machine make an onion service that leads to us, and learns its proxy.
 *
 * The service lives as long as the connection to the control port, which is made again when it is lost.
 *
 * Source: spec.torproject.org, control-spec; Bitcoin Core, torcontrol.cpp.
 *
 * @module
 */
import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { promises as fs } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import type { Logger } from "../../base/logger.ts";
import { sanitize } from "../../base/safe_text.ts";
import { formatPlace, type ProxyPlace } from "../../connections/route.ts";
import { formatAddress, parseHost, parseIp, splitHostPort } from "../../primitives/host_text.ts";
import type { NetworkAddress } from "../../primitives/network_address.ts";
import { errorText } from "../errno.ts";
import { openPlace } from "./open_place.ts";
import { SocketTalk } from "./socket_talk.ts";
import { parseReplyMapping, splitReplyLine, type TorReply, TorReplies } from "./tor_reply.ts";

export interface TorSettings {
  /** Its control port. */
  readonly place: ProxyPlace;
  /** `-torpassword`; empty for none. */
  readonly password: string;
  /** Where we listen for what comes over Tor: `127.0.0.1:8334`. */
  readonly target: string;
  /** Always the network's usual port: another would set us apart. */
  readonly servicePort: number;
  /** Whether its proxy is ours for onion services, since the operator named none. */
  readonly wantsProxy: boolean;
}

export interface TorPorts {
  readonly logger: Logger;
  /** The key of our onion service, as Tor writes it: `ED25519-V3:…`. */
  loadKey(): Promise<string | undefined>;
  saveKey(key: string): Promise<void>;
  /** We are reached at this address from now on, or no longer. */
  reached(address: NetworkAddress, isReached: boolean): void;
  proxyFound(place: ProxyPlace): void;
}

const OK = 250;
const UNRECOGNIZED = 510;
const SYNTAX_ERROR = 512;

/** Lines are as long as Tor likes; this is so that they cannot fill the memory. */
const LINE_BYTES_MAX = 100_000;
const COOKIE_BYTES = 32;
const NONCE_BYTES = 32;
const SERVER_KEY = "Tor safe cookie authentication server-to-controller hash";
const CLIENT_KEY = "Tor safe cookie authentication controller-to-server hash";
const DEFAULT_SOCKS_PORT = 9050;

/** Between attempts to connect, in milliseconds. */
const RETRY_WAIT = { first: 1_000, growth: 1.5, longest: 600_000 };

/** What Tor said is no use to us: it stays connected, and nothing more is asked. */
class Refusal extends Error {}

export class TorController {
  readonly #settings: TorSettings;
  readonly #ports: TorPorts;
  readonly #abort = new AbortController();
  #service: NetworkAddress | undefined;

  constructor(settings: TorSettings, ports: TorPorts) {
    this.#settings = settings;
    this.#ports = ports;
  }

  /** Until `close`. */
  async run(): Promise<void> {
    const { signal } = this.#abort;
    const { logger } = this.#ports;
    const place = formatPlace(this.#settings.place);
    let wait = RETRY_WAIT.first;
    while (!signal.aborted) {
      logger.debug("tor", () => `Attempting to connect to Tor control port ${place}`);
      const hasServed = await this.#connectOnce();
      this.#lost();
      if (signal.aborted) return;
      if (hasServed) wait = RETRY_WAIT.first;
      logger.debug("tor", () => `Not connected to Tor control port ${place}, will retry in ${wait} ms`);
      await delay(wait, undefined, { signal }).catch(() => {});
      wait = Math.min(wait * RETRY_WAIT.growth, RETRY_WAIT.longest);
    }
  }

  /** Tor takes the service down. */
  close(): void {
    this.#abort.abort();
  }

  /** Returns when the connection is gone: whether there was one that did what it was for. */
  async #connectOnce(): Promise<boolean> {
    const { signal } = this.#abort;
    const { logger } = this.#ports;
    let talk: SocketTalk;
    try {
      talk = new SocketTalk(await openPlace(this.#settings.place, signal));
    } catch (error) {
      logger.debug("tor", () => `Error connecting to Tor control port: ${errorText(error)}`);
      return false;
    }
    const destroy = (): void => void talk.socket.destroy();
    signal.addEventListener("abort", destroy);
    const control = new Control(talk, logger);
    try {
      await this.#serve(control);
    } catch (error) {
      if (!signal.aborted) logger.warning(`tor: ${errorText(error)}`);
    } finally {
      signal.removeEventListener("abort", destroy);
      destroy();
    }
    return this.#service !== undefined;
  }

  async #serve(control: Control): Promise<void> {
    try {
      await this.#authenticate(control);
      if (this.#settings.wantsProxy) await this.#findProxy(control);
      await this.#addService(control);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      this.#ports.logger.warning(`tor: ${error.message}`);
    }
    await control.ignoreAll();
  }

  async #authenticate(control: Control): Promise<void> {
    const { logger } = this.#ports;
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
    const proof = await this.#proof(control, methods, fields.get("COOKIEFILE"));
    const reply = await control.ask(`AUTHENTICATE${proof}`);
    if (reply.code !== OK) throw new Refusal("Authentication failed");
    logger.debug("tor", () => "Authentication successful");
  }

  /** What follows `AUTHENTICATE`. A password that was given is used, and nothing else. */
  async #proof(control: Control, methods: readonly string[], cookieFile = ""): Promise<string> {
    const { logger } = this.#ports;
    const { password } = this.#settings;
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

  async #findProxy(control: Control): Promise<void> {
    const { logger, proxyFound } = this.#ports;
    const reply = await control.ask("GETINFO net/listeners/socks");
    if (reply.code !== OK) logger.warning(`tor: Get SOCKS port command failed; error code ${reply.code}`);
    const place = reply.code === OK ? socksPlace(reply.lines) : undefined;
    const found = place ?? { type: "tcp", host: "127.0.0.1", port: DEFAULT_SOCKS_PORT };
    logger.debug("tor", () => `Configuring onion proxy for ${formatPlace(found)}`);
    proxyFound(found);
  }

  async #addService(control: Control): Promise<void> {
    const { logger, loadKey, saveKey, reached } = this.#ports;
    const { servicePort, target } = this.#settings;
    const kept = await loadKey();
    const command = (options: string): string =>
      `ADD_ONION ${kept ?? "NEW:ED25519-V3"}${options} Port=${servicePort},${target}`;
    // Older ones do not know the proof of work that keeps floods away from a service.
    let reply = await control.ask(command(" PoWDefensesEnabled=1"));
    const hasDefences = reply.code !== SYNTAX_ERROR;
    if (!hasDefences) reply = await control.ask(command(""));
    if (reply.code === UNRECOGNIZED) {
      throw new Refusal("Add onion failed with unrecognized command (You probably need to upgrade Tor)");
    }
    if (reply.code !== OK) throw new Refusal(`Add onion failed; error code ${reply.code}`);
    logger.debug("tor", () =>
      `ADD_ONION successful (PoW defenses ${hasDefences ? "enabled" : "disabled"})`);
    const fields = new Map(reply.lines.flatMap((line) => [...parseReplyMapping(line)]));
    const id = fields.get("ServiceID");
    const address = id === undefined ? undefined : parseHost(`${id}.onion`, servicePort);
    if (id === undefined || address === undefined) {
      throw new Refusal(`Error parsing ADD_ONION parameters: ${sanitize(reply.lines.join(" "))}`);
    }
    logger.info(`Got tor service ID ${id}, advertising service ${formatAddress(address)}`);
    const made = fields.get("PrivateKey");
    if (made !== undefined && made !== kept) await saveKey(made);
    this.#service = address;
    reached(address, true);
  }

  #lost(): void {
    if (this.#service !== undefined) this.#ports.reached(this.#service, false);
    this.#service = undefined;
  }
}

/** Commands, each with its reply: they come in the order of the commands. */
class Control {
  readonly #talk: SocketTalk;
  readonly #logger: Logger;
  readonly #replies = new TorReplies();

  constructor(talk: SocketTalk, logger: Logger) {
    this.#talk = talk;
    this.#logger = logger;
  }

  async ask(command: string): Promise<TorReply> {
    this.#talk.write(`${command}\r\n`);
    for (;;) {
      const reply = await this.#next();
      // Events, of which we ask for none.
      if (reply.code < 600) return reply;
      this.#logger.debug("tor", () => `Received async notification ${reply.code}`);
    }
  }

  /** Until the connection is gone. */
  async ignoreAll(): Promise<never> {
    for (;;) {
      const { code } = await this.#next();
      this.#logger.debug("tor", () => `Received unexpected sync reply ${code}`);
    }
  }

  async #next(): Promise<TorReply> {
    for (;;) {
      const line = await this.#talk.line(LINE_BYTES_MAX, Number.POSITIVE_INFINITY);
      const reply = this.#replies.take(line);
      if (reply !== undefined) return reply;
    }
  }
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

/**
 * Of `net/listeners/socks="127.0.0.1:9050" "unix:/run/tor/socks"`: one on loopback if there is one,
 * else the last.
 */
export function socksPlace(lines: readonly string[]): ProxyPlace | undefined {
  const PREFIX = "net/listeners/socks=";
  const texts = lines.filter((line) => line.startsWith(PREFIX))
    .flatMap((line) => line.slice(PREFIX.length).split(" "))
    .map((text) => text.replace(/^(["'])(.*)\1$/, "$2"))
    .filter((text) => text !== "");
  const places = texts.flatMap((text): ProxyPlace[] => {
    if (text.startsWith("unix:")) return [{ type: "unix", path: text.slice("unix:".length) }];
    const parts = splitHostPort(text, DEFAULT_SOCKS_PORT);
    return parts === undefined || parseIp(parts.host) === undefined ? [] : [{ type: "tcp", ...parts }];
  });
  return places.find((place) => place.type === "tcp" && place.host === "127.0.0.1") ?? places.at(-1);
}
