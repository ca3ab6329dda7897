/**
 * Starts a devnet: opens its nodes, mines the first blocks, and waits until all have found each
 * other and agree.
 *
 * @module
 */
import { type Rng, seededRng } from "../base/rng.ts";
import { errorText } from "../io/errno.ts";
import { installNodeCrypto } from "../io/node_crypto.ts";
import { defaultThreads, VerifyPool } from "../io/verify_pool.ts";
import { parseHost } from "../primitives/host_text.ts";
import type { NetworkAddress } from "../primitives/network_address.ts";
import { Devnet } from "./devnet.ts";
import { heightOf, type Member, storedHeight } from "./devnet_node.ts";
import { DevnetWallet } from "./devnet_wallet.ts";
import { makeHistory, submitHistory } from "./history.ts";
import { openMember } from "./open_member.ts";
import { type DefaultName, type DevnetOptions, type DevnetPlan, readOptions } from "./options.ts";
import { type Place, takePlace } from "./place.ts";
import { FREE_PORTS, freePorts, LOOPBACK, type PortOutcome, portMoves, wantedPorts } from "./ports.ts";
import { Production } from "./production.ts";
import { GossipWatch } from "./readiness.ts";
import { SpreadWatch } from "./spread.ts";
import { gossipNeeded } from "./topology.ts";
import { Traffic } from "./traffic.ts";
import { waitUntil } from "./until.ts";

/** So many that the first ten rewards can be spent. */
export const FIRST_BLOCKS = 110;
const READY_TIMEOUT_MS = 60_000;
/** More than a devnet has nodes. */
const SAVED_ADDRESSES_MAX = 1_000;

/** Seeds of what must not take numbers from each other. */
const STREAMS = { wallet: 1, blocks: 2, traffic: 3, history: 4 } as const;

/**
 * A network of real nodes in this process, each with its own listener, data directory and
 * validation; resolves when all have the same 110 blocks or more, and know each other.
 *
 * @throws {TidingsError} CONFIG, ALREADY_RUNNING, STORE_UNUSABLE, TIMEOUT
 */
export function devnet(
  options?: DevnetOptions<never> & { readonly nodes?: undefined },
): Promise<Devnet<DefaultName>>;
export function devnet<Name extends string = string>(options: DevnetOptions<Name>): Promise<Devnet<Name>>;
export function devnet(options: DevnetOptions = {}): Promise<Devnet> {
  return startDevnet(options, undefined);
}

/** As `devnet`; `home` is where it registers itself, for a devnet that others are to see. */
export async function startDevnet(options: DevnetOptions, home: string | undefined): Promise<Devnet> {
  const plan = readOptions(options);
  const { signal } = options;
  signal?.throwIfAborted();
  installNodeCrypto();
  const place = await takePlace(plan, home);
  const startup = new Startup(plan, place);
  try {
    const net = await startup.run(signal);
    const abort = (): void => void net.close();
    signal?.addEventListener("abort", abort, { once: true });
    return net;
  } catch (error) {
    await startup.close();
    throw error;
  }
}

/** What is open so far, and how to close it. */
class Startup {
  readonly #plan: DevnetPlan;
  readonly #place: Place;
  readonly #pool: VerifyPool;
  /** Those that run; shared with all parts, which so hear of one that leaves. */
  readonly #members: Member[] = [];
  readonly #opened: Member[] = [];
  readonly #ports: PortOutcome[] = [];
  readonly #gossip = new Map<Member, GossipWatch>();
  /** Of the last block on disk: those above it are to come from peers. */
  readonly #heightsAtOpen = new Map<Member, number>();
  readonly #stops: (() => void)[] = [];
  #closed: Promise<void> | undefined;

  constructor(plan: DevnetPlan, place: Place) {
    this.#plan = plan;
    this.#place = place;
    this.#pool = new VerifyPool({ threads: defaultThreads(), report: () => {} });
  }

