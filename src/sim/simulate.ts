/**
 * A network of nodes, left to itself for a while: blocks are found, payments are made, links may
 * be cut and healed, and what came of it is told.
 *
 * @module
 */
import { assert } from "../base/assert.ts";
import type { Bytes } from "../base/bytes.ts";
import { below, poissonWait, type Rng, seededRng, shuffle } from "../base/rng.ts";
import { addDuration, type Duration, minutes, seconds } from "../base/time.ts";
import { decodeWith } from "../codec/codec.ts";
import { installPortableCurve } from "../crypto/install_portable.ts";
import { defaultNodeOptions, type NodeOptions } from "../node/node_options.ts";
import { REGTEST } from "../params/regtest.ts";
import type { Sats } from "../primitives/amount.ts";
import { type Block, blockCodec } from "../primitives/block.ts";
import { displayHash, hashLiteral } from "../primitives/hash.ts";
import type { NetworkAddress } from "../primitives/network_address.ts";
import { SCRIPT_KINDS } from "../wallet/owned_script.ts";
import { Wallet } from "../wallet/wallet.ts";
import { Arrivals, type Propagation } from "./arrivals.ts";
import type { VirtualHost } from "./virtual_host.ts";
import { VirtualNetwork } from "./virtual_network.ts";
import { hostAt, type LatencyRange, SIM_START, USUAL_LATENCY } from "./world_defaults.ts";

export interface Partition {
  /** From the start of the run. */
  readonly at: Duration;
  readonly length: Duration;
  /** Share of the nodes that stand on one side. */
  readonly share: number;
}

export interface SimulationOptions {
  readonly seed: number;
  readonly nodes: number;
  /** How long the run is, after the network has grown together. */
  readonly length: Duration;
  /** One way between two nodes, in milliseconds; each pair draws its own. @default 10 to 150 */
  readonly latency?: LatencyRange;
  /** Mean time between blocks. @default one minute */
  readonly blockInterval?: Duration;
  /** Mean time between payments; `undefined` for none. @default ten seconds */
  readonly paymentInterval?: Duration | undefined;
  readonly partition?: Partition;
  /**
   * Connections are encrypted, as outside. Each takes 10 ms of arithmetic, where a simulated minute of a
   * node takes about one, and makes no difference to who hears what. @default false
   */
  readonly v2Transport?: boolean;
  /** Delays one delivery: shows that the trace sees it. */
  readonly moved?: { readonly delivery: number; readonly by: Duration };
}

export interface SimulationReport {
  /** Hash over every delivery and its time: equal runs have equal ones. */
  readonly trace: string;
  readonly deliveries: number;
  /** Height and hash of each node's tip at the end. */
  readonly tips: readonly { readonly height: number; readonly hash: string }[];
  /** Whether all nodes ended at one tip. */
  readonly isOneTip: boolean;
  /** Reorganisations over all nodes, and the deepest. */
  readonly reorganisations: number;
  readonly deepestReorganisation: number;
  readonly blocks: Propagation;
  readonly transactions: Propagation;
  /** Peers of the node that has fewest. */
  readonly fewestPeers: number;
}

/** For every node to be known and dialled, before the run is measured. */
const GROWING = minutes(10);
/** After the last block and payment, for what is under way to arrive. */
const QUIET = minutes(3);
const MATURE_BLOCKS = 110;
/** Addresses that a node is told of at its start. */
const SEED_ADDRESSES = 16;

export function simulate(options: SimulationOptions): SimulationReport {
  installPortableCurve();
  return new Simulation(options).run();
}

class Simulation {
  readonly #options: SimulationOptions;
  readonly #network: VirtualNetwork;
  readonly #rng: Rng;
  readonly #wallet: Wallet;
  readonly #blocks = new Arrivals();
  readonly #transactions = new Arrivals();
  #reorganisations = 0;
  #deepest = 0;
  #isQuiet = false;

  constructor(options: SimulationOptions) {
    const { seed, moved, latency = USUAL_LATENCY } = options;
    this.#options = options;
    this.#rng = seededRng(seed ^ 0x5eed);
    this.#network = new VirtualNetwork({ seed, start: SIM_START, latency, moved });
    this.#wallet = new Wallet({ seed: `simulation ${seed}`, params: REGTEST });
    this.#observe();
  }

  run(): SimulationReport {
    const { nodes, length, partition } = this.#options;
    for (let index = 0; index < nodes; index++) {
      this.#network.addHost(hostAddress(index), this.#nodeOptions(index));
    }
    const { hosts } = this.#network;
    for (const host of hosts) {
      host.start();
      this.#seed(host);
    }
    this.#mineFirst(hosts[0] as VirtualHost);
    this.#runFor(GROWING);
    if (partition !== undefined) this.#planPartition(partition);
    this.#planBlock();
    this.#planPayment();
    this.#runFor(length);
    this.#isQuiet = true;
    this.#runFor(QUIET);
    return this.#report();
  }

