/**
 * The chain of a node, and the indexes beside it, made of what the node is given and told.
 *
 * @module
 */
import type { Clock } from "../base/time.ts";
import type { ChainPorts } from "../chain/chain_ports.ts";
import { ChainState } from "../chain/chain_state.ts";
import { futureTipFault } from "../chain/future_tip.ts";
import { Indexes } from "../chain/indexes/indexes.ts";
import type { PruneLocks } from "../chain/prune_locks.ts";
import { ChainDataError } from "../chain/restore.ts";
import type { ScriptsKnown } from "../chain/script_job.ts";
import type { NodeOptions } from "./node_options.ts";
import type { NodePorts } from "./node_ports.ts";
import type { OutsideWork } from "./outside_work.ts";

/** What the chain and its indexes need of the node. */
export interface ChainKeeping extends Pick<ChainPorts, "clock" | "event"> {
  /** What a power cut may take back does not stand still with a mocked clock. */
  readonly realClock: Clock;
  readonly pruneLocks: PruneLocks;
  /** Asked for each block. */
  areScriptsKnown(): ScriptsKnown | undefined;
  readonly outside: OutsideWork;
  fatal(why: string): void;
}

/** @throws {ChainDataError} when what is on disk cannot be used */
export function openChain(ports: NodePorts, options: NodeOptions, keeping: ChainKeeping): ChainState {
  const { clock, event, fatal, outside, pruneLocks } = keeping;
  const { coins, files, index, logger, restored, rng, snapshotCoins } = ports;
  const chain = new ChainState({
    clock, rng, logger, files, index, coins, snapshotCoins,
    pruneLocks, fatal, event,
    verify: (payload, done) => outside.verify(payload, done),
    hashCoins: (done) => outside.hashCoins(done),
    persist: (writes, done) => outside.persist(writes, done),
    get areScriptsKnown() {
      return keeping.areScriptsKnown();
    },
  }, {
    params: options.params,
    pruneTarget: options.pruneTarget,
    coinsCacheBytes: options.coinsCacheBytes,
    coinsBatchBytes: options.coinsBatchBytes,
    minimumChainWork: options.minimumChainWork,
    assumeValid: options.assumeValid,
    maxTipAge: options.maxTipAge,
    blockFileBytes: options.blockFileBytes,
  }, restored);
  const ahead = futureTipFault(chain.headers, chain.tip, clock.unixTime());
  if (ahead !== undefined) throw new ChainDataError(ahead);
  return chain;
}

/** @throws {ChainDataError} when one cannot be used */
export function openIndexes(
  { files, indexes, logger }: NodePorts, chain: ChainState,
  { outside, pruneLocks, realClock }: ChainKeeping,
): Indexes {
  return new Indexes({
    chain, logger, pruneLocks, files,
    clock: realClock,
    stores: indexes ?? {},
    multiplyCoins: (change, done) => outside.multiplyCoins(change, done),
    persist: (kind, { changes, files: writes, sync }, done) => {
      const indexChanges = [{ kind, changes }];
      outside.persist({ files: writes, index: [], coins: [], indexes: indexChanges, removeFiles: [], sync }, done);
    },
  });
}
