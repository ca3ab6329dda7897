import type { Socket } from "node:net";
import type { Bytes } from "../base/bytes.ts";
import type { PeerId } from "../peer/peer.ts";
import { errorCode } from "./errno.ts";

/**
 * Bytes that a socket holds of what it was given before it counts as choked, and of what it has
 * received while paused. A second of a slow link; 125 peers that do not read cost us 8 MB.
 */
export const SOCKET_BUFFER_BYTES = 64 * 1024;

/** How long a peer that does not read may hold up our closing. */
const FLUSH_TIMEOUT_MS = 5_000;

/** With more unsent, our last words are lost on a peer that does not read: they are only kept for it. */
const LAST_BYTES_MAX = 1_000_000;

/** Who hears what a socket does. Each method is called from the event loop, never from within a call. */
export interface PeerSocketListener {
  received(peer: PeerId, bytes: Bytes): void;
  drained(peer: PeerId): void;
  /** The last call for this peer. */
  closed(peer: PeerId, reason: string): void;
}

/**
 * One open connection.
 *
 * What is sent in one turn is gathered, and goes out in one piece with `flush`.
 */
export class PeerSocket {
  readonly peer: PeerId;
  readonly #socket: Socket;
  #isChoked = false;
  #isCorked = false;
  /** Set by whoever closes first: they, by hanging up or failing, or we. */
  #closeReason: string | undefined;
  #flushTimer: NodeJS.Timeout | undefined;

  constructor(peer: PeerId, socket: Socket, listener: PeerSocketListener) {
    this.peer = peer;
    this.#socket = socket;
    socket.on("data", (chunk: Buffer) => {
      // Once we close, what still comes is read to no end: unread bytes would make the system
      // reset the connection, and our last words be lost.
      if (this.#closeReason === undefined) listener.received(peer, plain(chunk));
    });
    socket.on("drain", () => {
      if (!this.#isChoked) return;
      this.#isChoked = false;
      listener.drained(peer);
    });
    socket.on("end", () => {
      this.#closeReason ??= "socket closed";
      socket.destroy();
    });
    socket.on("error", (error) => {
      this.#closeReason ??= `socket error (${errorCode(error) ?? error.message})`;
    });
    socket.on("close", () => {
      clearTimeout(this.#flushTimer);
      listener.closed(peer, this.#closeReason ?? "socket closed");
    });
  }

  /** Nothing that is sent after `close` goes out. */
  send(bytes: Bytes): void {
    if (this.#closeReason !== undefined) return;
    if (!this.#isCorked) {
      this.#isCorked = true;
      this.#socket.cork();
    }
    this.#socket.write(bytes);
  }

  /** Hands over what was sent in this turn. True when that choked the socket. */
  flush(): boolean {
    if (this.#isCorked) {
      this.#isCorked = false;
      this.#socket.uncork();
    }
    // What the system took at once holds up nothing, however long it was.
    const isChoked = this.#socket.writableNeedDrain && this.#socket.writableLength >= SOCKET_BUFFER_BYTES;
    if (!isChoked || this.#isChoked || this.#closeReason !== undefined) return false;
    this.#isChoked = true;
    return true;
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  /** Sends what it holds, then closes; at once when that takes too long, or is too much. */
  close(reason: string): void {
    if (this.#closeReason !== undefined) return;
    this.#closeReason = reason;
    this.#isCorked = false;
    this.#socket.uncork();
    if (this.#socket.writableLength > LAST_BYTES_MAX) {
      this.#socket.destroy();
      return;
    }
    this.#socket.resume();
    this.#socket.destroySoon();
    if (this.#socket.destroyed) return;
    this.#flushTimer = setTimeout(() => this.#socket.destroy(), FLUSH_TIMEOUT_MS);
    this.#flushTimer.unref();
  }

  destroy(): void {
    this.#closeReason ??= "stopped";
    this.#socket.destroy();
  }
}

/** Without Node's `Buffer` methods, among which `slice` means something else. */
function plain(chunk: Buffer): Bytes {
  return new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength);
}
