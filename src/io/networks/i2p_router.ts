import { setTimeout as delay } from "node:timers/promises";
import type { Bytes } from "../../base/bytes.ts";
import type { Logger } from "../../base/logger.ts";
import type { ProxyPlace } from "../../connections/route.ts";
import { formatAddress } from "../../primitives/host_text.ts";
import type { NetworkAddress } from "../../primitives/network_address.ts";
import { errorText } from "../errno.ts";
import { SamError, SamSession, type SamStream } from "./sam_session.ts";

/** Each is some tunnels in the router; Bitcoin Core's MAX_UNUSED_I2P_SESSIONS_SIZE. */
const UNUSED_SESSIONS_MAX = 10;

/** Between attempts to listen: one step more each time. */
const LISTEN_WAIT_STEP_MS = 1_000;
const LISTEN_WAIT_MAX_MS = 5 * 60 * 1000;

export interface I2pSettings {
  readonly place: ProxyPlace;
  /** Whether peers may dial us, at an address that lasts; if not, each connection comes from another. */
  readonly accepts: boolean;
}

export interface I2pPorts {
  readonly logger: Logger;
  /** The key of our address. */
  loadKey(): Promise<Bytes | undefined>;
  saveKey(key: Bytes): Promise<void>;
}

/** Who hears of what comes in. */
export interface I2pListener {
  accepted(stream: SamStream): void;
  /** We are reached at this address from now on, or no longer. */
  reached(address: NetworkAddress, isReached: boolean): void;
}

/** What a node has of I2P: one session for all its peers, or one for each. */
export class I2pRouter {
  readonly #settings: I2pSettings;
  readonly #ports: I2pPorts;
  /** With the address that lasts. */
  readonly #lasting: SamSession | undefined;
  /** Made for connections that then failed. */
  readonly #unused: SamSession[] = [];
  /** All there are, to be closed in the end. */
  readonly #sessions = new Set<SamSession>();
  readonly #abort = new AbortController();

  constructor(settings: I2pSettings, ports: I2pPorts) {
    this.#settings = settings;
    this.#ports = ports;
    this.#lasting = settings.accepts ? this.#newSession({
      load: () => ports.loadKey(),
      save: (key) => ports.saveKey(key),
    }) : undefined;
  }

  /**
   * A stream to `to`; `isTransient`: from an address that nothing links to ours.
   *
   * @throws {SamError} @throws {ConnectError} @throws {TalkError}
   */
  async connect(to: NetworkAddress, isTransient: boolean, signal: AbortSignal): Promise<SamStream> {
    try {
      if (this.#lasting !== undefined && !isTransient) return await this.#lasting.connect(to, signal);
      return await this.#connectOnce(to, signal);
    } catch (error) {
      const what = error instanceof SamError && error.message.startsWith("connection refused") ? "," : ":";
      this.#ports.logger.debug("i2p", () =>
        `Error connecting to ${formatAddress(to)}${what} ${errorText(error)}`);
      throw error;
    }
  }

  /** Takes what comes in, until `close`. Nothing comes in where the settings say so. */
  async listen(listener: I2pListener): Promise<void> {
    const session = this.#lasting;
    if (session === undefined) return;
    let wait = 0;
    let reachedAt: NetworkAddress | undefined;
    while (!this.#abort.signal.aborted) {
      try {
        const stream = await session.accept((address) => {
          if (reachedAt === undefined) listener.reached(address, true);
          reachedAt = address;
        });
        wait = 0;
        listener.accepted(stream);
      } catch (error) {
        if (this.#abort.signal.aborted) return;
        this.#ports.logger.debug("i2p", () => `Couldn't listen: ${errorText(error)}`);
        if (reachedAt !== undefined) listener.reached(reachedAt, false);
        reachedAt = undefined;
        wait = Math.min(wait + LISTEN_WAIT_STEP_MS, LISTEN_WAIT_MAX_MS);
        await delay(wait, undefined, { signal: this.#abort.signal }).catch(() => {});
      }
    }
  }

  close(): void {
    this.#abort.abort();
    for (const session of this.#sessions) session.close();
  }

  async #connectOnce(to: NetworkAddress, signal: AbortSignal): Promise<SamStream> {
    const session = this.#unused.pop() ?? this.#newSession(undefined);
    try {
      const stream = await session.connect(to, signal);
      stream.socket.once("close", () => this.#drop(session));
      return stream;
    } catch (error) {
      // Nobody has seen its address: it will do for the next.
      const isKept = this.#unused.length < UNUSED_SESSIONS_MAX && !this.#abort.signal.aborted;
      if (isKept) this.#unused.push(session);
      else this.#drop(session);
      throw error;
    }
  }

  #drop(session: SamSession): void {
    this.#sessions.delete(session);
    session.close();
  }

  #newSession(keyFile: ConstructorParameters<typeof SamSession>[0]["keyFile"]): SamSession {
    const session = new SamSession({ place: this.#settings.place, logger: this.#ports.logger, keyFile });
    this.#sessions.add(session);
    return session;
  }
}
