import type { SavedBook } from "../addrbook/address_file.ts";
import type { Asmap } from "../addrbook/asmap.ts";
import type { TableRules } from "../addrbook/table_rules.ts";
import type { Bytes } from "../base/bytes.ts";
import type { Without } from "../base/defences.ts";
import type { Logger } from "../base/logger.ts";
import type { Rng } from "../base/rng.ts";
import type { Clock } from "../base/time.ts";
import type { RestoredChain } from "../chain/chain_ports.ts";
import type { IndexStores } from "../chain/indexes/indexes.ts";
import type { FileReader } from "../store/file_store.ts";
import type { KeyValueReader } from "../store/key_value_store.ts";

/** What a node is given of the world: all of it answers at once. */
export interface NodePorts {
  readonly clock: Clock;
  readonly rng: Rng;
  readonly logger: Logger;
  readonly files: FileReader;
  readonly index: KeyValueReader;
  readonly coins: KeyValueReader;
  /** Those that a snapshot is loaded into; left out, none can be. */
  readonly snapshotCoins?: KeyValueReader;
  /** One for each of `NodeOptions.indexes`. */
  readonly indexes?: IndexStores;
  /** What the start found on disk. */
  readonly restored: RestoredChain;
  /** What `peers.dat` held; `undefined` when there was none. */
  readonly savedBook: SavedBook | undefined;
  /** What `anchors.dat` held. */
  readonly savedAnchors?: Bytes | undefined;
  /** What `banlist.json` held. */
  readonly savedBans?: Bytes | undefined;
  /** Which addresses are whose (`-asmap`). */
  readonly asmap?: Asmap | undefined;
  /** Sizes of the address book's tables that are not the usual ones: for studies, never in use. */
  readonly tableRules?: Partial<TableRules>;
  /** Defences that this node is to do without: for studies, never in use. */
  readonly without?: Without;
}
