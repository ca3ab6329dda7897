/**
 * A whole node, and attackers who say to it what they like: for tests of one attack each.
 *
 * @module
 */
import { assert } from "../../src/base/assert.ts";
import type { Bytes } from "../../src/base/bytes.ts";
import type { Without } from "../../src/base/defences.ts";
import type { Logger } from "../../src/base/logger.ts";
import { seededRng } from "../../src/base/rng.ts";
import { type Duration, milliseconds, type UnixSeconds } from "../../src/base/time.ts";
import { DEFAULT_DISCOVERY } from "../../src/node/seeding/discovery_options.ts";
import { defaultNodeOptions, type NodeOptions } from "../../src/node/node_options.ts";
import type { NodePorts } from "../../src/node/node_ports.ts";
import type { ConnectionType, Peer, PeerId, Permission } from "../../src/peer/peer.ts";
import { parseWhitelist } from "../../src/peer/permissions.ts";
import type { RawMessage } from "../../src/transport/transport.ts";
import { V1Transport } from "../../src/transport/v1_transport.ts";
import {
  decodeMessage, encodeMessage, isMessageType, type Message, type MessageType,
} from "../../src/wire/message.ts";
import type { Version } from "../../src/wire/messages/version.ts";
import { CoreWorld } from "./core_world.ts";
import { type BlockNode, QUICK_MATURITY } from "./blocks.ts";
import { address, versionOf } from "./peer_bench.ts";

const PARAMS = QUICK_MATURITY;
const LOCAL = address("10.0.0.99:18444");
/** From here on, blocks of test chains are recent: they are ten minutes apart from genesis on. */
const START = PARAMS.genesis.header.time + 60 * 60;

export interface AttackSetup {
  readonly options?: Partial<NodeOptions>;
  /** Defences that the node is to do without. */
  readonly without?: Without;
  readonly ports?: Partial<NodePorts>;
  /** Unix seconds. */
  readonly start?: number;
  /** Whether `log` has what is for debugging, too. */
  readonly isDebugging?: boolean;
}

export interface AttackerSetup {
  readonly from?: string;
  readonly version?: Partial<Version>;
  /** Messages between `version` and `verack`; by default `wtxidrelay`. */
  readonly features?: readonly Message[];
  /** What the node grants to whoever comes from this address. */
  readonly permissions?: readonly Permission[];
}

export class VictimWorld {
  readonly world: CoreWorld;
  readonly log: string[] = [];
  readonly #attackers = new Map<PeerId, Attacker>();
  #count = 0;

  constructor({ options = {}, without, ports = {}, start = START, isDebugging = false }: AttackSetup = {}) {
    const note = (text: string): void => void this.log.push(text);
    const logger: Logger = {
      info: note, warning: note, error: note,
      debug: (_, text) => (isDebugging ? note(text()) : undefined),
      trace: () => {},
    };
    const all = {
      ...defaultNodeOptions(PARAMS), acceptNonstandard: true, permissionRules: RULES, v2Transport: false,
      // It dials whom the test says, and nobody else.
      connectOnly: [], discovery: { ...DEFAULT_DISCOVERY, usesDnsSeeds: false, usesFixedSeeds: false },
      ...options,
    };
    this.world = new CoreWorld(all, start as UnixSeconds, seededRng(1), {
      logger, ...(without === undefined ? {} : { without }), ...ports,
    });
    this.world.isThere = () => true;
    this.world.onSend = (peer, bytes) => this.#attackers.get(peer)?.hears(bytes);
  }

  get core(): CoreWorld["core"] {
    return this.world.core;
  }

  /** One whose socket is open, and who has said nothing yet. */
  opened({ from, permissions = [] }: AttackerSetup = {}): Attacker {
    const host = permissions.length === 0 ? `80.${this.#count & 255}.2.3` : hostWith(permissions);
    const remote = address(from ?? `${host}:${20_000 + this.#count}`);
    this.#count += 1;
    return this.#attacker(this.world.connect(remote, LOCAL));
  }

  /** One who comes in and shakes hands. */
  inbound(setup: AttackerSetup = {}): Attacker {
    const attacker = this.opened(setup);
    attacker.shakeHands(setup);
    return attacker;
  }

