import type { ActiveChain } from "./active_chain.ts";
import type { BlockFiles } from "./block_files.ts";
import type { Candidates, ChainChoice } from "./candidates.ts";
import type { ChainEvent, ChainPorts, ChainSettings } from "./chain_ports.ts";
import type { CoinsCache } from "./coins_cache.ts";
import type { HeaderAcceptance } from "./header_acceptance.ts";
import type { HeaderIndex } from "./header_index.ts";
import type { Outbox } from "./outbox.ts";
import type { PendingVerdicts } from "./pending_verdicts.ts";
import type { StoredBlocks } from "./stored_blocks.ts";

/** What a chainstate consists of, and what it shares with the other one, if there are two. */
export interface ChainstateParts {
  /** `background`: it checks what the active one took on trust, and nobody hears of it. */
  readonly role: "active" | "background";
  /** Which database its coins are in: the one that began empty, or the one that a snapshot filled. */
  readonly store: "chainstate" | "snapshot";
  readonly ports: ChainPorts;
  readonly settings: ChainSettings;
  readonly headers: HeaderIndex;
  readonly acceptance: HeaderAcceptance;
  readonly active: ActiveChain;
  readonly candidates: ChainChoice;
  readonly blocks: StoredBlocks;
  readonly coins: CoinsCache;
  readonly verdicts: PendingVerdicts;
  readonly outbox: Outbox;
  /** What happened to its chain, for whoever listens to such chains. */
  tell(event: ChainEvent): void;
}

/**
 * What a `ChainState` consists of, for the classes that each do a part of its work: those of its active
 * chainstate.
 */
export interface ChainParts extends ChainstateParts {
  readonly candidates: Candidates;
  readonly files: BlockFiles;
}
