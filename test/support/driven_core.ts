/**
 * A driver with real sockets under a core that does as a test says.
 *
 * @module
 */
import assert from "node:assert/strict";
import { once } from "node:events";
import * as net from "node:net";
import { silentLogger } from "../../src/base/logger.ts";
import { seededRng } from "../../src/base/rng.ts";
import type { Instant } from "../../src/base/time.ts";
import { muhashFactor } from "../../src/crypto/muhash.ts";
import { type DriverParts, NodeDriver, type Steppable } from "../../src/io/driver.ts";
import { NodeNetworks, PLAIN_NETWORKS } from "../../src/io/networks/node_networks.ts";
import { PeerListener } from "../../src/io/peer_listener.ts";
import type { CommandResult } from "../../src/node/command.ts";
import type { NodeEffect, NodeInput } from "../../src/node/effect.ts";
import type { NetworkAddress } from "../../src/primitives/network_address.ts";
import { MemoryFiles } from "../../src/store/memory_files.ts";
import { MemoryStore } from "../../src/store/memory_store.ts";

export const DONE: CommandResult = { ok: true, value: { type: "done" } };

export class ScriptedCore implements Steppable {
  readonly clock = { now: () => Date.now() as Instant, mockTime: undefined as number | undefined };
  readonly inputs: NodeInput[] = [];
  wake: Instant | undefined;
  isStepping = false;
  readonly #react: (input: NodeInput) => readonly NodeEffect[];
  readonly #waiting: (() => void)[] = [];

  constructor(react: (input: NodeInput) => readonly NodeEffect[] = () => []) {
    this.#react = react;
  }

  step(input: NodeInput): readonly NodeEffect[] {
    assert.equal(this.isStepping, false, "never re-entrant");
    this.isStepping = true;
    this.inputs.push(input);
    for (const look of this.#waiting.splice(0)) look();
    const effects = [...this.#react(input)];
    if (input.type === "command") effects.push({ type: "answer", id: input.id, result: DONE });
    this.isStepping = false;
    return effects;
  }

  wakeAt(): Instant | undefined {
    return this.wake;
  }

  /** The first input of this type, or a later one, past or to come. */
  async saw<T extends NodeInput["type"]>(type: T, count = 1): Promise<Extract<NodeInput, { type: T }>> {
    const seen = (): NodeInput[] => this.inputs.filter((input) => input.type === type);
    while (seen().length < count) {
      await new Promise<void>((resolve) => void this.#waiting.push(resolve));
    }
    return seen()[count - 1] as Extract<NodeInput, { type: T }>;
  }
}

export const nowhere = { files: new MemoryFiles(), index: new MemoryStore(), coins: new MemoryStore() };

/** A driver that is started, its port, and how to connect to it. */
export async function drive(core: Steppable, parts: Partial<DriverParts> = {}) {
  const listener = await PeerListener.bind([{ host: "127.0.0.1", port: 0 }]);
  const port = listener.addresses[0]?.port ?? 0;
  const driver = new NodeDriver({
    core,
    logger: silentLogger,
    stores: nowhere,
    listener,
    networks: new NodeNetworks(PLAIN_NETWORKS, {
      logger: silentLogger, rng: seededRng(1), loadSmall: async () => undefined, save: async () => {},
    }),
    verify: async () => undefined,
    load: async () => undefined,
    multiplyCoins: async (change) => muhashFactor(change),
    save: async () => {},
    failed: (error) => assert.fail(error),
    ...parts,
  });
  driver.start();
  const connect = async (): Promise<net.Socket> => {
    const socket = net.connect({ host: "127.0.0.1", port });
    await once(socket, "connect");
    return socket;
  };
  return { driver, port, connect };
}

/** On loopback. */
export function local(port: number): NetworkAddress {
  return { network: "ipv4", bytes: Uint8Array.of(127, 0, 0, 1), port };
}
