/**
 * Gives our own transactions to a few strangers, each over a short connection through Tor or I2P of
 * which nobody can tell whose it is: from there they go to all, and come back to us as from anyone.
 *
 * What is said on such a connection is in protocol/private_delivery.ts; nothing of it is kept but that it
 * worked.
 *
 * Source: Bitcoin Core, net.cpp (ThreadPrivateBroadcast), net_processing.cpp (ReattemptPrivateBroadcast).
 *
 * @module
 */
import type { AddressBook } from "../addrbook/address_book.ts";
import type { Logger } from "../base/logger.ts";
import { below, type Rng } from "../base/rng.ts";
import {
  addDuration, type Clock, type Duration, earlier, type Instant, milliseconds, minutes, seconds,
} from "../base/time.ts";
import type { DialWish } from "../connections/connection_manager.ts";
import type { Networks } from "../connections/networks.ts";
import type { Route } from "../connections/route.ts";
import type { Admission } from "../mempool/mempool.ts";
import type { Peer, PeerId } from "../peer/peer.ts";
import { formatAddress } from "../primitives/host_text.ts";
import { displayHash } from "../primitives/hash.ts";
import type { NetworkAddress, NetworkName } from "../primitives/network_address.ts";
import type { Transaction } from "../primitives/transaction.ts";
import { bothIdsText, PrivateQueue } from "../protocol/private_queue.ts";
import type { Outbox } from "../protocol/protocol.ts";
import { NODE_P2P_V2 } from "../wire/services.ts";

/** One may be down, and one may be a spy that keeps it to itself. */
const COPIES = 3;
/** Open or being opened at a time (MAX_PRIVATE_BROADCAST_CONNECTIONS). */
export const PRIVATE_CONNECTIONS_MAX = 64;
/** A connection that has not done its work by then is given up. */
const LIFETIME = minutes(3);

/** Draws from the book before it is left alone for a while. */
const DRAWS_MAX = 100;
const WAIT_FOR_ADDRESS = milliseconds(500);
const WAIT_FOR_NETWORK = seconds(5);
/** After a dial that failed: a proxy that is gone refuses at once. */
const WAIT_AFTER_FAILURE = milliseconds(100);

/** Between looks at what has not come back; drawn anew each time, so that nobody knows us by it. */
const RETRY_WAIT = minutes(2);
const RETRY_WAIT_SPREAD_MS = 60_000;

export interface PrivateBroadcastPorts {
  readonly clock: Clock;
  /** Of pauses between dials, which pass while the other stands still for a test. */
  readonly realClock: Clock;
  readonly rng: Rng;
  readonly logger: Logger;
  readonly book: Pick<AddressBook, "select">;
  readonly networks: Pick<Networks, "reachable" | "proxyOf">;
  readonly outbox: Pick<Outbox, "disconnect">;
  /** Nobody may be dialled now. */
  isIdle(): boolean;
  isOwn(address: NetworkAddress): boolean;
  /** Dials, and hands over the connection that came of it. */
  dial(address: NetworkAddress, wish: DialWish, done: (peer: Peer | undefined) => void): void;
  /** Whether the mempool would take it. */
  test(transaction: Transaction, done: (admission: Admission) => void): void;
}

export class PrivateBroadcast {
  readonly queue: PrivateQueue;
  readonly #ports: PrivateBroadcastPorts;
  /** Connections of this kind, from their first moment, with when to give them up. */
  readonly #open = new Map<PeerId, { readonly peer: Peer; readonly deadline: Instant }>();
  /** Connections that are still to be made. */
  #wanted = 0;
  #dialling = 0;
  /** By the real clock. */
  #pausedUntil: Instant;
  #retryAt: Instant;
  /** Whether a peer in Tor has answered: then the proxy leads into Tor, and out of it to others as well. */
  #isTorProven = false;

  constructor(ports: PrivateBroadcastPorts) {
    this.#ports = ports;
    this.queue = new PrivateQueue(ports.clock);
    this.#pausedUntil = ports.realClock.now();
    this.#retryAt = ports.clock.now();
  }

  /** Whether there is a network by which to send at all. */
  get isPossible(): boolean {
    const { reachable } = this.#ports.networks;
    return reachable.has("onion") || reachable.has("i2p");
  }

