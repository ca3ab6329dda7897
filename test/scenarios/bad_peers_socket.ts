/**
 * A socket that says what a test wants said, and a node that it says it to.
 *
 * @module
 */
import assert from "node:assert/strict";
import { once } from "node:events";
import * as net from "node:net";
import type { Bytes } from "../../src/base/bytes.ts";
import { DebugLog, QUIET_LOG } from "../../src/io/debug_log.ts";
import { openNode, type RunningNode } from "../../src/io/node_host.ts";
import { VerifyPool } from "../../src/io/verify_pool.ts";
import type { CloseReason } from "../../src/node/close_reason.ts";
import type { NodeEvent } from "../../src/node/event.ts";
import { defaultNodeOptions, type NodeOptions } from "../../src/node/node_options.ts";
import { REGTEST } from "../../src/params/regtest.ts";
import { V1Transport } from "../../src/transport/v1_transport.ts";
import { encodeMessage, type Message } from "../../src/wire/message.ts";
import { versionOf } from "../support/peer_bench.ts";

const MAGIC = REGTEST.magic;

/** As a node of the network frames it; of another network, with its magic. */
export function framed(message: Message, magic: Bytes = MAGIC): Bytes {
  return framedRaw(message.type, encodeMessage(message), magic);
}

export function framedRaw(type: string, payload: Bytes, magic: Bytes = MAGIC): Bytes {
  return new V1Transport(magic).send({ type, payload });
}

export const VERSION: Message = { type: "version", value: versionOf() };
export const VERACK: Message = { type: "verack", value: null };

/** A node with a listener on TCP, all of its log, and all of its events. */
export class TestNode {
  readonly node: RunningNode;
  readonly #log: string[];
  readonly #events: NodeEvent[] = [];
  readonly #watchers = new Set<() => void>();

  private constructor(node: RunningNode, log: string[]) {
    this.node = node;
    this.#log = log;
    node.listen((event) => {
      this.#events.push(event);
      for (const watch of this.#watchers) watch();
    });
  }

  static async open(more: Partial<NodeOptions> = {}): Promise<TestNode> {
    const log: string[] = [];
    const logger = new DebugLog({
      ...QUIET_LOG, categories: ["net"], isRateLimited: false, print: ({ text }) => void log.push(text),
    });
    const node = await openNode({
      // What is no plain message would be taken for a key.
      options: { ...defaultNodeOptions(REGTEST), connectOnly: [], v2Transport: false, ...more },
      dataDir: undefined,
      listen: [{ host: "127.0.0.1", port: 0 }],
      logger,
      pool: new VerifyPool({ threads: 0, report: (error) => assert.fail(error) }),
    });
    return new TestNode(node, log);
  }

  /** Lines of the log that tell of this peer. */
  logOf(peer: number): readonly string[] {
    return this.#log.filter((line) => new RegExp(`peer=${peer}\\b`).test(line));
  }

  /** The first event, past or to come, that `isWanted` accepts. */
  async saw<T extends NodeEvent>(isWanted: (event: NodeEvent) => event is T): Promise<T> {
    for (;;) {
      const found = this.#events.find(isWanted);
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => {
        const watch = (): void => {
          this.#watchers.delete(watch);
          resolve();
        };
        this.#watchers.add(watch);
      });
    }
  }

  /** A new socket, and the number that the node has given it. */
  async connect(): Promise<RawPeer> {
    const socket = net.connect({ host: "127.0.0.1", port: this.node.addresses[0]?.port ?? 0 });
    await once(socket, "connect");
    const address = `127.0.0.1:${(socket.address() as net.AddressInfo).port}`;
    const isIt = (event: NodeEvent): event is NodeEvent & { type: "peer:open" } =>
      event.type === "peer:open" && event.data.address === address;
    return new RawPeer(socket, (await this.saw(isIt)).data.peer, this);
  }

  /** A peer that has done all that is asked of it. */
  async connectWell(): Promise<RawPeer> {
    const peer = await this.connect();
    peer.say(framed(VERSION), framed(VERACK));
    await this.saw((event): event is NodeEvent & { type: "peer:ready" } =>
      event.type === "peer:ready" && event.data.peer === peer.id);
    return peer;
  }

  close(): Promise<void> {
    return this.node.close();
  }
}

export class RawPeer {
  readonly id: number;
  readonly socket: net.Socket;
  readonly #node: TestNode;
  readonly #transport = new V1Transport(MAGIC);
  readonly #heard: { readonly type: string; readonly payload: Bytes }[] = [];
  #onNews: () => void = () => {};
  #nonce = 0;

  constructor(socket: net.Socket, id: number, node: TestNode) {
    this.socket = socket;
    this.id = id;
    this.#node = node;
    socket.on("data", (bytes: Uint8Array) => {
      this.#heard.push(...this.#transport.receive(Uint8Array.from(bytes)));
      this.#onNews();
    });
    // The node may hang up while we speak.
    socket.on("error", () => {});
    socket.on("close", () => this.#onNews());
  }

  say(...pieces: readonly Bytes[]): void {
    for (const bytes of pieces) this.socket.write(bytes);
  }

  /** Types of messages that have come, in their order. */
  get heard(): readonly string[] {
    return this.#heard.map(({ type }) => type);
  }

  /** Asserts that the node answers a ping: that it goes on, and with this peer. */
  async assertServed(): Promise<void> {
    const nonce = BigInt(++this.#nonce);
    const payload = encodeMessage({ type: "pong", value: { nonce } });
    this.say(framed({ type: "ping", value: { nonce } }));
    const isAnswered = (): boolean => {
      return this.#heard.some((each) => each.type === "pong" && Buffer.compare(each.payload, payload) === 0);
    };
    while (!isAnswered()) {
      assert.ok(!this.socket.destroyed,
        `peer ${this.id} was dropped: ${this.#node.logOf(this.id).join(" | ")}`);
      await new Promise<void>((resolve) => {
        this.#onNews = resolve;
      });
    }
  }

  /** Why the node has closed this connection, or will. */
  async closeReason(): Promise<CloseReason> {
    const closed = await this.#node.saw((event): event is NodeEvent & { type: "peer:closed" } =>
      event.type === "peer:closed" && event.data.peer === this.id);
    return closed.data.reason;
  }
}
