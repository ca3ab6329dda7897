/**
 * Turns choices of whom to connect to into dials, and their outcomes into connections.
 *
 * @module
 */
import type { Instant } from "../base/time.ts";
import type { Logger } from "../base/logger.ts";
import type { ConnectionManager, DialWish } from "../connections/connection_manager.ts";
import type { Dial } from "../connections/dial.ts";
import type { Networks } from "../connections/networks.ts";
import { assert } from "../base/assert.ts";
import type { Connection } from "../peer/connection.ts";
import type { ConnectionType, Peer, PeerId } from "../peer/peer.ts";
import { formatAddress } from "../primitives/host_text.ts";
import { isNamed, type NetworkAddress } from "../primitives/network_address.ts";
import { type Answer, DONE, failed } from "./answer.ts";
import type { CommandResult } from "./command.ts";
import type { DialId, NodeEffect, NodeInput } from "./effect.ts";
import type { NodeEventBody } from "./event.ts";
import type { Peering } from "./peering.ts";

export interface DialingPorts {
  readonly logger: Logger;
  readonly peering: Peering;
  readonly manager: ConnectionManager;
  readonly networks: Pick<Networks, "asReached">;
  effect(effect: NodeEffect): void;
  event(body: NodeEventBody): void;
}

/** A dial that is out, and who waits for its outcome. */
interface Attempt {
  readonly dial: Dial;
  readonly done: (outcome: DialOutcome) => void;
}

/** What came of a dial. */
export type DialOutcome =
  | { readonly type: "open"; readonly peer: Peer }
  | { readonly type: "failed"; readonly reason: string };

const NOBODY_WAITS = (): void => {};

export class Dialing {
  readonly #ports: DialingPorts;
  /** Bounded by the limits on connections, and by the operator's patience. */
  readonly #attempts = new Map<DialId, Attempt>();
  /** Those that were to be encrypted, until they are closed. */
  readonly #encrypted = new WeakMap<Peer, Dial>();
  #nextDial = 0;

  constructor(ports: DialingPorts) {
    this.#ports = ports;
    ports.logger.info(`SetNetworkActive: ${ports.manager.isNetworkActive}`);
  }

  wakeAt(): Instant | undefined {
    return this.#ports.manager.wakeAt();
  }

