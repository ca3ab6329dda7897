/**
 * What the steps to a better tip are made of, and what they do when they are taken.
 *
 * @module
 */
import { defined } from "../base/assert.ts";
import { describeViolation, type RuleViolation, violation } from "../consensus/rule_violation.ts";
import type { Block } from "../primitives/block.ts";
import { displayHash } from "../primitives/hash.ts";
import type { FileWrite } from "../store/file_store.ts";
import type { ActivationPorts, ActivationStep, ConnectStep } from "./activation.ts";
import { reasonToCheckScripts } from "./assume_valid.ts";
import { invalidChainLine, updateTipLine, verificationProgress } from "./chain_log.ts";
import type { ChainstateParts } from "./chain_parts.ts";
import type { CoinLayer, CoinSearch } from "./coin_changes.ts";
import { BlockConnecting, type Connection, disconnectBlock } from "./connect_block.ts";
import { forbidsOverwrite } from "./duplicate_coinbases.ts";
import { type BlockId, GENESIS } from "./header_index.ts";
import { takeChangedPages } from "./index_pages.ts";
import { tipChange } from "./restore.ts";
import { scriptJob } from "./script_job.ts";
import { decodeUndo } from "./undo_codec.ts";

/** Answered by a worker whose memory is not what we sent: no block is to be blamed for it. */
const CORRUPT_JOB_RULE = "verify-job-corrupt";

/** As Bitcoin Core's BACKGROUND_LOG_INTERVAL (validation.cpp, UpdateTip). */
const BACKGROUND_LOG_BLOCKS = 2000;

export class TipMover implements ActivationPorts {
  readonly #parts: ChainstateParts;
  /** After each commit. */
  readonly #moved: () => void;
  #lastScriptReason: string | undefined = "";

  constructor(parts: ChainstateParts, moved: () => void) {
    this.#parts = parts;
    this.#moved = moved;
  }

  block(id: BlockId): Block | undefined {
    return this.#parts.blocks.block(id);
  }

  isWritten(id: BlockId): boolean {
    return this.#parts.blocks.isWritten(id);
  }

  blockBytes(id: BlockId): number {
    return this.#parts.headers.blocks.position(id)?.length ?? 0;
  }

  connect(id: BlockId, block: Block, coins: CoinSearch): BlockConnecting {
    const { headers, settings } = this.#parts;
    const previous = headers.context(headers.previous(id) ?? GENESIS);
    const { params } = settings;
    return new BlockConnecting(block, {
      params,
      previous,
      coins,
      forbidsOverwrite: forbidsOverwrite(headers, id, params),
    });
  }

  disconnect(id: BlockId, block: Block, coins: CoinSearch): CoinLayer | undefined {
    const spent = this.#parts.blocks.undo(id);
    return spent === undefined ? undefined : disconnectBlock(block, spent, coins);
  }

  verify(
    id: BlockId,
    block: Block,
    connection: Connection,
    done: (found: RuleViolation | undefined) => void,
  ): void {
    const { ports } = this.#parts;
    // In this order, since the log says of every block whether its scripts count.
    const mustCheck = this.#mustCheckScripts(id) && connection.spentCount > 0;
    const job = mustCheck ? scriptJob(block, connection, ports.areScriptsKnown) : undefined;
    if (job === undefined) done(undefined);
    else ports.verify(job, done);
  }

