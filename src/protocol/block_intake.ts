/**
 * What a block does to who sent it: the chain takes it or not, its sender waits for the verdict where
 * that bears on what else it says, and is punished for a bad one.
 *
 * Source: Bitcoin Core, net_processing.cpp, ProcessBlock, BlockChecked and MaybePunishNodeForBlock.
 *
 * @module
 */
import type { Clock } from "../base/time.ts";
import type { Logger } from "../base/logger.ts";
import type { BlockVerdict, ChainEvent } from "../chain/chain_ports.ts";
import type { ChainState } from "../chain/chain_state.ts";
import type { BlockId } from "../chain/header_index.ts";
import type { RuleViolation } from "../consensus/rule_violation.ts";
import type { Peer, PeerId } from "../peer/peer.ts";
import type { Block } from "../primitives/block.ts";
import { type HashKey, hashKey } from "../primitives/hash.ts";
import { blockWork } from "../primitives/target.ts";
import { BLOCKS_IN_FLIGHT_MAX } from "./choose_blocks.ts";
import type { Outbox } from "./protocol.ts";
import { antiDosWork } from "./work_threshold.ts";

/**
 * In the initial download a peer is not parked while a block of its is checked that we asked for, when
 * we are this far behind: the checks are then best kept fed, and nothing it says hangs on the outcome.
 * One that lets more blocks than this be connected gives the checks enough to do.
 */
const CATCHING_UP_BLOCKS = BLOCKS_IN_FLIGHT_MAX;

export interface BlockIntakePorts {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly outbox: Pick<Outbox, "misbehaving" | "park" | "unpark">;
  readonly chain: Pick<
    ChainState, "params" | "headers" | "tip" | "bestHeader" | "isInitialBlockDownload" | "addBlock"
  >;
}

/** Who has sent a block. */
export interface BlockSender {
  readonly peer: Peer;
  /** Its block that is being checked, and whose verdict it has to wait for. */
  awaiting: HashKey | undefined;
  isParked: boolean;
}

type Accepted = Extract<BlockVerdict, { readonly type: "accepted" }>;

export class BlockIntake {
  readonly #ports: BlockIntakePorts;
  readonly #minimumChainWork: bigint;

  constructor(ports: BlockIntakePorts, options: { readonly minimumChainWork: bigint }) {
    this.#ports = ports;
    this.#minimumChainWork = options.minimumChainWork;
  }

  /** `requested`: of anyone. Returns which block it is, when it is stored, or on its way there. */
  take(sender: BlockSender, block: Block, requested: boolean): BlockId | undefined {
    const { chain, clock, logger, outbox } = this.#ports;
    const { peer } = sender;
    // The verdict on it may come before `addBlock` returns.
    sender.awaiting = hashKey(block.hash);
    const hasEnoughWork = this.#hasEnoughWork(block);
    const verdict = chain.addBlock(block, { source: peer.id, requested, hasEnoughWork });
    if (verdict.type === "accepted") {
      peer.stats.lastBlockAt = clock.now();
      if (!this.#shouldPark(verdict, requested)) sender.awaiting = undefined;
      if (sender.awaiting !== undefined) this.#park(sender);
      return verdict.id;
    }
    sender.awaiting = undefined;
    if (verdict.type === "unconnected") outbox.misbehaving(peer, "prev-blk-not-found");
    if (verdict.type !== "invalid") return undefined;
    if (verdict.mutated) {
      logger.debug("net", () => `Received mutated block from peer=${peer.id}`);
      outbox.misbehaving(peer, "mutated block");
    } else {
      this.#punish(peer, verdict.violation);
    }
    return undefined;
  }

  /** The chain has judged a block, whoever it came from. */
  blockChecked(
    { hash, violation, source }: Extract<ChainEvent, { readonly type: "block-checked" }>,
    senders: ReadonlyMap<PeerId, BlockSender>,
  ): void {
    const key = hashKey(hash);
    for (const sender of senders.values()) if (sender.awaiting === key) this.#unpark(sender);
    const sender = source === undefined ? undefined : senders.get(source as PeerId);
    // Whoever sent what builds on a bad block could not know that it is bad.
    const isOwnFault = violation !== undefined && violation.rule !== "bad-prevblk";
    if (sender !== undefined && isOwnFault) this.#punish(sender.peer, violation);
  }

  /** A header that comes with a block must be worth its place, as one that comes alone. */
  #hasEnoughWork({ header }: Block): boolean {
    const { chain } = this.#ports;
    const parent = chain.headers.find(header.previous);
    if (parent === undefined) return false;
    const work = chain.headers.chainWork(parent) + blockWork(header.bits);
    return work >= antiDosWork(chain, this.#minimumChainWork);
  }

  /** Whether the verdict comes soon, and may bear on what else its sender says. */
  #shouldPark({ id, unlocks }: Accepted, requested: boolean): boolean {
    const { chain } = this.#ports;
    const behind = chain.headers.height(chain.bestHeader) - chain.headers.height(id);
    const isCatchingUp = requested && chain.isInitialBlockDownload && behind >= CATCHING_UP_BLOCKS;
    return unlocks > (isCatchingUp ? CATCHING_UP_BLOCKS : 0);
  }

  #punish(peer: Peer, { rule }: RuleViolation): void {
    // Whose clock is wrong is not known; an inbound peer may just not know what we know to be bad.
    const isPeersOwnView = rule === "duplicate-invalid" && peer.isInbound;
    const isForgiven = rule === "time-too-new" || rule === "too-little-chainwork" || isPeersOwnView;
    if (!isForgiven) this.#ports.outbox.misbehaving(peer, rule);
  }

  #park(sender: BlockSender): void {
    sender.isParked = true;
    this.#ports.outbox.park(sender.peer);
  }

  #unpark(sender: BlockSender): void {
    sender.awaiting = undefined;
    if (!sender.isParked) return;
    sender.isParked = false;
    this.#ports.outbox.unpark(sender.peer);
  }
}
