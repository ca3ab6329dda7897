import { assert } from "../../src/base/assert.ts";
import { type Bytes, fromHex } from "../../src/base/bytes.ts";
import type { Logger } from "../../src/base/logger.ts";
import { seededRng } from "../../src/base/rng.ts";
import { type Duration, seconds, type UnixSeconds } from "../../src/base/time.ts";
import { Connection, DEFAULT_QUEUE_LIMITS } from "../../src/peer/connection.ts";
import { Handshaker } from "../../src/peer/handshaker.ts";
import { InactivityWatch } from "../../src/peer/inactivity.ts";
import type { Introduction } from "../../src/peer/introduction.ts";
import { punish } from "../../src/peer/misbehaviour.ts";
import type { ConnectionType, Peer, PeerId, Permission } from "../../src/peer/peer.ts";
import { formatAddress, parseAddress } from "../../src/primitives/host_text.ts";
import type { NetworkAddress } from "../../src/primitives/network_address.ts";
import { V1Transport } from "../../src/transport/v1_transport.ts";
import { VirtualClock } from "../../src/sim/virtual_clock.ts";
import { encodeMessage, type Message } from "../../src/wire/message.ts";
import type { Version } from "../../src/wire/messages/version.ts";
import { NODE_NETWORK, NODE_WITNESS } from "../../src/wire/services.ts";

export const MAGIC = fromHex("fabfb5da");
export const START = 1_700_000_000 as UnixSeconds;

/** Without a port, it is 0. */
export function address(text: string): NetworkAddress {
  const parsed = parseAddress(text, 0);
  assert(parsed !== undefined, `${text} is an address`);
  return parsed;
}

/** A `version` as a plain node of today would send it, but for `changes`. */
export function versionOf(changes: Partial<Version> = {}): Version {
  const unspecified = { services: 0n, address: address("::") };
  return {
    version: 70_017,
    services: NODE_NETWORK | NODE_WITNESS,
    time: BigInt(START),
    receiver: unspecified,
    sender: unspecified,
    nonce: 1234n,
    userAgent: "/peer:1.0/",
    startHeight: 7,
    relay: true,
    ...changes,
  };
}

/**
 * The peer floor with nothing above it: connections, handshakes and timeouts, and an account of
 * all that happened. What is sent to a peer is decoded by a transport of its own.
 */
export class PeerBench {
  readonly clock = new VirtualClock(START);
  readonly happened: string[] = [];
  readonly connections: Connection[] = [];
  readonly self: { -readonly [K in keyof Introduction]: Introduction[K] } = {
    services: NODE_NETWORK | NODE_WITNESS,
    userAgent: "/tidings:0/",
    height: 201,
    blocksOnly: false,
    isTipRecent: true,
    time: START,
  };
  /** Of connections that are opened from now on. */
  queueLimits = DEFAULT_QUEUE_LIMITS;
  readonly handshaker: Handshaker;
  readonly watch: InactivityWatch;
  readonly #theirs = new V1Transport(MAGIC);

  constructor(peerTimeout: Duration = seconds(60)) {
    const note = (text: string): void => void this.happened.push(text);
    const logger: Logger = {
      info: (text) => note(`info: ${text}`),
      warning: (text) => note(`warning: ${text}`),
      error: (text) => note(`error: ${text}`),
      // The messages themselves are noted as they go out and come through.
      debug: (_, text) => void (/^(received:|sending) /.test(text()) || note(`log: ${text()}`)),
      trace: () => {},
    };
    const outbox = {
      send: (peer: Peer, message: Message) => this.#deliver(this.at(peer.id), message),
      disconnect: (peer: Peer, reason: string) => this.#close(this.at(peer.id), reason),
      misbehaving: (peer: Peer, what: string) => {
        if (punish(peer, what, logger) !== "keep") this.#close(this.at(peer.id), "misbehaviour");
      },
    };
    this.#logger = logger;
    this.watch = new InactivityWatch({ clock: this.clock, logger }, peerTimeout);
    this.handshaker = new Handshaker({
      rng: seededRng(1),
      logger,
      outbox,
      introduction: () => ({ ...this.self, time: this.clock.unixTime() }),
      met: () => {},
      selfFound: (own) => note(`self is ${formatAddress(own)}`),
    });
  }

  readonly #logger: Logger;

  at(id: number): Connection {
    const connection = this.connections[id];
    assert(connection !== undefined, `peer ${id} was opened`);
    return connection;
  }

  open(type: ConnectionType, permissions: readonly Permission[] = [], remote = "127.0.0.1:5000"): Connection {
    const opening = {
      id: this.connections.length as PeerId,
      type,
      address: address(remote),
      local: address("127.0.0.1:8333"),
      permissions: new Set(permissions),
    };
    const ports = { clock: this.clock, logger: this.#logger, queueLimits: this.queueLimits };
    const connection = new Connection(opening, new V1Transport(MAGIC), ports);
    this.connections.push(connection);
    this.watch.opened(connection);
    this.handshaker.opened(connection);
    return connection;
  }

  /** One that has completed its handshake. */
  ready(type: ConnectionType = "inbound", permissions: readonly Permission[] = []): Connection {
    const connection = this.open(type, permissions);
    this.from(connection, { type: "version", value: versionOf() });
    this.from(connection, { type: "verack", value: null });
    assert(connection.isReady, "the handshake is complete");
    connection.flushed();
    this.happened.length = 0;
    return connection;
  }

  from(connection: Connection, message: Message): void {
    this.raw(connection, message.type, encodeMessage(message));
  }

  raw(connection: Connection, type: string, payload: Bytes): void {
    this.bytes(connection, this.#theirs.send({ type, payload }));
  }

  bytes(connection: Connection, bytes: Bytes): void {
    const reason = connection.receive(bytes);
    if (reason !== undefined) this.#close(connection, reason);
    this.work(connection);
  }

  /** Takes the connection's messages until there are none. */
  work(connection: Connection): void {
    for (let next = connection.nextMessage(); next !== undefined; next = connection.nextMessage()) {
      const handling = this.handshaker.received(connection, next);
      const { id } = connection;
      if (handling.type === "ready") this.happened.push(`${id} ready`);
      else if (handling.type === "message") this.happened.push(`${id} -> ${handling.message.type}`);
    }
  }

  advance(length: Duration): void {
    this.clock.advance(length);
    for (const { connection, reason } of this.watch.expired()) this.#close(connection, reason);
  }

  #deliver(connection: Connection, message: Message): void {
    connection.send(message);
    this.happened.push(`${connection.id} <- ${describe(message)}`);
  }

  #close(connection: Connection, reason: string): void {
    if (connection.isClosing) return;
    connection.close();
    this.watch.closed(connection);
    this.handshaker.closed(connection);
    this.happened.push(`${connection.id} disconnect ${reason}`);
  }
}

/** A message in one line, with what tests look at. */
export function describe(message: Message): string {
  switch (message.type) {
    case "version": {
      const { version, services, startHeight, relay, userAgent, receiver, sender } = message.value;
      const ends = `to ${formatAddress(receiver.address)} from ${formatAddress(sender.address)}`;
      const facts = `services=${services} height=${startHeight} relay=${Number(relay)}`;
      return `version ${version} ${facts} ${userAgent} ${ends}`;
    }
    case "sendcmpct":
      return `sendcmpct announce=${Number(message.value.announce)} version=${message.value.version}`;
    case "ping":
    case "pong":
      return `${message.type} ${message.value.nonce}`;
    case "feefilter":
      return `feefilter ${message.value.feeRate}`;
    default:
      return message.type;
  }
}