  commit(steps: readonly ActivationStep[]): void {
    const { active, headers } = this.#parts;
    const from = active.tip;
    const files: FileWrite[] = [];
    for (const step of steps) {
      if (step.type === "connect") files.push(...this.#connected(step));
      else this.#disconnected(step);
    }
    const to = active.tip;
    this.#persist(files);
    // A part of a long way back: what is now as good as the tip may have been left aside before.
    if (headers.compareWork(to, from) < 0) this.#parts.candidates.rebuild();
    // Before anyone is told: the first recent tip, which ends the initial download, is announced too.
    this.#moved();
    this.#parts.tell({ type: "tip-changed", from, to, fork: headers.lastCommonAncestor(from, to) });
    this.#parts.verdicts.tipMoved();
  }

  broken(id: BlockId, found: RuleViolation): void {
    const { acceptance, active, blocks, candidates, headers, ports, verdicts } = this.#parts;
    if (found.rule === CORRUPT_JOB_RULE) {
      ports.logger.error(`Cannot verify block ${displayHash(headers.hash(id))}: ${describeViolation(found)}`);
      candidates.giveUpAbove(id);
      return;
    }
    ports.logger.info(`Block validation error: ${describeViolation(found)}`);
    const fallen = candidates.invalidate(id);
    acceptance.chooseBest();
    ports.logger.info(invalidChainLine(headers, "invalid block", id));
    ports.logger.info(invalidChainLine(headers, "current best", active.tip));
    this.#parts.outbox.send({ index: takeChangedPages(headers) });
    for (const each of fallen) {
      blocks.forget(each);
      verdicts.tellBad(each, each === id ? found : violation("bad-prevblk"));
    }
  }

  lost(id: BlockId): void {
    const { blocks, candidates, headers, outbox, ports } = this.#parts;
    const hash = displayHash(headers.hash(id));
    const height = headers.height(id);
    ports.logger.error(`Block ${hash} at height ${height} cannot be read: it has to be downloaded again`);
    blocks.forget(id);
    candidates.lost(id);
    outbox.send({ index: takeChangedPages(headers) });
  }

  stuck(id: BlockId, end: BlockId): void {
    const { candidates, headers, ports } = this.#parts;
    ports.logger.error(
      `DisconnectBlock(): failure reading undo data of block ${displayHash(headers.hash(id))}: the better ` +
        `chain to ${displayHash(headers.hash(end))} cannot be followed. Restore a copy of the data ` +
        "directory, or move it away and let the node download the chain again",
    );
    candidates.giveUp(end);
  }

  #connected({ id, block, changes, undo }: ConnectStep): readonly FileWrite[] {
    const { active, blocks, coins, headers, verdicts } = this.#parts;
    const writes = blocks.storeUndo(id, undo);
    headers.blocks.setConnected(id);
    changes.applyTo(coins);
    active.push(id);
    blocks.forget(id);
    this.#logTip();
    this.#parts.tell({
      type: "block-connected", id, block,
      source: verdicts.sourceOf(id),
      // Few ask for them.
      get spent() {
        return defined(decodeUndo(undo), "what was written can be read");
      },
    });
    return writes;
  }

  #disconnected({ id, block, changes }: ActivationStep): void {
    const { active, coins, ports } = this.#parts;
    changes.applyTo(coins);
    active.pop();
    ports.pruneLocks?.disconnectedTo(active.height);
    this.#logTip();
    this.#parts.tell({ type: "block-disconnected", id, block });
  }

  #persist(files: readonly FileWrite[]): void {
    const { active, blocks, headers, outbox } = this.#parts;
    const tip = this.#parts.role === "active" ? [tipChange(headers.hash(active.tip))] : [];
    const index = [...takeChangedPages(headers), ...tip];
    outbox.send({ files, index }, () => blocks.written(undefined, files));
  }

  #logTip(): void {
    const { acceptance, active, coins, headers, ports, role, settings } = this.#parts;
    // Of blocks that everyone has had for long, only some are told of.
    if (role === "background" && active.height % BACKGROUND_LOG_BLOCKS !== 0) return;
    const now = ports.clock.unixTime();
    const progress = verificationProgress(headers, active.tip, acceptance.best, now, settings.params);
    const prefix = role === "background" ? "[background validation] " : "";
    ports.logger.info(prefix + updateTipLine(headers, active.tip, progress, coins));
  }

  #mustCheckScripts(id: BlockId): boolean {
    const { acceptance, headers, ports, settings } = this.#parts;
    const { assumeValid, minimumChainWork, params } = settings;
    // Only after a crash: these very bytes were checked before.
    if (headers.blocks.wasConnected(id)) return false;
    const reason = reasonToCheckScripts(headers, id, acceptance.best, assumeValid, minimumChainWork, params);
    if (reason !== this.#lastScriptReason) {
      const block = `block #${headers.height(id)} (${displayHash(headers.hash(id))})`;
      const line = reason === undefined ? `Disabling script verification at ${block}.` :
        `Enabling script verification at ${block}: ${reason}.`;
      ports.logger.info(line);
      this.#lastScriptReason = reason;
    }
    return reason !== undefined;
  }
}
