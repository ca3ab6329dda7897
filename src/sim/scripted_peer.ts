/**
 * The far end of one connection of a node, played by a script: it speaks the real wire, and does no
 * more than it is told, so that thousands cost little.
 *
 * @module
 */
import type { Bytes } from "../base/bytes.ts";
import type { PeerId } from "../peer/peer.ts";
import type { NetworkAddress } from "../primitives/network_address.ts";
import { V1Transport } from "../transport/v1_transport.ts";
import { decodeMessage, encodeMessage, isMessageType, type Message } from "../wire/message.ts";
import type { Version } from "../wire/messages/version.ts";

const PROTOCOL_VERSION = 70_016;

/** What a scripted peer does beyond the handshake and answering pings. */
export interface Script {
  /** A socket is open, and nothing is said yet. False: the script says all, not even a `version` is sent. */
  opened?(peer: ScriptedPeer): boolean;
  /** The node has said who it is, and was not answered yet. */
  greeted?(peer: ScriptedPeer): void;
  /** The handshake is complete. */
  ready?(peer: ScriptedPeer): void;
  received?(peer: ScriptedPeer, message: Message): void;
  closed?(peer: ScriptedPeer): void;
}

/** Where a scripted peer stands. */
export interface Stage {
  readonly magic: Bytes;
  readonly services: bigint;
  readonly script: Script;
  /** Unix seconds. */
  now(): number;
  height(): number;
  transmit(peer: PeerId, bytes: Bytes): void;
  hangUp(peer: PeerId): void;
}

export interface ScriptedOpening {
  readonly id: PeerId;
  /** The node dialled it. */
  readonly isInbound: boolean;
  /** The address that it is at, as the node sees it. */
  readonly self: NetworkAddress;
  readonly remote: NetworkAddress;
}

const NOWHERE: NetworkAddress = { network: "ipv6", bytes: new Uint8Array(16), port: 0 };

export class ScriptedPeer {
  readonly id: PeerId;
  readonly isInbound: boolean;
  readonly self: NetworkAddress;
  readonly remote: NetworkAddress;
  isReady = false;
  isOpen = true;
  /** What the node says of itself. */
  theirs: Version | undefined;
  /** It takes `addrv2`. */
  takesAddrV2 = false;
  readonly #stage: Stage;
  readonly #transport: V1Transport;
  #isIntroduced = false;

  constructor({ id, isInbound, self, remote }: ScriptedOpening, stage: Stage) {
    this.id = id;
    this.isInbound = isInbound;
    this.self = self;
    this.remote = remote;
    this.#stage = stage;
    this.#transport = new V1Transport(stage.magic);
  }

  opened(): void {
    if (this.#stage.script.opened?.(this) === false) this.#isIntroduced = true;
    else if (!this.isInbound) this.#introduce();
  }

  send(message: Message): void {
    this.sendRaw(message.type, encodeMessage(message));
  }

  sendRaw(type: string, payload: Bytes): void {
    this.sendBytes(this.#transport.send({ type, payload }));
  }

  sendBytes(bytes: Bytes): void {
    if (this.isOpen) this.#stage.transmit(this.id, bytes);
  }

  close(): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    this.#stage.hangUp(this.id);
  }

  receive(bytes: Bytes): void {
    for (const { type, payload } of this.#transport.receive(bytes)) {
      if (this.isOpen && isMessageType(type)) this.#take(decodeMessage(type, payload));
    }
  }

  #take(message: Message): void {
    switch (message.type) {
      case "version":
        this.theirs = message.value;
        this.#stage.script.greeted?.(this);
        if (!this.#isIntroduced) this.#introduce();
        this.sendRaw("sendaddrv2", NO_PAYLOAD);
        this.sendRaw("verack", NO_PAYLOAD);
        return;
      case "sendaddrv2":
        this.takesAddrV2 = true;
        return;
      case "verack":
        this.isReady = true;
        this.#stage.script.ready?.(this);
        return;
      case "ping":
        this.send({ type: "pong", value: message.value });
        break;
      default:
    }
    this.#stage.script.received?.(this, message);
  }

  #introduce(): void {
    this.#isIntroduced = true;
    const { services } = this.#stage;
    const version: Version = {
      version: PROTOCOL_VERSION,
      services,
      time: BigInt(this.#stage.now()),
      receiver: { services: 0n, address: NOWHERE },
      sender: { services, address: NOWHERE },
      // Nobody's own, so that it is not taken for a connection to oneself.
      nonce: BigInt(this.id) + 1n,
      userAgent: "/scripted/",
      startHeight: this.#stage.height(),
      relay: true,
    };
    this.send({ type: "version", value: version });
  }
}

const NO_PAYLOAD = new Uint8Array(0);