  /** Dials whoever is due. */
  work(): void {
    for (const dial of this.#ports.manager.decide()) this.#start(dial, NOBODY_WAITS);
  }

  /** Dials once on the operator's behalf; answered when the socket is open, or could not be. */
  request(address: NetworkAddress, type: ConnectionType, wish: DialWish, answer: Answer): void {
    const { manager, logger } = this.#ports;
    const request = manager.request(address, type, wish);
    if (request.ok) return this.#start(request.dial, (outcome) => answer(dialResult(outcome)));
    switch (request.code) {
      case "too-many-connections":
        return answer(failed({ code: request.code, connection: type }));
      case "already-connected": {
        const where = formatAddress(address);
        logger.info(`Not opening a connection to ${where}, already connected to ${where}`);
        return answer(DONE);
      }
      case "network-inactive":
        return answer(DONE);
    }
  }

  /** The same on the node's own behalf. */
  attempt(
    address: NetworkAddress, type: ConnectionType, wish: DialWish, done: (peer: Peer | undefined) => void,
  ): void {
    const request = this.#ports.manager.request(address, type, wish);
    if (!request.ok) return done(undefined);
    this.#start(request.dial, (outcome) => done(outcome.type === "open" ? outcome.peer : undefined));
  }

  /** Dials it for its addresses; false when there is no place for that now. */
  fetchAddresses(address: NetworkAddress): boolean {
    const request = this.#ports.manager.request(address, "addr-fetch");
    if (request.ok) this.#start(request.dial, NOBODY_WAITS);
    return request.ok || request.code === "already-connected";
  }

  /** Switches the network on or off: off, nobody stays connected. */
  setNetworkActive(isActive: boolean): void {
    const { manager, peering, logger } = this.#ports;
    logger.info(`SetNetworkActive: ${isActive}`);
    if (manager.isNetworkActive === isActive) return;
    manager.isNetworkActive = isActive;
    if (isActive) return;
    for (const peer of peering.all()) {
      logger.debug("net", () => `Network not active, disconnecting peer=${peer.id}`);
      peering.disconnect(peer, "network-inactive");
    }
  }

  /** A socket is open: one that we dialled, or one that may have to be refused. */
  connected({ peer, dial, remote, local }: NodeInput & { readonly type: "connected" }): void {
    if (dial === undefined) return this.#admit(peer, this.#ports.networks.asReached(remote), local);
    const attempt = this.#take(dial);
    const { type, address, transport } = attempt.dial;
    // The address that was dialled, not what the system makes of it: that is what is looked up by. Of a
    // name, what it led to.
    const opening = { id: peer, type, remote: isNamed(address) ? remote : address, local, transport };
    const connection = this.#ports.peering.opened(opening);
    this.#ports.manager.opened(connection, attempt.dial);
    if (transport === "v2") this.#encrypted.set(connection, attempt.dial);
    // Dialled before the network was switched off.
    if (!this.#ports.manager.isNetworkActive) this.#ports.peering.disconnect(connection, "network-inactive");
    attempt.done({ type: "open", peer: connection });
  }

  failed({ dial: id, reason, isProxyFault }: NodeInput & { readonly type: "dial-failed" }): void {
    const { dial, done } = this.#take(id);
    this.#ports.logger.debug("net", () => `connect() to ${formatAddress(dial.address)} failed: ${reason}`);
    this.#ports.manager.failed(dial, isProxyFault);
    const where = { address: formatAddress(dial.address), connection: dial.type };
    this.#ports.event({ type: "peer:dial-failed", data: { ...where, reason } });
    done({ type: "failed", reason });
  }

  #start(dial: Dial, done: Attempt["done"]): void {
    const id = this.#nextDial++ as DialId;
    this.#attempts.set(id, { dial, done });
    const { address, type, transport, route } = dial;
    const data = { address: formatAddress(address), connection: type, transport };
    this.#ports.event({ type: "peer:dialing", data });
    this.#ports.effect({ type: "dial", dial: id, address, route });
  }

  #admit(id: PeerId, remote: NetworkAddress, local: NetworkAddress): void {
    const { manager, peering, effect, logger } = this.#ports;
    const opening = { id, type: "inbound", remote, local, transport: undefined } as const;
    const permissions = peering.permissionsOf(opening);
    const admission = manager.admit({ address: remote, permissions });
    if (admission.type === "refuse") {
      const { reason } = admission;
      const text = reason === "not accepting new connections" ? `: ${reason}` : ` (${reason})`;
      logger.debug("net", () => `connection from ${formatAddress(remote)} dropped${text}`);
      effect({ type: "close", peer: id, reason });
      return;
    }
    for (const evicted of admission.evict) this.#evict(evicted);
    logger.debug("net", () => `connection from ${formatAddress(remote)} accepted`);
    manager.opened(peering.opened(opening), undefined);
  }

  /** A handshake is complete: with it there may be one too many of its kind. */
  ready(peer: Peer): void {
    const evicted = this.#ports.manager.ready(peer);
    if (evicted !== undefined) this.#evict(evicted);
  }

  /** A connection is gone, and the manager knows. Who hung up on a key is dialled again, in the clear. */
  closed(connection: Connection): void {
    const { manager, logger } = this.#ports;
    const dial = this.#encrypted.get(connection);
    if (dial === undefined || !connection.mayOnlySpeakV1) return;
    const retry = manager.retryInClear(dial);
    if (retry === undefined) return;
    logger.debug("net", () => `retrying with v1 transport protocol for peer=${connection.id}`);
    this.#start(retry, NOBODY_WAITS);
  }

  #evict(id: PeerId): void {
    const evicted = this.#ports.peering.get(id);
    if (evicted !== undefined) this.#ports.peering.disconnect(evicted, "evicted");
  }

  #take(id: DialId): Attempt {
    const attempt = this.#attempts.get(id);
    assert(attempt !== undefined, `dial ${id} was asked for`);
    this.#attempts.delete(id);
    return attempt;
  }
}

function dialResult(outcome: DialOutcome): CommandResult {
  return outcome.type === "open" ? DONE : failed({ code: "dial-failed", reason: outcome.reason });
}
