/**
 * Carries out commands, and answers each once.
 *
 * @module
 */
import type { AddressBook } from "../addrbook/address_book.ts";
import { assert, unreachable } from "../base/assert.ts";
import type { ConnectionManager } from "../connections/connection_manager.ts";
import type { Admission, Mempool } from "../mempool/mempool.ts";
import { solve } from "../mining/solve.ts";
import type { Networks } from "../connections/networks.ts";
import type { Connection } from "../peer/connection.ts";
import { dialKey, formatAddress } from "../primitives/host_text.ts";
import type { Block } from "../primitives/block.ts";
import type { BlockHash } from "../primitives/hash.ts";
import type { BlockHeader } from "../primitives/header.ts";
import type { Transaction } from "../primitives/transaction.ts";
import type { ChainState } from "../chain/chain_state.ts";
import type { Indexes } from "../chain/indexes/indexes.ts";
import { type Answer, DONE, failed, succeeded } from "./answer.ts";
import type { BlockDesk } from "./block_desk.ts";
import type { BlockGenerator } from "./block_generator.ts";
import type { BlockMaker } from "./block_maker.ts";
import type { ChainChecker } from "./chain_checker.ts";
import type { Command, CommandResult } from "./command.ts";
import type { Conversations } from "./conversations.ts";
import type { Dialing } from "./dialing.ts";
import type { HostDesk } from "./host_desk.ts";
import { localServices } from "./introduce.ts";
import type { MockClock } from "./mock_clock.ts";
import type { NodeOptions } from "./node_options.ts";
import { OneAtATime } from "./one_at_a_time.ts";
import type { PrivateBroadcast } from "./private_broadcast.ts";
import type { Peering } from "./peering.ts";

/** `generateblock` is for networks where a block takes a few hashes: Bitcoin Core's bound on them. */
const TRIES_MAX = 1_000_000;

export interface DeskPorts {
  readonly options: NodeOptions;
  readonly clock: MockClock;
  readonly chain: ChainState;
  readonly indexes: Indexes;
  readonly mempool: Mempool;
  readonly addresses: AddressBook;
  readonly manager: ConnectionManager;
  readonly networks: Networks;
  readonly privateBroadcast: PrivateBroadcast | undefined;
  readonly hosts: HostDesk;
  readonly dialing: Dialing;
  readonly peering: Peering;
  readonly conversations: Conversations;
  readonly blocks: BlockDesk;
  readonly generator: BlockGenerator;
  readonly maker: BlockMaker;
  readonly checker: ChainChecker;
}

/** Those about the node as a whole are `NodeCore`'s own. */
export type DeskCommand = Exclude<Command, { readonly type: "settle" | "shut-down" }>;

type CommandOf<T extends DeskCommand["type"]> = Extract<DeskCommand, { readonly type: T }>;

export class CommandDesk {
  readonly #ports: DeskPorts;
  readonly #making = new OneAtATime();

  constructor(ports: DeskPorts) {
    this.#ports = ports;
  }