  async run(signal: AbortSignal | undefined): Promise<Devnet> {
    const first = await this.#open(0, undefined);
    const seedAddress = parseHost(LOOPBACK, first.node.p2pPort);
    const [rest, wallet] = await Promise.all([
      Promise.all(this.#place.nodes.slice(1).map((_, index) => this.#open(index + 1, seedAddress))),
      this.#fund(first),
    ]);
    this.#members.push(...rest);
    await this.#untilReady(signal);
    await this.#place.announce(this.#members.map(({ node }) => registered(node)));
    return this.#assemble(wallet);
  }

  /** Closes what is open, in the reverse order. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    for (const stop of this.#stops.splice(0)) stop();
    const results = await Promise.allSettled(this.#opened.map(({ node }) => node.close()));
    await this.#pool.close();
    await this.#place.release();
    for (const result of results) if (result.status === "rejected") throw result.reason;
  }

  async #open(index: number, seedAddress: NetworkAddress | undefined): Promise<Member> {
    const planned = this.#place.nodes[index] as Place["nodes"][number];
    const { folder } = this.#place;
    const wanted = this.#plan.ports === "core" ? wantedPorts(index) : FREE_PORTS;
    const ports = this.#plan.ports === "core" ? await freePorts(wanted) : FREE_PORTS;
    const member = await openMember({ planned, folder, ports, seedAddress, pool: this.#pool });
    this.#opened.push(member);
    if (index === 0) this.#members.push(member);
    this.#watch(member, seedAddress);
    const { name, p2pPort, rpcPort } = member.node;
    this.#ports.push({ node: name, wanted, used: { p2p: p2pPort, rpc: rpcPort } });
    return member;
  }

  #watch(member: Member, seedAddress: NetworkAddress | undefined): void {
    const { running } = member;
    const known = running.core.addresses.sample({ countMax: SAVED_ADDRESSES_MAX, percentMax: 0, isFiltered: true });
    const gossip = new GossipWatch(seedAddress, known.map(({ address }) => address));
    this.#gossip.set(member, gossip);
    this.#heightsAtOpen.set(member, storedHeight(running.core.chain));
    for (const event of running.eventsSince(0).events) gossip.note(event);
    this.#stops.push(running.listen((event) => gossip.note(event)));
  }

  /**
   * The wallet, and its first blocks; a network whose tip has grown old gets one more, so that its
   * nodes relay.
   */
  async #fund(first: Member): Promise<DevnetWallet> {
    const wallet = new DevnetWallet(first, this.#place.seed, this.#rng(STREAMS.wallet));
    const { chain, clock } = first.running.core;
    const height = heightOf(first);
    if (height === 0) {
      const rng = this.#rng(STREAMS.history);
      const script = (): Uint8Array => wallet.nextScript();
      await submitHistory(first, makeHistory(chain.params, FIRST_BLOCKS, clock.unixTime(), rng, script));
      return wallet;
    }
    // Less than all of them, when an earlier start was cut short.
    const missing = Math.max(FIRST_BLOCKS - height, chain.isInitialBlockDownload ? 1 : 0);
    for (let i = 0; i < missing; i++) await first.node.mine(1, { address: wallet.nextAddress() });
    return wallet;
  }

  #untilReady(signal: AbortSignal | undefined): Promise<void> {
    return waitUntil(this.#members, {
      expected: "all nodes to agree on a tip and to find each other",
      types: ["chain:tip", "peer:ready", "addr:learned"],
      isMet: () => this.#members.every((member, index) => this.#isReady(member, index)),
      seen: () => this.#members.map((member) => {
        const { peersFound = 0 } = this.#gossip.get(member) ?? {};
        return `${member.node.name} at height ${heightOf(member)} with ${peersFound} peers found by gossip`;
      }).join(", "),
    }, { timeout: READY_TIMEOUT_MS, ...(signal === undefined ? {} : { signal }) });
  }

  #isReady(member: Member, index: number): boolean {
    const gossip = this.#gossip.get(member);
    const [first] = this.#members;
    if (gossip === undefined || first === undefined) return false;
    const target = heightOf(first);
    if (heightOf(member) !== target || target < FIRST_BLOCKS) return false;
    const missing = index === 0 ? 0 : target - (this.#heightsAtOpen.get(member) ?? 0);
    return gossip.blocksFromPeers >= missing &&
      gossip.peersFound >= gossipNeeded(index, this.#members.length);
  }

  #assemble(wallet: DevnetWallet): Devnet {
    const members = this.#members;
    const production = new Production({
      members,
      rng: this.#rng(STREAMS.blocks),
      address: () => wallet.nextAddress(),
      failed: (error) => net.emit({ type: "net:warning", text: `No block: ${errorText(error)}` }),
    }, this.#plan.block);
    const { seed, folder, isTemporary } = this.#place;
    const net = new Devnet({
      members, wallet, seed, folder, isTemporary,
      moves: portMoves(this.#ports),
      mineNext: () => production.mineNext(),
      close: () => this.close(),
    });
    this.#startActivity(net, production, wallet);
    this.#watchLeaving(net);
    return net;
  }

  #startActivity(net: Devnet, production: Production, wallet: DevnetWallet): void {
    const spread = new SpreadWatch(this.#members, (event) => net.emit(event));
    const traffic = new Traffic({
      members: this.#members, wallet,
      rng: this.#rng(STREAMS.traffic),
      sent: (sent) => net.paid(sent),
      failed: (error) => net.emit({ type: "net:warning", text: `No payment: ${errorText(error)}` }),
    }, this.#plan.traffic);
    this.#stops.push(() => spread.stop(), () => production.stop(), () => traffic.stop());
    production.start();
    traffic.start();
  }

  #watchLeaving(net: Devnet): void {
    for (const member of [...this.#members]) {
      const left = (reason: string): void => {
        if (this.#closed !== undefined) return;
        this.#members.splice(this.#members.indexOf(member), 1);
        net.emit({ type: "net:node-removed", node: member.node.name, reason });
      };
      member.node.closed.then(() => left("it was told to stop"), (error) => left(errorText(error)));
    }
  }

  #rng(stream: number): Rng {
    return seededRng(this.#place.seed * 2 ** 4 + stream);
  }
}

function registered({ name, role, p2pPort, rpcPort, cookieFile, dataDir }: Member["node"]) {
  return { name, role, p2pPort, rpcPort, cookieFile, dataDir };
}
