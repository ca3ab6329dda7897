/**
 * One session with an I2P router, by its SAM 3.1 bridge.
 *
 * The session lives as long as the socket on which it was made; each stream has a socket of its own,
 * which at first speaks with the bridge and then with the peer.
 *
 * Source: geti2p.net, SAM v3; Bitcoin Core, i2p.cpp.
 *
 * @module
 */
import { randomBytes } from "node:crypto";
import type * as net from "node:net";
import type { Bytes } from "../../base/bytes.ts";
import type { Logger } from "../../base/logger.ts";
import { formatPlace, type ProxyPlace } from "../../connections/route.ts";
import { formatAddress, formatHost } from "../../primitives/host_text.ts";
import type { NetworkAddress } from "../../primitives/network_address.ts";
import {
  destinationAddress, destinationOfKey, fromI2pBase64, I2P_PORT, toI2pBase64,
} from "./i2p_address.ts";
import { openPlace } from "./open_place.ts";
import { SocketTalk } from "./socket_talk.ts";

/** The bridge, or the router behind it, would not. `isRouterFault`: nothing is known of the target. */
export class SamError extends Error {
  override readonly name = "SamError";
  readonly isRouterFault: boolean;

  constructor(message: string, isRouterFault = true) {
    super(message);
    this.isRouterFault = isRouterFault;
  }
}

/** Routers ask the network before they answer. */
const ANSWER_TIMEOUT_MS = 3 * 60 * 1000;
/** Bitcoin Core's MAX_MSG_SIZE; a destination takes about 520 bytes. */
const LINE_BYTES_MAX = 65_536;
/** As a number, since old routers know no names of it: EdDSA_SHA512_Ed25519. */
const SIGNATURE_TYPE = 7;
/** Long enough not to be taken on one router. */
const SESSION_ID_BYTES = 5;

export interface SamPorts {
  readonly place: ProxyPlace;
  readonly logger: Logger;
  /** Where the key of a lasting address is kept; `undefined` has the router make one for this session. */
  readonly keyFile: { load(): Promise<Bytes | undefined>; save(key: Bytes): Promise<void> } | undefined;
}

/** A stream to or from a peer. */
export interface SamStream {
  readonly socket: net.Socket;
  readonly local: NetworkAddress;
  readonly remote: NetworkAddress;
}

interface OpenSession {
  readonly id: string;
  readonly address: NetworkAddress;
  readonly control: net.Socket;
}

type Reply = ReadonlyMap<string, string>;

export class SamSession {
  readonly #ports: SamPorts;
  /** Of all sockets that talk to the bridge. */
  readonly #abort = new AbortController();
  #open: OpenSession | undefined;
  #opening: Promise<OpenSession> | undefined;

  constructor(ports: SamPorts) {
    this.#ports = ports;
  }

  /**
   * A stream to `to`.
   *
   * @throws {SamError} @throws {ConnectError} @throws {TalkError}
   */
  async connect(to: NetworkAddress, givenUp: AbortSignal): Promise<SamStream> {
    if (to.port !== I2P_PORT) {
      throw new SamError(`connection refused due to arbitrary port ${to.port}`, false);
    }
    const signal = AbortSignal.any([givenUp, this.#abort.signal]);
    const { id, address } = await this.#session();
    const talk = await this.#hello(signal);
    const release = talk.endOn(signal);
    try {
      const found = await ask(talk, `NAMING LOOKUP NAME=${formatHost(to)}`);
      requireOk(found, "NAMING LOOKUP");
      const destination = required(found, "VALUE", "NAMING LOOKUP");
      const reply = await ask(talk, `STREAM CONNECT ID=${id} DESTINATION=${destination} SILENT=false`);
      this.#requireStream(reply);
      return { socket: talk.release(), local: address, remote: to };
    } catch (error) {
      talk.socket.destroy();
      throw error;
    } finally {
      release();
    }
  }

  /**
   * Waits for a peer to dial our address. `listening` is called once the router takes calls for it.
   *
   * @throws {SamError} @throws {ConnectError} @throws {TalkError}
   */
  async accept(listening: (address: NetworkAddress) => void): Promise<SamStream> {
    const { id, address } = await this.#session();
    const talk = await this.#hello(this.#abort.signal);
    const release = talk.endOn(this.#abort.signal);
    try {
      this.#requireStream(await ask(talk, `STREAM ACCEPT ID=${id} SILENT=false`));
      listening(address);
      const line = await talk.line(LINE_BYTES_MAX, Number.POSITIVE_INFINITY);
      // The destination stands first; newer routers tell ports after it.
      const destination = fromI2pBase64(line.split(" ", 1)[0] as string);
      if (destination === undefined || destination.length === 0) {
        // A router may say in its place that the session is gone, though its socket is open.
        if (line.includes("RESULT=I2P_ERROR")) this.#drop();
        throw new SamError(`unexpected reply to STREAM ACCEPT: ${line.slice(0, 100)}`);
      }
      return { socket: talk.release(), local: address, remote: destinationAddress(destination) };
    } catch (error) {
      talk.socket.destroy();
      throw error;
    } finally {
      release();
    }
  }

  /** The router forgets the session, and its streams end. */
  close(): void {
    this.#abort.abort();
    this.#drop();
  }

  /** One is made at the first need, and again after it was lost; all who ask meanwhile wait for it. */
  #session(): Promise<OpenSession> {
    if (this.#open !== undefined) return Promise.resolve(this.#open);
    this.#opening ??= this.#create().finally(() => {
      this.#opening = undefined;
    });
    return this.#opening;
  }

  async #create(): Promise<OpenSession> {
    const { place, logger, keyFile } = this.#ports;
    const kind = keyFile === undefined ? "transient" : "persistent";
    const id = randomBytes(SESSION_ID_BYTES).toString("hex");
    logger.debug("i2p", () => `Creating ${kind} I2P SAM session ${id} with ${formatPlace(place)}`);
    const talk = await this.#hello(this.#abort.signal);
    const release = talk.endOn(this.#abort.signal);
    try {
      const key = keyFile === undefined
        ? await createTransient(talk, id)
        : await createLasting(talk, id, keyFile);
      const destination = destinationOfKey(key);
      if (destination === undefined) throw new SamError(`the private key is too short (${key.length} bytes)`);
      const address = destinationAddress(destination);
      const open = { id, address, control: talk.socket };
      this.#open = open;
      void this.#watch(open, talk);
      const name = kind.charAt(0).toUpperCase() + kind.slice(1);
      logger.info(`${name} I2P SAM session ${id} created, my address=${formatAddress(address)}`);
      return open;
    } catch (error) {
      talk.socket.destroy();
      throw error;
    } finally {
      release();
    }
  }

  /** The session ends with its socket. */
  async #watch(open: OpenSession, talk: SocketTalk): Promise<void> {
    await talk.closed();
    if (this.#open === open) this.#drop();
  }

  #drop(): void {
    const open = this.#open;
    if (open === undefined) return;
    this.#open = undefined;
    open.control.destroy();
    this.#ports.logger.info(`Destroying I2P SAM session ${open.id}`);
  }