  wakeAt(): Instant | undefined {
    let at: Instant | undefined;
    for (const { deadline } of this.#open.values()) at = earlier(at, deadline);
    if (this.queue.size > 0) at = earlier(at, this.#retryAt);
    if (!this.#wantsDial) return at;
    const pause = Math.max(0, this.#pausedUntil - this.#ports.realClock.now()) as Duration;
    return earlier(at, addDuration(this.#ports.clock.now(), pause));
  }

  /** Does what is due. */
  work(): void {
    const now = this.#ports.clock.now();
    for (const { peer, deadline } of [...this.#open.values()]) if (deadline <= now) this.#giveUp(peer);
    if (now >= this.#retryAt) this.#retryStale(now);
    while (this.#wantsDial && this.#ports.realClock.now() >= this.#pausedUntil) this.#dial();
  }

  /** Has it sent. `full`: there are too many already. */
  submit(transaction: Transaction): "added" | "known" | "full" {
    const outcome = this.queue.add(transaction);
    const text = bothIdsText(transaction);
    this.#log(() => {
      switch (outcome) {
        case "added":
          return `Requesting ${COPIES} new connections due to ${text}`;
        case "known":
          return `Ignoring unnecessary request to schedule an already scheduled transaction: ${text}`;
        case "full":
          return `Rejecting private broadcast, queue full: ${text}`;
      }
    });
    if (outcome === "added") this.#wanted += COPIES;
    return outcome;
  }

  /** No longer sends those with this txid or wtxid, in display order. Returns them. */
  abort(id: string): readonly Transaction[] {
    const found = Array.from(this.queue, ({ transaction }) => transaction)
      .filter(({ txid, wtxid }) => displayHash(txid) === id || displayHash(wtxid) === id);
    for (const transaction of found) this.#remove(transaction);
    return found;
  }

  /** A transaction has come from a peer. One of ours has reached the network. */
  cameBack(transaction: Transaction, peer: Peer): void {
    if (this.queue.size === 0 || !this.#remove(transaction)) return;
    this.#log(() => `Received our privately broadcast transaction (txid=${displayHash(transaction.txid)}) ` +
      `from the network from peer=${peer.id}; stopping private broadcast attempts`);
  }

  /** A peer that we dialled has answered. */
  answered({ isInbound, address }: Peer): void {
    if (!isInbound && address.network === "onion") this.#isTorProven = true;
  }

  /** Its handshake is complete. One that was dialled again, in the clear, is not known before. */
  opened(peer: Peer): void {
    if (this.#open.has(peer.id)) return;
    this.#open.set(peer.id, { peer, deadline: addDuration(this.#ports.clock.now(), LIFETIME) });
  }

  closed({ id }: Peer): void {
    this.#open.delete(id);
    if (!this.queue.forgetPeer(id) && this.queue.size > 0) this.#wanted += 1;
  }

  get #wantsDial(): boolean {
    const hasRoom = this.#open.size + this.#dialling < PRIVATE_CONNECTIONS_MAX;
    return this.#wanted > this.#dialling && hasRoom && !this.#ports.isIdle();
  }

  #pause(length: Duration): void {
    this.#pausedUntil = addDuration(this.#ports.realClock.now(), length);
  }

  #giveUp(peer: Peer): void {
    this.#log(() => "Disconnecting: did not complete the transaction send within " +
      `${LIFETIME / 1000} seconds, peer=${peer.id}`);
    this.#open.delete(peer.id);
    this.#ports.outbox.disconnect(peer, "private-broadcast-failed");
  }

  /** False when it was not being sent. Connections that are no longer needed are not made. */
  #remove({ wtxid }: Transaction): boolean {
    const received = this.queue.remove(wtxid);
    if (received === undefined) return false;
    this.#wanted = Math.max(0, this.#wanted - Math.max(0, COPIES - received));
    return true;
  }

  #retryStale(now: Instant): void {
    const { rng, test } = this.#ports;
    this.#retryAt = addDuration(now, (RETRY_WAIT + below(rng, RETRY_WAIT_SPREAD_MS)) as Duration);
    for (const transaction of this.queue.stale()) {
      test(transaction, (admission) => this.#retry(transaction, admission));
    }
  }

  /** What the mempool would not take by now is in it, or in a block, or lost to another. */
  #retry(transaction: Transaction, admission: Admission): void {
    const text = `txid=${displayHash(transaction.txid)} wtxid=${displayHash(transaction.wtxid)}`;
    if (admission.type === "accepted") {
      this.#log(() => `Reattempting broadcast of stale ${text}`);
      this.#wanted += 1;
    } else {
      const why = admission.type === "rejected" ? admission.violation.rule : admission.type;
      this.#log(() => `Giving up broadcast attempts for ${text}: ${why}`);
      this.queue.remove(transaction.wtxid);
    }
  }

  #dial(): void {
    const { book, dial, logger, isOwn } = this.#ports;
    const way = this.#chooseWay();
    if (way === undefined) {
      logger.warning("Unable to open -privatebroadcast connections: neither Tor nor I2P is reachable");
      this.#pause(WAIT_FOR_NETWORK);
      return;
    }
    for (let draw = 0; draw < DRAWS_MAX; draw++) {
      const known = book.select({ networks: new Set([way.network]) });
      if (known === undefined) continue;
      if (isOwn(known.address)) continue;
      this.#dialling += 1;
      const { address, services } = known;
      const wish = { wantsV2: (services & NODE_P2P_V2) !== 0n, route: way.route };
      return dial(address, wish, (peer) => this.#dialled(address, peer));
    }
    this.#log(() => "Connections needed but addrman keeps returning bad addresses, will retry");
    this.#pause(WAIT_FOR_ADDRESS);
  }

  #dialled(address: NetworkAddress, peer: Peer | undefined): void {
    this.#dialling -= 1;
    if (peer !== undefined) {
      this.opened(peer);
      this.#wanted = Math.max(0, this.#wanted - 1);
      this.#log(() => `Socket connected to ${formatAddress(address)}; remaining connections to open: ` +
        `${this.#wanted}`);
      return;
    }
    this.#pause(WAIT_AFTER_FAILURE);
    this.#log(() => `Failed to connect to ${formatAddress(address)}; remaining connections to open: ` +
      `${this.#wanted}`);
  }

  /** By chance, one network among those that hide us; others only through Tor. */
  #chooseWay(): { readonly network: NetworkName; readonly route: Route } | undefined {
    const { rng, networks } = this.#ports;
    const ways: { readonly network: NetworkName; readonly route: Route }[] = [];
    const tor = networks.proxyOf("onion");
    if (networks.reachable.has("onion") && tor !== undefined) {
      const route: Route = { type: "socks5", proxy: tor };
      ways.push({ network: "onion", route });
      for (const network of ["ipv4", "ipv6"] as const) {
        if (this.#isTorProven && networks.reachable.has(network)) ways.push({ network, route });
      }
    }
    if (networks.reachable.has("i2p")) {
      ways.push({ network: "i2p", route: { type: "i2p", isTransient: true } });
    }
    return ways.length === 0 ? undefined : ways[below(rng, ways.length)];
  }

  #log(text: () => string): void {
    this.#ports.logger.debug("privatebroadcast", text);
  }
}
