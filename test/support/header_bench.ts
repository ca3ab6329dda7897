import { seededRng } from "../../src/base/rng.ts";
import type { BlockId } from "../../src/chain/header_index.ts";
import type { Peer, PeerId } from "../../src/peer/peer.ts";
import type { BlockHeader } from "../../src/primitives/header.ts";
import { HeaderSync } from "../../src/protocol/header_sync.ts";
import { PeerChainViews } from "../../src/protocol/peer_chain_view.ts";
import { MSG_BLOCK } from "../../src/wire/messages/inventory.ts";
import { FakeChain } from "./fake_chain.ts";
import { ProtocolBench } from "./protocol_bench.ts";

/** Header sync by itself, on a chain that has nothing but genesis. */
export function headerBench({ minimumChainWork = 0n }: { readonly minimumChainWork?: bigint } = {}) {
  const outbox = new ProtocolBench();
  const chain = new FakeChain();
  const views = new PeerChainViews(chain.headers);
  const told: { readonly peer: Peer; readonly last: BlockId }[] = [];
  const presynced: { readonly peer: PeerId; readonly height: number }[] = [];
  const sync = new HeaderSync(
    {
      clock: outbox.clock, rng: seededRng(5), logger: outbox.logger, outbox, chain, views,
      headersReceived: (peer, last) => void told.push({ peer, last }),
      presynced: (peer, height) => void presynced.push({ peer, height }),
    },
    { minimumChainWork },
  );
  outbox.protocols.push(sync);
  return { outbox, chain, views, sync, told, presynced };
}

export function headersMessage(headers: readonly BlockHeader[]) {
  return { type: "headers", value: { headers } } as const;
}

export function headersOf(blocks: readonly { readonly header: BlockHeader }[]) {
  return headersMessage(blocks.map(({ header }) => header));
}

export function blockInv(...hashes: readonly Uint8Array[]) {
  return { type: "inv", value: { items: hashes.map((hash) => ({ type: MSG_BLOCK, hash })) } } as const;
}
