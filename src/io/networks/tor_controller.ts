/**
 * Has a Tor on this machine make an onion service that leads to us, and learns its proxy.
 *
 * The service lives as long as the connection to the control port, which is made again when it is lost.
 *
 * Source: spec.torproject.org, control-spec; Bitcoin Core, torcontrol.cpp.
 *
 * @module
 */
import { setTimeout as delay } from "node:timers/promises";
import type { Logger } from "../../base/logger.ts";
import { sanitize } from "../../base/safe_text.ts";
import { formatPlace, type ProxyPlace } from "../../connections/route.ts";
import { formatAddress, parseHost, parseIp, splitHostPort } from "../../primitives/host_text.ts";
import type { NetworkAddress } from "../../primitives/network_address.ts";
import { errorText } from "../errno.ts";
import { openPlace } from "./open_place.ts";
import { SocketTalk } from "./socket_talk.ts";
import { authenticate } from "./tor_authentication.ts";
import { Control, OK, Refusal } from "./tor_control.ts";
import { parseReplyMapping } from "./tor_reply.ts";

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

const UNRECOGNIZED = 510;
const SYNTAX_ERROR = 512;

const DEFAULT_SOCKS_PORT = 9050;

/** Between attempts to connect. */
const RETRY_WAIT_MS = { first: 1_000, growth: 1.5, longest: 600_000 };

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
    let wait = RETRY_WAIT_MS.first;
    while (!signal.aborted) {
      logger.debug("tor", () => `Attempting to connect to Tor control port ${place}`);
      const hasServed = await this.#connectOnce();
      this.#lost();
      if (signal.aborted) return;
      if (hasServed) wait = RETRY_WAIT_MS.first;
      logger.debug("tor", () => `Not connected to Tor control port ${place}, will retry in ${wait} ms`);
      await delay(wait, undefined, { signal }).catch(() => {});
      wait = Math.min(wait * RETRY_WAIT_MS.growth, RETRY_WAIT_MS.longest);
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
    const release = talk.endOn(signal);
    const control = new Control(talk, logger);
    try {
      await this.#serve(control);
    } catch (error) {
      if (!signal.aborted) logger.warning(`tor: ${errorText(error)}`);
    } finally {
      release();
      talk.socket.destroy();
    }
    return this.#service !== undefined;
  }

  async #serve(control: Control): Promise<void> {
    try {
      await authenticate(control, this.#settings.password, this.#ports.logger);
      if (this.#settings.wantsProxy) await this.#findProxy(control);
      await this.#addService(control);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      this.#ports.logger.warning(`tor: ${error.message}`);
    }
    await control.ignoreAll();
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
