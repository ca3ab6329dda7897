/**
 * Turns choices of whom to connect to into dials, and their outcomes into connections.
 *
 * @module
 */
import type { Instant } from "../base/time.ts";
import type { Logger } from "../base/logger.ts";
import type { ConnectionManager, Dial } from "../connections/connection_manager.ts";
import { assert } from "../base/assert.ts";
import type { ConnectionType, PeerId } from "../peer/peer.ts";
import { formatAddress } from "../primitives/host_text.ts";
import type { NetworkAddress } from "../primitives/network_address.ts";
import { type Answer, DONE, failed } from "./answer.ts";
import type { DialId, NodeEffect, NodeInput } from "./effect.ts";
import type { Peering } from "./peering.ts";

export interface DialingPorts {
  readonly logger: Logger;
  readonly peering: Peering;
  readonly manager: ConnectionManager;
  effect(effect: NodeEffect): void;
}

/** A dial that is out, and who waits for its outcome. */
interface Attempt {
  readonly dial: Dial;
  readonly answer: Answer | undefined;
}

export class Dialing {
  readonly #ports: DialingPorts;
  /** Bounded by the limits on connections, and by the operator's patience. */
  readonly #attempts = new Map<DialId, Attempt>();
  #nextDial = 0;

  constructor(ports: DialingPorts) {
    this.#ports = ports;
  }

  wakeAt(): Instant | undefined {
    return this.#ports.manager.wakeAt();
  }

  /** Dials whoever is due. */
  work(): void {
    for (const dial of this.#ports.manager.decide()) this.#start(dial, undefined);
  }

  /** Dials once on the operator's behalf; answered when the socket is open, or could not be. */
  request(address: NetworkAddress, type: ConnectionType, answer: Answer): void {
    const request = this.#ports.manager.request(address, type);
    if (request.ok) return this.#start(request.dial, answer);
    if (request.code === "too-many-connections") {
      return answer(failed({ code: request.code, connection: type }));
    }
    answer(failed({ code: request.code, reason: request.reason }));
  }

  /** A socket is open: one that we dialled, or one that may have to be refused. */
  connected({ peer, dial, remote, local }: NodeInput & { readonly type: "connected" }): void {
    if (dial === undefined) return this.#admit(peer, remote, local);
    const attempt = this.#take(dial);
    const { type, address } = attempt.dial;
    // The address that was dialled, not what the system makes of it: that is what is looked up by.
    this.#ports.peering.opened({ id: peer, type, remote: address, local });
    this.#ports.manager.opened(attempt.dial);
    attempt.answer?.(DONE);
  }

  failed(id: DialId, reason: string): void {
    const { dial, answer } = this.#take(id);
    this.#ports.logger.debug("net", () => `connect() to ${formatAddress(dial.address)} failed: ${reason}`);
    this.#ports.manager.failed(dial);
    answer?.(failed({ code: "dial-failed", reason }));
  }

  #start(dial: Dial, answer: Answer | undefined): void {
    const id = this.#nextDial++ as DialId;
    this.#attempts.set(id, { dial, answer });
    this.#ports.effect({ type: "dial", dial: id, address: dial.address });
  }

  #admit(id: PeerId, remote: NetworkAddress, local: NetworkAddress): void {
    const { manager, peering, effect, logger } = this.#ports;
    const admission = manager.admit(remote);
    if (admission.type === "refuse") {
      logger.debug("net", () => `connection from ${formatAddress(remote)} dropped (${admission.reason})`);
      effect({ type: "close", peer: id, reason: admission.reason });
      return;
    }
    const evicted = admission.evict === undefined ? undefined : peering.get(admission.evict);
    if (evicted !== undefined) peering.disconnect(evicted, "evicted");
    peering.opened({ id, type: "inbound", remote, local });
  }

  #take(id: DialId): Attempt {
    const attempt = this.#attempts.get(id);
    assert(attempt !== undefined, `dial ${id} was asked for`);
    this.#attempts.delete(id);
    return attempt;
  }
}
