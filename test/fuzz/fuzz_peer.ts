import type { Bytes } from "../../src/base/bytes.ts";
import { below, type Rng } from "../../src/base/rng.ts";
import { DecodeError } from "../../src/codec/decode_error.ts";
import type { PeerId } from "../../src/peer/peer.ts";
import {
  type RawMessage, type ReceivedMessage, type Transport, TransportError,
} from "../../src/transport/transport.ts";
import { decodeMessage, encodeMessage, isMessageType, type Message } from "../../src/wire/message.ts";
import { type InventoryItem, MSG_BLOCK, MSG_WITNESS_BLOCK } from "../../src/wire/messages/inventory.ts";
import { type FuzzMatter, pick } from "./fuzz_matter.ts";

/** Questions of the node that a peer remembers; it answers some of them, late and in any order. */
const ASKED_MAX = 16;
const HEADERS_ANSWERED = 40;

/** The other end of one connection: hears what the node says, and may answer it. */
export class FuzzPeer {
  readonly id: PeerId;
  readonly transport: Transport;
  readonly #matter: FuzzMatter;
  #asked: Message[] = [];
  /**
   * Its first bytes were damaged, so that the node takes them for a key, and speaks to it in cipher; or
   * its key was, so that there is no secret that both know.
   */
  #isDeaf = false;

  constructor(id: PeerId, transport: Transport, matter: FuzzMatter) {
    this.id = id;
    this.transport = transport;
    this.#matter = matter;
  }

  /** Bytes that the node has sent. Returns what the transport has to say to them. */
  heard(bytes: Bytes): Bytes {
    for (const { type, payload, fault } of this.#receive(bytes)) {
      if (fault !== undefined) throw new Error(`The node sent a damaged ${type}: ${fault.text}`);
      if (isMessageType(type)) this.#note(decodeOwn({ type, payload }));
    }
    return this.output();
  }

  #receive(bytes: Bytes): readonly ReceivedMessage[] {
    return this.#listen(() => this.transport.receive(bytes));
  }

  #listen(receive: () => readonly ReceivedMessage[]): readonly ReceivedMessage[] {
    if (this.#isDeaf) return [];
    try {
      return receive();
    } catch (error) {
      const deafening = ["wrong-magic", "no-terminator"];
      this.#isDeaf = error instanceof TransportError && deafening.includes(error.kind);
      if (this.#isDeaf) return [];
      throw error;
    }
  }

  /** What its transport has to say for itself. */
  output(): Bytes {
    while (this.transport.hasWork) this.#listen(() => this.transport.work());
    return this.transport.takeOutput();
  }

  /** Forgets one question, and gives a good answer to it; `undefined` when nothing was asked. */
  answer(rng: Rng): Message | undefined {
    if (this.#asked.length === 0) return undefined;
    const [asked] = this.#asked.splice(below(rng, this.#asked.length), 1);
    return asked === undefined ? undefined : this.#answerTo(rng, asked);
  }

  #note(message: Message): void {
    if (message.type !== "getheaders" && message.type !== "getdata" && message.type !== "ping") return;
    this.#asked.push(message);
    if (this.#asked.length > ASKED_MAX) this.#asked.shift();
  }

  #answerTo(rng: Rng, message: Message): Message | undefined {
    switch (message.type) {
      case "ping":
        return { type: "pong", value: message.value };
      case "getheaders": {
        const { chain } = this.#matter;
        const known = new Set(message.value.locator.flatMap((hash) => this.#matter.block(hash)?.height ?? []));
        const start = Math.max(0, ...known);
        const headers = chain.slice(start, start + HEADERS_ANSWERED).map(({ block }) => block.header);
        return { type: "headers", value: { headers } };
      }
      case "getdata":
        return this.#supply(pick(rng, message.value.items));
      default:
        return undefined;
    }
  }

  #supply(item: InventoryItem): Message {
    if (item.type === MSG_BLOCK || item.type === MSG_WITNESS_BLOCK) {
      const node = this.#matter.block(item.hash);
      if (node !== undefined) return { type: "block", value: { block: node.block } };
    }
    const transaction = this.#matter.transaction(item.hash);
    if (transaction !== undefined) return { type: "tx", value: { transaction } };
    return { type: "notfound", value: { items: [item] } };
  }
}

/** What the node says is always sound. */
function decodeOwn({ type, payload }: RawMessage): Message {
  try {
    return decodeMessage(type as Message["type"], payload);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    throw new Error(`The node sent a ${type} that cannot be read: ${error.message}`);
  }
}

export function payloadOf(message: Message): RawMessage {
  return { type: message.type, payload: encodeMessage(message) };
}