  async #hello(signal: AbortSignal): Promise<SocketTalk> {
    const { place } = this.#ports;
    const socket = await openPlace(place, signal).catch(() => {
      throw new SamError(`Cannot connect to ${formatPlace(place)}`);
    });
    const talk = new SocketTalk(socket);
    const release = talk.endOn(signal);
    try {
      requireOk(await ask(talk, "HELLO VERSION MIN=3.1 MAX=3.1"), "HELLO VERSION");
      return talk;
    } catch (error) {
      socket.destroy();
      throw error;
    } finally {
      release();
    }
  }

  #requireStream(reply: Reply): void {
    const result = required(reply, "RESULT", "STREAM");
    if (result === "OK") return;
    // The router does not know our session: the next attempt makes another.
    if (result === "INVALID_ID") this.#drop();
    throw new SamError(`"${[...reply].map(([key, value]) => `${key}=${value}`).join(" ")}"`,
      result !== "CANT_REACH_PEER" && result !== "TIMEOUT");
  }
}

/** The router makes a key, and forgets it with the session. */
async function createTransient(talk: SocketTalk, id: string): Promise<Bytes> {
  const reply = await ask(talk,
    `SESSION CREATE STYLE=STREAM ID=${id} DESTINATION=TRANSIENT SIGNATURE_TYPE=${SIGNATURE_TYPE} ` +
    "i2cp.leaseSetEncType=4,0 inbound.quantity=1 outbound.quantity=1");
  requireOk(reply, "SESSION CREATE");
  return decodeKey(required(reply, "DESTINATION", "SESSION CREATE"));
}

async function createLasting(
  talk: SocketTalk, id: string, keyFile: NonNullable<SamPorts["keyFile"]>,
): Promise<Bytes> {
  let key = await keyFile.load();
  if (key === undefined) {
    const made = await ask(talk, `DEST GENERATE SIGNATURE_TYPE=${SIGNATURE_TYPE}`);
    key = decodeKey(required(made, "PRIV", "DEST GENERATE"));
    await keyFile.save(key);
  }
  // Three tunnels, since all our peers of this network come and go through them.
  requireOk(await ask(talk,
    `SESSION CREATE STYLE=STREAM ID=${id} DESTINATION=${toI2pBase64(key)} ` +
    "i2cp.leaseSetEncType=4,0 inbound.quantity=3 outbound.quantity=3"), "SESSION CREATE");
  return key;
}

function decodeKey(text: string): Bytes {
  const key = fromI2pBase64(text);
  if (key === undefined) throw new SamError("the router's key is not base64");
  return key;
}

async function ask(talk: SocketTalk, request: string): Promise<Reply> {
  talk.write(`${request}\n`);
  const line = await talk.line(LINE_BYTES_MAX, ANSWER_TIMEOUT_MS);
  return new Map(line.trimEnd().split(" ").map((part): [string, string] => {
    const at = part.indexOf("=");
    return at < 0 ? [part, ""] : [part.slice(0, at), part.slice(at + 1)];
  }));
}

/** `request` never shows a private key: those who call say only which it was. */
function required(reply: Reply, key: string, request: string): string {
  const value = reply.get(key);
  if (value === undefined) throw new SamError(`Missing ${key}= in the reply to "${request}"`);
  return value;
}

function requireOk(reply: Reply, request: string): void {
  const result = required(reply, "RESULT", request);
  if (result === "OK") return;
  const isUnknown = request === "NAMING LOOKUP";
  throw new SamError(`Reply to "${request}": RESULT=${result}`, !isUnknown);
}
