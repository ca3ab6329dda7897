import type { ActiveChain } from "./active_chain.ts";
import type { BlockFiles } from "./block_files.ts";
import type { Candidates } from "./candidates.ts";
import type { ChainPorts, ChainSettings } from "./chain_ports.ts";
import type { CoinsCache } from "./coins_cache.ts";
import type { HeaderAcceptance } from "./header_acceptance.ts";
import type { HeaderIndex } from "./header_index.ts";
import type { Outbox } from "./outbox.ts";
import type { PendingVerdicts } from "./pending_verdicts.ts";
import type { StoredBlocks } from "./stored_blocks.ts";

/** What a `ChainState` consists of, for the classes that each do a part of its work. */
export interface ChainParts {
  readonly ports: ChainPorts;
  readonly settings: ChainSettings;
  readonly headers: HeaderIndex;
  readonly acceptance: HeaderAcceptance;
  readonly active: ActiveChain;
  readonly candidates: Candidates;
  readonly files: BlockFiles;
  readonly blocks: StoredBlocks;
  readonly coins: CoinsCache;
  readonly verdicts: PendingVerdicts;
  readonly outbox: Outbox;
}
