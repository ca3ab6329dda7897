/**
 * Talking with Tor's control port.
 *
 * Source: spec.torproject.org, control-spec.
 *
 * @module
 */
import type { Logger } from "../../base/logger.ts";
import type { SocketTalk } from "./socket_talk.ts";
import { type TorReply, TorReplies } from "./tor_reply.ts";

/** The code of a reply to what was done. */
export const OK = 250;

/** Replies with this code and above are events: they answer nothing. */
const EVENTS = 600;

/** Lines are as long as Tor likes; this is so that they cannot fill the memory. */
const LINE_BYTES_MAX = 100_000;

/** What Tor said is no use to us: it stays connected, and nothing more is asked. */
export class Refusal extends Error {}

/** Commands, each with its reply: they come in the order of the commands. */
export class Control {
  readonly #talk: SocketTalk;
  readonly #logger: Logger;
  readonly #replies = new TorReplies();

  constructor(talk: SocketTalk, logger: Logger) {
    this.#talk = talk;
    this.#logger = logger;
  }

  async ask(command: string): Promise<TorReply> {
    this.#talk.write(`${command}\r\n`);
    for (;;) {
      const reply = await this.#next();
      // Events, of which we ask for none.
      if (reply.code < EVENTS) return reply;
      this.#logger.debug("tor", () => `Received async notification ${reply.code}`);
    }
  }

  /** Until the connection is gone. */
  async ignoreAll(): Promise<never> {
    for (;;) {
      const { code } = await this.#next();
      this.#logger.debug("tor", () => `Received unexpected sync reply ${code}`);
    }
  }

  async #next(): Promise<TorReply> {
    for (;;) {
      const line = await this.#talk.line(LINE_BYTES_MAX, Number.POSITIVE_INFINITY);
      const reply = this.#replies.take(line);
      if (reply !== undefined) return reply;
    }
  }
}
