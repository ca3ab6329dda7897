import { unreachable } from "../base/assert.ts";
import type { Without } from "../base/defences.ts";
import type { Logger } from "../base/logger.ts";
import { type Rng, u64 } from "../base/rng.ts";
import { sanitize } from "../base/safe_text.ts";
import type { NetworkAddress } from "../primitives/network_address.ts";
import type { Message } from "../wire/message.ts";
import type { Connection } from "./connection.ts";
import type { DisconnectReason } from "./disconnect_reason.ts";
import {
  describeEarly, type HandshakeEffect, type HandshakeStep, startHandshake,
  stepHandshake, stepMalformedFeature,
} from "./handshake.ts";
import { type Introduction, isAnonymous } from "./introduction.ts";
import { judgeMalformed } from "./malformed.ts";
import type { Peer } from "./peer.ts";
import type { Incoming } from "./read_messages.ts";

export interface HandshakerPorts {
  readonly rng: Rng;
  readonly logger: Logger;
  readonly outbox: {
    send(peer: Peer, message: Message): void;
    disconnect(peer: Peer, reason: DisconnectReason): void;
    misbehaving(peer: Peer, what: string): void;
  };
  /** What we say about ourselves, as of now. */
  introduction(): Introduction;
  /** Its `version` has come; it may be on its way out again for what it says. */
  met(connection: Connection): void;
  /** An address that we dialled turned out to be our own. */
  selfFound(address: NetworkAddress): void;
  readonly without?: Without;
}

/** What became of a message. */
export type Handling =
  /** It needs no one else. */
  | { readonly type: "done" }
  /** It completed the handshake: the protocols are to be told that the peer is ready. */
  | { readonly type: "ready" }
  /** It is for the protocols. */
  | { readonly type: "message"; readonly message: Message };

const DONE: Handling = { type: "done" };
const READY: Handling = { type: "ready" };

/**
 * Stands between what connections bring and the protocols: runs the handshakes, and deals with
 * what is unknown or cannot be read. What it lets through is a message of a peer that is ready.
 */
export class Handshaker {
  readonly #ports: HandshakerPorts;
  /** Nonces of our own `version` messages that are out, by which we notice that we dialled ourselves. */
  readonly #dialled = new Map<bigint, Connection>();

  constructor(ports: HandshakerPorts) {
    this.#ports = ports;
  }

  /** The socket is open. */
  opened(connection: Connection): void {
    this.#ports.logger.debug("net", () => `Added connection peer=${connection.id}`);
    const nonce = u64(this.#ports.rng);
    // Were it among them, who knows the nonce of a private connection could find us by it elsewhere.
    if (!connection.isInbound && !isAnonymous(connection)) this.#dialled.set(nonce, connection);
    this.#apply(connection, startHandshake(connection, this.#ports.introduction(), nonce));
  }

  closed(connection: Connection): void {
    this.#forgetNonce(connection);
    this.#ports.logger.debug("net", () => `Cleared nodestate for peer=${connection.id}`);
  }

  received(connection: Connection, incoming: Incoming): Handling {
    switch (incoming.type) {
      case "message":
        return this.#read(connection, incoming);
      case "unknown":
        return this.#ignore(connection, incoming.name, (name) => `Unknown message type "${name}" from`);
      case "unread":
        return this.#ignore(connection, incoming.name, (name) => `Ignoring incoming message '${name}',`);
      case "malformed":
        return this.#malformed(connection, incoming);
      case "failed":
        return this.#failed(connection, incoming);
      default:
        return unreachable(incoming);
    }
  }

  #read(connection: Connection, incoming: Incoming & { readonly type: "message" }): Handling {
    const { message } = incoming;
    const before = connection.handshake;
    const isOurNonce = (nonce: bigint): boolean => this.#isOurs(nonce);
    const step = stepHandshake(before, message, connection, this.#ports.introduction(), isOurNonce);
    if (step === undefined) return incoming;
    if (message.type === "version") connection.seenAs ??= message.value.receiver.address;
    this.#apply(connection, step);
    if (before.name === "awaiting-version" && connection.features.version > 0) this.#ports.met(connection);
    if (before.name === "complete" || step.state.name !== "complete") return DONE;
    this.#forgetNonce(connection);
    return READY;
  }

  #ignore(connection: Connection, name: string, describe: (name: string) => string): Handling {
    const { handshake } = connection;
    this.#ports.logger.debug("net", () => {
      if (handshake.name !== "complete") return describeEarly(name, connection, handshake);
      return `${describe(sanitize(name))} peer=${connection.id}`;
    });
    return DONE;
  }

  #malformed(connection: Connection, malformed: Incoming & { readonly type: "malformed" }): Handling {
    if (malformed.name === "feature") {
      this.#apply(connection, stepMalformedFeature(connection.handshake, connection));
      return DONE;
    }
    const { logger, outbox } = this.#ports;
    const verdict = judgeMalformed(malformed, connection);
    if (verdict.cost === "misbehaviour") {
      outbox.misbehaving(connection, verdict.what);
      return DONE;
    }
    logger.debug("net", () => verdict.text);
    if (verdict.cost === "disconnect") outbox.disconnect(connection, "malformed-message");
    return DONE;
  }

  /** One message must not be able to stop all nodes that have the same bug. */
  #failed(connection: Connection, { name, error }: Incoming & { readonly type: "failed" }): Handling {
    if (this.#ports.without?.has("decoder-isolation")) throw error;
    const what = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.#ports.logger.error(`Bug in reading ${name}, disconnecting peer=${connection.id}: ${what}`);
    this.#ports.outbox.disconnect(connection, "internal-error");
    return DONE;
  }

  /** Also tells the owner which of its addresses led here. */
  #isOurs(nonce: bigint): boolean {
    const dialled = this.#dialled.get(nonce);
    if (dialled === undefined) return false;
    this.#ports.selfFound(dialled.address);
    return true;
  }

  #forgetNonce(connection: Connection): void {
    if (connection.isInbound) return;
    for (const [nonce, dialled] of this.#dialled) if (dialled === connection) this.#dialled.delete(nonce);
  }

  #apply(connection: Connection, { state, effects }: HandshakeStep): void {
    connection.handshake = state;
    for (const effect of effects) this.#perform(connection, effect);
  }

  #perform(connection: Connection, effect: HandshakeEffect): void {
    const { logger, outbox } = this.#ports;
    switch (effect.type) {
      case "send":
        return outbox.send(connection, effect.message);
      case "features":
        connection.features = effect.features;
        return;
      case "log":
        return effect.level === "info" ? logger.info(effect.text) : logger.debug("net", () => effect.text);
      case "disconnect":
        return outbox.disconnect(connection, effect.reason);
      default:
        return unreachable(effect);
    }
  }
}
