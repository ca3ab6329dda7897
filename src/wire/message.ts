/**
 * Every message by its name: what it carries, and the codec that reads and writes it.
 *
 * @module
 */
import type { Block } from "../primitives/block.ts";
import type { BlockHash } from "../primitives/hash.ts";
import type { BlockHeader } from "../primitives/header.ts";
import type { Transaction } from "../primitives/transaction.ts";

/** Stand-in until the family files declare their own: replaced by wire/messages. */
export interface MessageValues {
  readonly getheaders: { readonly version: number; readonly locator: readonly BlockHash[]; readonly stop: BlockHash };
  readonly headers: { readonly headers: readonly BlockHeader[] };
  readonly block: { readonly block: Block };
  readonly tx: { readonly transaction: Transaction };
}

export type MessageType = keyof MessageValues;

export type Message = { [T in MessageType]: { readonly type: T; readonly value: MessageValues[T] } }[MessageType];