  #nodeOptions(index: number): NodeOptions {
    return {
      ...defaultNodeOptions(REGTEST),
      userAgent: `/tidings-sim:${index}/`,
      advertise: [hostAddress(index)],
      v2Transport: this.#options.v2Transport ?? false,
      coinsCacheBytes: 4 * 1024 * 1024,
    };
  }

  /** Tells a new node of some others, as DNS seeds would. */
  #seed(host: VirtualHost): void {
    const others = this.#network.hosts.filter((each) => each !== host).map(({ address }) => address);
    const addresses = shuffle(this.#rng, others).slice(0, SEED_ADDRESSES);
    host.command({ type: "add-addresses", addresses, source: host.address });
  }

  #mineFirst(host: VirtualHost): void {
    const { scripts } = this.#wallet;
    for (let i = 0; i < MATURE_BLOCKS; i++) {
      const { script } = scripts[i % scripts.length] as (typeof scripts)[number];
      host.command({ type: "generate", count: 1, script, maxTries: 1_000_000 });
    }
  }

  #planBlock(): void {
    this.#network.after(poissonWait(this.#rng, this.#options.blockInterval ?? minutes(1)), () => {
      if (this.#isQuiet) return;
      const script = this.#anyScript();
      this.#anyHost().command({ type: "generate", count: 1, script, maxTries: 1_000_000 });
      this.#planBlock();
    });
  }

  #planPayment(): void {
    const interval = "paymentInterval" in this.#options ? this.#options.paymentInterval : seconds(10);
    if (interval === undefined) return;
    this.#network.after(poissonWait(this.#rng, interval), () => {
      if (this.#isQuiet) return;
      this.#pay();
      this.#planPayment();
    });
  }

  #pay(): void {
    const value = (10_000 + below(this.#rng, 1_000_000)) as Sats;
    const outputs = [{ value, script: this.#anyScript() }];
    const payment = this.#wallet.pay({ outputs, feeRate: 1 + below(this.#rng, 20), rng: this.#rng });
    if (!payment.ok) return;
    this.#anyHost().command({ type: "submit-transaction", transaction: payment.transaction, maxFeeRate: 0 });
  }

  #planPartition({ at, length, share }: Partition): void {
    const { hosts } = this.#network;
    const first = Math.round(hosts.length * share);
    this.#network.after(at, () => this.#network.cut(({ index }) => (index < first ? 0 : 1)));
    this.#network.after((at + length) as Duration, () => this.#network.heal());
  }

  #observe(): void {
    this.#network.onEvent((host, event) => {
      const now = this.#network.clock.now();
      switch (event.type) {
        case "block:connected":
          this.#blocks.seen(event.data.hash, host.index, now);
          if (host.index !== 0) break;
          this.#followChain(host, event.data.hash, (block) =>
            this.#wallet.blockConnected(block, event.data.height));
          break;
        case "block:disconnected":
          if (host.index !== 0) break;
          this.#followChain(host, event.data.hash, (block) =>
            this.#wallet.blockDisconnected(block, event.data.height));
          break;
        case "tx:accepted":
          this.#transactions.seen(event.data.txid, host.index, now);
          break;
        case "chain:reorg":
          this.#reorganisations += 1;
          this.#deepest = Math.max(this.#deepest, event.data.depth);
          break;
      }
    });
  }

  /** The wallet sees the chain as the first node does. */
  #followChain({ core }: VirtualHost, hash: string, follow: (block: Block) => void): void {
    const id = core.chain.headers.find(hashLiteral(hash));
    const bytes = id === undefined ? undefined : core.chain.readBlock(id);
    assert(bytes !== undefined, "a block that was just connected is there");
    follow(decodeWith(blockCodec, bytes));
  }

  #anyHost(): VirtualHost {
    const { hosts } = this.#network;
    return hosts[below(this.#rng, hosts.length)] as VirtualHost;
  }

  #anyScript(): Bytes {
    const kind = SCRIPT_KINDS[below(this.#rng, SCRIPT_KINDS.length)] as (typeof SCRIPT_KINDS)[number];
    return this.#wallet.script(kind);
  }

  #runFor(length: Duration): void {
    this.#network.runUntil(addDuration(this.#network.clock.now(), length));
  }

  #report(): SimulationReport {
    const { hosts, trace } = this.#network;
    const tips = hosts.map(({ core: { chain } }) => {
      return { height: chain.headers.height(chain.tip), hash: displayHash(chain.headers.hash(chain.tip)) };
    });
    return {
      trace: trace.hash,
      deliveries: trace.count,
      tips,
      isOneTip: new Set(tips.map(({ hash }) => hash)).size === 1,
      reorganisations: this.#reorganisations,
      deepestReorganisation: this.#deepest,
      blocks: this.#blocks.summary(),
      transactions: this.#transactions.summary(),
      fewestPeers: Math.min(...hosts.map(({ core }) => [...core.peers()].length)),
    };
  }
}

/** Each node in a group of its own, so that who dials whom is not decided by addresses. */
function hostAddress(index: number): NetworkAddress {
  return hostAt(index, 1);
}
