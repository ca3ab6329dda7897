import { checkBlock, checkBlockInContext } from "../consensus/block_rules.ts";
import { describeViolation, type RuleViolation, violation } from "../consensus/rule_violation.ts";
import type { Block } from "../primitives/block.ts";
import { displayHash } from "../primitives/hash.ts";
import type { BlockHeader } from "../primitives/header.ts";
import type { FilePosition } from "./block_table.ts";
import { headerProgress } from "./chain_log.ts";
import type { AddBlockOptions, BlockVerdict, HeadersVerdict } from "./chain_ports.ts";
import type { ChainParts } from "./chain_parts.ts";
import { type BlockId, GENESIS } from "./header_index.ts";
import { takeChangedPages } from "./index_pages.ts";
import { BLOCKS_TO_KEEP } from "./prune_choice.ts";

export interface AcceptanceFacts {
  isInitialBlockDownload(): boolean;
  /** Whether the block is for the background, which tells nobody what it finds (chainstates.ts). */
  isHistorical(id: BlockId): boolean;
}

/** Takes in headers and blocks: what is good is stored, and connected later. */
export class BlockAcceptance {
  readonly #parts: ChainParts;
  readonly #facts: AcceptanceFacts;

  constructor(parts: ChainParts, facts: AcceptanceFacts) {
    this.#parts = parts;
    this.#facts = facts;
  }

  addHeaders(headers: readonly BlockHeader[], hasEnoughWork: boolean): HeadersVerdict {
    const { acceptance, outbox } = this.#parts;
    const bestBefore = acceptance.best;
    let last: BlockId | undefined;
    let added = 0;
    let refused: HeadersVerdict | undefined;
    for (const [at, header] of headers.entries()) {
      const verdict = acceptance.accept(header, hasEnoughWork);
      if (verdict.type === "invalid") refused = { ...verdict, at };
      else if (verdict.type !== "unconnected") last = verdict.id;
      else refused = at === 0 ? verdict : { type: "invalid", violation: violation("prev-blk-not-found"), at };
      if (refused !== undefined) break;
      if (verdict.type !== "added") continue;
      added++;
      this.#parts.ports.event({ type: "header-accepted", id: verdict.id });
    }
    if (last !== undefined && added > 0) {
      this.#logHeader(last);
      if (acceptance.best !== bestBefore) this.#logProgress(last);
      outbox.send({ index: takeChangedPages(this.#parts.headers) });
    }
    return refused ?? { type: "accepted", last: last ?? GENESIS, added };
  }

  /** In the order of Bitcoin Core's ProcessNewBlock and AcceptBlock (validation.cpp). */
  addBlock(block: Block, options: AddBlockOptions): BlockVerdict {
    const { params } = this.#parts.settings;
    const fault = checkBlock(block, params);
    if (fault !== undefined) return this.#refuse(fault, fault.mutated);
    const found = this.#parts.acceptance.accept(block.header, options.hasEnoughWork ?? true);
    if (found.type === "unconnected") {
      this.#refuse(violation("prev-blk-not-found"), false);
      return found;
    }
    if (found.type === "invalid") return this.#refuse(found.violation, false);
    if (found.type === "added") {
      this.#parts.ports.event({ type: "header-accepted", id: found.id });
      this.#logHeader(found.id);
    }
    const verdict = this.#acceptBody(found.id, block, options);
    // What was stored is written with its header; otherwise the header, or a mark on it, is news alone.
    const index = takeChangedPages(this.#parts.headers);
    if (index.length > 0) this.#parts.outbox.send({ index });
    return verdict;
  }

  #acceptBody(id: BlockId, block: Block, { requested, source, position }: AddBlockOptions): BlockVerdict {
    const { headers, settings } = this.#parts;
    if (headers.hasBlock(id)) return { type: "duplicate", id };
    if (!requested && !this.#isWorthStoring(id)) return { type: "ignored", id };
    const previous = headers.previous(id);
    const context = headers.context(previous ?? GENESIS);
    const fault = previous === undefined ? undefined : checkBlockInContext(block, context, settings.params);
    if (fault === undefined) {
      return { type: "accepted", id, unlocks: this.#store(id, block, source, position) };
    }
    if (!fault.mutated) this.#invalidate(id);
    return this.#refuse(fault, fault.mutated);
  }

  /** A block that nobody asked for must be likely to become our tip soon. */
  #isWorthStoring(id: BlockId): boolean {
    const { active, headers, settings } = this.#parts;
    // It was here before, and is pruned.
    if (headers.transactionCount(id) > 0) return false;
    if (headers.compareWork(id, active.tip) < 0) return false;
    // Out of order blocks keep whole files from being pruned.
    if (headers.height(id) > active.height + BLOCKS_TO_KEEP) return false;
    return headers.chainWork(id) >= settings.minimumChainWork;
  }

  /** Returns how many blocks can now be connected that could not before. */
  #store(
    id: BlockId, block: Block, source: number | undefined, position: FilePosition | undefined,
  ): number {
    const { blocks, candidates, headers, outbox, verdicts } = this.#parts;
    const files = blocks.store(id, block, position);
    const isHistorical = this.#facts.isHistorical(id);
    if (!isHistorical) verdicts.expect(id, source);
    const linked = candidates.received(id);
    for (const each of linked) verdicts.linked(each, candidates.goalOf(each));
    // Near the tip it is safe from a power cut before anyone is told that it is connected.
    const sync = !isHistorical && !this.#facts.isInitialBlockDownload();
    outbox.send({ files, index: takeChangedPages(headers), sync }, () => blocks.written(id, files));
    return isHistorical ? 0 : linked.length;
  }

  #invalidate(id: BlockId): void {
    const { acceptance, candidates, verdicts } = this.#parts;
    for (const each of candidates.invalidate(id)) verdicts.tellBad(each, violation("bad-prevblk"));
    acceptance.chooseBest();
  }

  #refuse(found: RuleViolation, mutated: boolean): BlockVerdict {
    const { logger } = this.#parts.ports;
    const shown = describeViolation(found);
    if (mutated) logger.debug("validation", () => `Block mutated: ${shown}`);
    logger.error(`ProcessNewBlock: AcceptBlock FAILED (${shown})`);
    return { type: "invalid", violation: found, mutated };
  }

  #logProgress(id: BlockId): void {
    const { headers, ports, settings } = this.#parts;
    if (!this.#facts.isInitialBlockDownload()) return;
    const height = headers.height(id);
    const now = ports.clock.unixTime();
    const progress = headerProgress(height, headers.time(id), now, settings.params.work);
    ports.logger.info(`Synchronizing blockheaders, height: ${height} (${progress})`);
  }

  /** While catching up there are too many of them to interest anyone. */
  #logHeader(id: BlockId): void {
    const { headers, ports } = this.#parts;
    const text = () => `Saw new header hash=${displayHash(headers.hash(id))} height=${headers.height(id)}`;
    if (this.#facts.isInitialBlockDownload()) ports.logger.debug("validation", text);
    else ports.logger.info(text());
  }
}