  carryOut(command: DeskCommand, answer: Answer): void {
    const { blocks, generator, maker, dialing, conversations, peering, clock, networks } = this.#ports;
    switch (command.type) {
      case "submit-transaction":
        return this.#submitTransaction(command, answer);
      case "test-transaction":
        return this.#ports.mempool.test(command.transaction, (admission) => {
          answer(succeeded({ type: "admission", admission }));
        });
      case "abort-private-broadcast":
        return answer(this.#abortPrivately(command.id));
      case "fetch-block":
        return answer(this.#fetchBlock(command));
      case "prioritise":
        this.#ports.mempool.prioritise(command.txid, command.change);
        return answer(DONE);
      case "test-block":
        return this.#ports.chain.testBlock(command.block, (violation) => {
          answer(succeeded({ type: "block-test", violation }));
        });
      case "check-chain":
        return this.#ports.checker.start(this.#ports.chain.check(command.level, command.depth), answer);
      case "submit-block":
        return blocks.submit(command.block, command.position, answer);
      case "blocks-loaded":
        this.#ports.chain.blocksLoaded();
        return answer(DONE);
      case "submit-header":
        return answer(this.#submitHeader(command.header));
      case "generate": {
        const { count, maxTries, script } = command;
        return generator.start({ assemble: () => maker.fromMempool(script).block, count, maxTries, answer });
      }
      case "generate-block":
        // Two that are made on the same tip could be the very same block.
        return this.#making.run((done) => this.#generateBlock(command, (answered) => {
          answer(answered);
          done();
        }));
      case "add-node":
        return this.#addNode(command, answer);
      case "add-connection":
        return dialing.request(networks.asReached(command.address), command.connection, { wantsV2: command.wantsV2 }, answer);
      case "ban":
      case "unban":
      case "clear-bans":
      case "add-peer-address":
        return answer(this.#ports.hosts.carryOut(command));
      case "set-network-active":
        dialing.setNetworkActive(command.isActive);
        return answer(DONE);
      case "disconnect":
        return answer(this.#disconnect(command));
      case "send-message":
        return answer(this.#sendMessage(command));
      case "ping":
        conversations.requestPing();
        peering.passAll();
        return answer(DONE);
      case "set-mock-time":
        clock.set(command.time);
        return answer(DONE);
      case "invalidate-block":
      case "reconsider-block":
      case "precious-block":
        return this.#controlChain(command, answer);
      case "prune": {
        const { chain } = this.#ports;
        // Blocks are only removed once coins as of a later one are on disk.
        return chain.flush(() => {
          chain.pruneTo(command.height);
          // What goes to disk later is told of later: by then the files are gone.
          chain.flush(() => answer(succeeded({ type: "count", count: chain.prunedBelow })));
        });
      }
      case "await-index":
        return this.#ports.indexes.whenCurrent(command.index, (isCurrent) => {
          answer(succeeded({ type: "index-state", isCurrent }));
        });
      case "activate-snapshot":
        return this.#activateSnapshot(command.base, answer);
      case "flush":
        return this.#ports.chain.flush(() => answer(DONE));
      case "add-addresses":
        return answer(this.#addAddresses(command));
      default:
        return unreachable(command);
    }
  }

  #activateSnapshot(base: BlockHash, answer: Answer): void {
    const { chain } = this.#ports;
    const late = chain.isSnapshotAhead(base) ? undefined : "work does not exceed active chainstate";
    const why = snapshotRefusal(this.#ports, base) ?? late;
    if (why !== undefined) return answer(failed({ code: "snapshot-refused", why }));
    chain.activateSnapshot(base, () => answer(DONE));
  }

  #fetchBlock({ hash, peer }: CommandOf<"fetch-block">): CommandResult {
    const { chain, conversations } = this.#ports;
    const id = chain.headers.find(hash);
    if (id === undefined) return failed({ code: "block-not-found" });
    const reason = conversations.fetchBlock(peer, id);
    return reason === undefined ? DONE : failed({ code: "fetch-refused", reason });
  }

  #controlChain(
    { type, hash }: CommandOf<"invalidate-block" | "reconsider-block" | "precious-block">, answer: Answer,
  ): void {
    const { chain } = this.#ports;
    const id = chain.headers.find(hash);
    if (id === undefined) return answer(failed({ code: "block-not-found" }));
    switch (type) {
      case "invalidate-block":
        return chain.invalidate(id, () => {
          const isStuck = chain.headers.isInvalid(chain.tip);
          answer(isStuck ? failed({ code: "chain-stuck" }) : DONE);
        });
      case "reconsider-block":
        return chain.reconsider(id, () => answer(DONE));
      case "precious-block":
        return chain.prefer(id, () => answer(DONE));
    }
  }

  #submitTransaction({ transaction, maxFeeRate }: CommandOf<"submit-transaction">, answer: Answer): void {
    const { chain, mempool, privateBroadcast } = this.#ports;
    const { txid } = transaction;
    if (privateBroadcast?.isPossible === false) return answer(failed({ code: "private-broadcast-impossible" }));
    const isConfirmed = transaction.outputs.some((_, index) => chain.coin({ txid, index }) !== undefined);
    const present = mempool.get(txid)?.transaction;
    if (isConfirmed && present === undefined) return answer(failed({ code: "already-in-chain" }));
    if (present !== undefined && privateBroadcast !== undefined) return this.#sendPrivately(transaction, answer);
    // It may be here with another witness, and stays as it is: that one is announced.
    if (present !== undefined) return this.#admit(present, answer);
    if (maxFeeRate === 0 && privateBroadcast === undefined) return this.#admit(transaction, answer);
    // What it would pay is known only once its inputs are, so it is tried first.
    mempool.test(transaction, (admission) => {
      const feeRate = admission.type === "accepted" ? (admission.entry.fee * 1000) / transaction.vsize : 0;
      const isTooHigh = maxFeeRate !== 0 && feeRate > maxFeeRate;
      if (isTooHigh) return answer(failed({ code: "fee-too-high", feeRate, max: maxFeeRate }));
      if (privateBroadcast === undefined) return this.#admit(transaction, answer);
      if (admission.type === "accepted") return this.#sendPrivately(transaction, answer);
      answer(admissionResult(transaction, admission));
    });
  }

  /** It comes into our mempool when it comes back from the network. */
  #sendPrivately(transaction: Transaction, answer: Answer): void {
    const outcome = this.#ports.privateBroadcast?.submit(transaction);
    if (outcome === "full") return answer(failed({ code: "private-broadcast-full" }));
    answer(succeeded({ type: "txid", txid: transaction.txid }));
  }

  #abortPrivately(id: string): CommandResult {
    const removed = this.#ports.privateBroadcast?.abort(id) ?? [];
    return succeeded({ type: "transactions", transactions: removed });
  }

  #admit(transaction: Transaction, answer: Answer): void {
    const { mempool, conversations } = this.#ports;
    mempool.submit(transaction, (admission) => {
      // One that was here before is announced again: that is what its sender asks for.
      if (admission.type === "known") conversations.announce(transaction);
      answer(admissionResult(transaction, admission));
    });
  }

  #submitHeader(header: BlockHeader): CommandResult {
    const verdict = this.#ports.chain.addHeaders([header]);
    const value = verdict.type === "invalid" ? verdict.violation : verdict.type;
    return succeeded({ type: "header-verdict", verdict: value });
  }

  #generateBlock({ script, transactions, submit }: CommandOf<"generate-block">, answer: Answer): void {
    const { chain, maker } = this.#ports;
    const made = maker.fromTransactions(script, transactions);
    if ("missing" in made) return answer(failed({ code: "transaction-not-found", txid: made.missing }));
    // What is asked for may break any rule, and is judged before work is done on it.
    chain.testBlock(made, (violation) => {
      if (violation !== undefined) return answer(failed({ code: "block-invalid", violation }));
      this.#solve(made, submit, answer);
    });
  }

  #solve(made: Block, submit: boolean, answer: Answer): void {
    const { blocks } = this.#ports;
    const solved = solve(made, TRIES_MAX)?.block;
    if (solved === undefined) {
      const violation = { rule: "high-hash", detail: `no nonce of ${TRIES_MAX} meets the target` };
      return answer(failed({ code: "block-invalid", violation }));
    }
    const result = succeeded({ type: "block", block: solved });
    if (!submit) return answer(result);
    const verdict = blocks.add(solved, (violation) => {
      answer(violation === undefined ? result : failed({ code: "block-invalid", violation }));
    });
    if (verdict.type === "invalid") answer(failed({ code: "block-invalid", violation: verdict.violation }));
    else assert(verdict.type === "accepted", "a block just made on the tip is new and connects");
  }

  #addNode({ address: given, mode, text, wantsV2 }: CommandOf<"add-node">, answer: Answer): void {
    const { manager, dialing, networks } = this.#ports;
    const address = networks.asReached(given);
    switch (mode) {
      case "add":
        return answer(manager.addNode(address, text ?? formatAddress(address), wantsV2)
          ? DONE : failed({ code: "node-already-added" }));
      case "remove":
        return answer(manager.removeNode(address) ? DONE : failed({ code: "node-not-added" }));
      case "onetry":
        return dialing.request(address, "manual", { wantsV2 }, answer);
    }
  }

  #disconnect({ peer }: CommandOf<"disconnect">): CommandResult {
    const { peering, networks } = this.#ports;
    const found = typeof peer === "number"
      ? peering.get(peer)
      : [...peering.all()].find(({ address }) => dialKey(address) === dialKey(networks.asReached(peer)));
    if (found === undefined || found.isClosing) return failed({ code: "node-not-connected" });
    peering.disconnect(found, "operator");
    return DONE;
  }

  #sendMessage({ peer, messageType, payload }: CommandOf<"send-message">): CommandResult {
    const connection: Connection | undefined = this.#ports.peering.get(peer);
    if (connection === undefined || connection.isClosing) return failed({ code: "node-not-connected" });
    this.#ports.peering.sendRaw(connection, messageType, payload);
    return DONE;
  }

  #addAddresses({ addresses, source }: CommandOf<"add-addresses">): CommandResult {
    const { options, clock, addresses: book, networks } = this.#ports;
    const services = localServices({ ...options, pruneTarget: undefined });
    const time = clock.unixTime();
    const added = addresses.map((each) => networks.asReached(each)).filter((address) => book.add({ address, services, time }, source));
    return succeeded({ type: "count", count: added.length });
  }
}

/** Why coins as of the block with this hash cannot become the active ones, in Bitcoin Core's words. */
export function snapshotRefusal(
  { chain, mempool }: Pick<DeskPorts, "chain" | "mempool">, base: BlockHash,
): string | undefined {
  const hasTransactions = mempool.size > 0;
  return chain.snapshotRefusal(base) ??
    (hasTransactions ? "Can't activate a snapshot when mempool not empty" : undefined);
}

function admissionResult({ txid }: Transaction, admission: Admission): CommandResult {
  switch (admission.type) {
    case "accepted":
    case "known":
      return succeeded({ type: "txid", txid });
    case "missing-inputs":
      return failed({ code: "missing-inputs" });
    case "rejected":
      return failed({ code: "transaction-rejected", violation: admission.violation });
  }
}
