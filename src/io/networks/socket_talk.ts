/**
 * A conversation in turns over a socket that is not a peer's yet: with a proxy, or with a router.
 *
 * @module
 */
import type * as net from "node:net";
import { type Bytes, concatBytes, NO_BYTES, toLatin1 } from "../../base/bytes.ts";
import { errorCode } from "../errno.ts";

/** The other side did not say what it should have, or nothing at all. */
export class TalkError extends Error {
  override readonly name = "TalkError";
  readonly reason: "timeout" | "closed" | "socket-error" | "too-long";

  constructor(reason: TalkError["reason"], message: string) {
    super(message);
    this.reason = reason;
  }
}

const NEWLINE = 0x0a;

/**
 * Reads no more than it is asked for, so that a socket which is handed on has all that came after.
 *
 * One reader at a time. Whoever gives up destroys the socket, which ends the read with `closed`.
 */
export class SocketTalk {
  readonly socket: net.Socket;
  /** Read from the socket, and not yet taken. */
  #buffer: Bytes = NO_BYTES;
  /** How a read that waits goes on. */
  #wake: (() => void) | undefined;
  #isOver = false;
  #error: string | undefined;
  readonly #woken = (): void => this.#wake?.();
  readonly #ended = (): void => {
    this.#isOver = true;
    this.#wake?.();
  };
  readonly #failed = (error: Error): void => {
    this.#error ??= errorCode(error) ?? error.message;
    this.#ended();
  };

  constructor(socket: net.Socket) {
    this.socket = socket;
    socket.on("readable", this.#woken).on("end", this.#ended).on("close", this.#ended);
    socket.on("error", this.#failed);
  }

  write(bytes: Bytes | string): void {
    this.socket.write(bytes);
  }

  /**
   * Exactly `count` bytes; `timeout` in milliseconds for all of them, or infinity.
   *
   * @throws {TalkError}
   */
  async bytes(count: number, timeout: number): Promise<Bytes> {
    await this.#until(() => this.#buffer.length >= count, timeout);
    return this.#take(count);
  }

  /**
   * Up to a newline, which is left out, as Latin-1; longer than `max` bytes is an error.
   *
   * @throws {TalkError}
   */
  async line(max: number, timeout: number): Promise<string> {
    let end = -1;
    await this.#until(() => {
      end = this.#buffer.indexOf(NEWLINE);
      if ((end < 0 ? this.#buffer.length : end) > max) {
        throw new TalkError("too-long", `a line is longer than ${max} bytes`);
      }
      return end >= 0;
    }, timeout);
    const line = toLatin1(this.#take(end));
    this.#take(1);
    return line;
  }

  /** Resolves when the other side closes, or the socket fails. Nothing is to be read meanwhile. */
  async closed(): Promise<void> {
    while (!this.#isOver) {
      await this.#change(Number.POSITIVE_INFINITY);
      // What was not asked for is of no use: it would otherwise hide the end.
      this.socket.read();
    }
  }

  /** Destroys the socket once `signal` is aborted. Returns how to leave it alone from then on. */
  endOn(signal: AbortSignal): () => void {
    const destroy = (): void => void this.socket.destroy();
    if (signal.aborted) destroy();
    else signal.addEventListener("abort", destroy);
    return () => signal.removeEventListener("abort", destroy);
  }

  /** Ends the talk; the socket goes on with whatever was not read. */
  release(): net.Socket {
    const { socket } = this;
    socket.off("readable", this.#woken).off("end", this.#ended).off("close", this.#ended);
    socket.off("error", this.#failed);
    if (this.#buffer.length > 0) socket.unshift(this.#buffer);
    return socket;
  }

  #take(count: number): Bytes {
    const taken = this.#buffer.subarray(0, count);
    this.#buffer = this.#buffer.subarray(count);
    return taken;
  }

  async #until(isEnough: () => boolean, timeout: number): Promise<void> {
    const deadline = performance.now() + timeout;
    while (!isEnough()) {
      const chunk = this.socket.read() as Buffer | null;
      if (chunk !== null) {
        this.#buffer = concatBytes(this.#buffer, chunk);
        continue;
      }
      if (this.#error !== undefined) throw new TalkError("socket-error", this.#error);
      if (this.#isOver) throw new TalkError("closed", "connection closed");
      await this.#change(deadline - performance.now());
    }
  }

  /** Waits for anything new. */
  #change(timeout: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = timeout === Number.POSITIVE_INFINITY ? undefined : setTimeout(() => {
        this.#wake = undefined;
        reject(new TalkError("timeout", "no answer in time"));
      }, Math.max(0, timeout));
      this.#wake = () => {
        clearTimeout(timer);
        this.#wake = undefined;
        resolve();
      };
    });
  }
}
