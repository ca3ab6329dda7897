import type { Bytes } from "../base/bytes.ts";
import type { Route } from "../connections/route.ts";
import type { DialId } from "../node/effect.ts";
import type { PeerId } from "../peer/peer.ts";
import type { NetworkAddress } from "../primitives/network_address.ts";
import type { OpenedSocket } from "./networks/dialler.ts";
import type { NodeNetworks } from "./networks/node_networks.ts";
import { PeerSocket, type PeerSocketListener } from "./peer_socket.ts";
import { networkAddress } from "./socket_address.ts";
import type { StepLoop } from "./step_loop.ts";

/** Our end of a connection that says nothing of it: a unix socket to a proxy. */
const NOWHERE: NetworkAddress = { network: "ipv6", bytes: new Uint8Array(16), port: 0 };

const NOBODY: readonly PeerId[] = [];

/**
 * Sockets that are being closed and still hold something, a megabyte at most: of more, the first are
 * closed at once. Their peers are forgotten already, and no longer count among the connections.
 */
const CLOSING_MAX = 32;

/** All sockets of one node, each under its peer's number. What they do is told as inputs. */
export class PeerSockets implements PeerSocketListener {
  readonly #networks: Pick<NodeNetworks, "dial">;
  readonly #loop: Pick<StepLoop, "feed">;
  readonly #sockets = new Map<PeerId, PeerSocket>();
  /** How to give up each attempt that is out. */
  readonly #dials = new Map<DialId, () => void>();
  /** Those that something was sent to since they were last flushed. */
  readonly #unflushed = new Set<PeerSocket>();
  /** Those that `close` was said of, in that order. */
  readonly #closing = new Set<PeerSocket>();
  #nextPeer = 0;
  #lastClosed: (() => void) | undefined;

  constructor(networks: Pick<NodeNetworks, "dial">, loop: Pick<StepLoop, "feed">) {
    this.#networks = networks;
    this.#loop = loop;
  }

  // The sockets' side: each call is an input.

  received(peer: PeerId, bytes: Bytes): void {
    this.#loop.feed({ type: "received", peer, bytes });
  }

  drained(peer: PeerId): void {
    this.#loop.feed({ type: "drained", peer });
  }

  closed(peer: PeerId, reason: string): void {
    const socket = this.#sockets.get(peer);
    this.#sockets.delete(peer);
    if (socket !== undefined) {
      this.#unflushed.delete(socket);
      this.#closing.delete(socket);
    }
    if (this.#sockets.size === 0) this.#lastClosed?.();
    this.#loop.feed({ type: "closed", peer, reason });
  }

  // The core's side. A peer whose socket is gone has nothing done to it.

  send(peer: PeerId, bytes: Bytes): void {
    const socket = this.#sockets.get(peer);
    if (socket === undefined) return;
    socket.send(bytes);
    this.#unflushed.add(socket);
  }

  close(peer: PeerId, reason: string): void {
    const socket = this.#sockets.get(peer);
    if (socket === undefined) return;
    socket.close(reason);
    this.#closing.add(socket);
    if (this.#closing.size <= CLOSING_MAX) return;
    for (const first of this.#closing) {
      this.#closing.delete(first);
      return first.destroy();
    }
  }

  pause(peer: PeerId): void {
    this.#sockets.get(peer)?.pause();
  }

  resume(peer: PeerId): void {
    this.#sockets.get(peer)?.resume();
  }

  dial(id: DialId, address: NetworkAddress, route: Route): void {
    const giveUp = this.#networks.dial(address, route, {
      opened: (opened) => {
        this.#dials.delete(id);
        if (this.#adopt(opened, id)) return;
        this.#loop.feed({ type: "dial-failed", dial: id, reason: "connection closed" });
      },
      failed: (reason, isProxyFault) => {
        this.#dials.delete(id);
        this.#loop.feed({ type: "dial-failed", dial: id, reason, isProxyFault });
      },
    });
    this.#dials.set(id, giveUp);
  }

  /** Takes a connection that someone else began. */
  accept(opened: OpenedSocket): void {
    this.#adopt(opened, undefined);
  }

  /** Hands over what was sent since the last time. Returns whose sockets that choked. */
  flush(): readonly PeerId[] {
    if (this.#unflushed.size === 0) return NOBODY;
    let choked: PeerId[] | undefined;
    for (const socket of this.#unflushed) {
      if (socket.flush()) (choked ??= []).push(socket.peer);
    }
    this.#unflushed.clear();
    return choked ?? NOBODY;
  }

  /** Resolves when the last socket is closed. */
  gone(): Promise<void> {
    if (this.#sockets.size === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#lastClosed = resolve;
    });
  }

  /** Gives up all attempts, and lets go of all sockets: of the last words too, when the node `failed`. */
  abandon(how: "closed" | "failed"): void {
    for (const giveUp of this.#dials.values()) giveUp();
    this.#dials.clear();
    for (const socket of this.#sockets.values()) {
      if (how === "closed") socket.close("stopped");
      else socket.destroy();
    }
  }

  /** False when the socket is gone already. */
  #adopt({ socket, ...ends }: OpenedSocket, dialId: DialId | undefined): boolean {
    const remote = ends.remote ?? networkAddress(socket.remoteAddress, socket.remotePort);
    const local = ends.local ?? networkAddress(socket.localAddress, socket.localPort) ?? NOWHERE;
    if (remote === undefined || !socket.writable) {
      socket.on("error", () => {});
      socket.destroy();
      return false;
    }
    const peer = this.#nextPeer++ as PeerId;
    this.#sockets.set(peer, new PeerSocket(peer, socket, this));
    this.#loop.feed({ type: "connected", peer, dial: dialId, remote, local });
    return true;
  }
}