  /** One whom the node dials, and who shakes hands. */
  outbound(connection: ConnectionType = "outbound-full-relay", setup: AttackerSetup = {}): Attacker {
    const host = setup.from ?? `81.${this.#count++}.2.3:8333`;
    this.world.command({ type: "add-connection", address: address(host), connection });
    this.world.pass();
    this.world.settle();
    const id = this.world.dialled.pop();
    assert(id !== undefined, "the node has dialled");
    const attacker = this.#attacker(id);
    attacker.shakeHands(setup);
    return attacker;
  }

  /** The node has these blocks, from whoever. */
  give(nodes: readonly BlockNode[]): void {
    for (const { block } of nodes) this.world.command({ type: "submit-block", block });
    this.world.settle();
  }

  /** Lets time pass in steps short enough that no timer is late. */
  pass(length: Duration, step: Duration = milliseconds(500)): void {
    for (let passed = 0; passed < length; passed += step) {
      this.world.pass(Math.min(step, length - passed) as Duration);
      this.world.settle();
    }
  }

  peer(attacker: Attacker): Peer | undefined {
    return [...this.core.peers()].find(({ id }) => id === attacker.id);
  }

  logged(part: string): number {
    return this.log.filter((line) => line.includes(part)).length;
  }

  #attacker(id: PeerId): Attacker {
    const attacker = new Attacker(id, this.world);
    this.#attackers.set(id, attacker);
    return attacker;
  }
}

export class Attacker {
  readonly id: PeerId;
  readonly #world: CoreWorld;
  readonly #transport = new V1Transport(PARAMS.magic);
  readonly heard: Message[] = [];
  heardBytes = 0;
  /** Bytes are counted, but messages not kept. */
  isDeaf = false;

  constructor(id: PeerId, world: CoreWorld) {
    this.id = id;
    this.#world = world;
  }

  get isConnected(): boolean {
    return this.#world.open.has(this.id);
  }

  /** Why the node has closed the connection. */
  get closedFor(): string | undefined {
    return this.#world.closedFor.get(this.id);
  }

  shakeHands({ version = {}, features = [{ type: "wtxidrelay", value: null }] }: AttackerSetup = {}): void {
    const time = BigInt(this.#world.clock.unixTime());
    this.says({ type: "version", value: versionOf({ nonce: BigInt(this.id) + 77n, time, ...version }) });
    this.says(...features, { type: "verack", value: null });
  }

  says(...messages: readonly Message[]): void {
    for (const message of messages) this.sends({ type: message.type, payload: encodeMessage(message) });
  }

  sends(message: RawMessage): void {
    this.writes(this.#transport.send(message));
  }

  /** The bytes that carry a message, to be handed over by the test. */
  frame(message: Message): Bytes {
    return this.#transport.send({ type: message.type, payload: encodeMessage(message) });
  }

  writes(bytes: Bytes): void {
    this.#write(bytes);
    this.#world.settle();
  }

  hears(bytes: Bytes): void {
    this.heardBytes += bytes.length;
    if (this.isDeaf) return;
    for (const { type, payload } of this.#transport.receive(bytes)) {
      if (!isMessageType(type)) continue;
      const message = decodeMessage(type, payload);
      this.heard.push(message);
      // Whoever is silent is dropped after a while, which is another attack.
      if (message.type === "ping") this.#write(this.frame({ type: "pong", value: message.value }));
    }
  }

  #write(bytes: Bytes): void {
    if (this.isConnected) this.#world.give({ type: "received", peer: this.id, bytes });
  }

  /** What it was told by messages of this type. */
  told<T extends MessageType>(type: T): readonly Message<T>["value"][] {
    const heard = this.heard.filter((message) => message.type === type);
    return heard.map(({ value }) => value as Message<T>["value"]);
  }
}

/** Addresses from which all that a set of permissions allows is allowed. */
const GRANTED: readonly (readonly Permission[])[] = [
  ["noban"], ["relay"], ["addr"], ["download"], ["mempool"], ["forcerelay"],
];

const RULES = GRANTED.map((permissions, index) => {
  const parsed = parseWhitelist(`${permissions.join(",")}@10.0.1.${index}`, { relay: true, forceRelay: false });
  assert(parsed.ok, "a rule that can be read");
  return parsed.rule;
});

function hostWith(permissions: readonly Permission[]): string {
  const index = GRANTED.findIndex((each) => each.join() === permissions.join());
  assert(index >= 0, "permissions that are granted somewhere");
  return `10.0.1.${index}`;
}
