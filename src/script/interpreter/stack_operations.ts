import type { Bytes } from "../../base/bytes.ts";
import * as op from "../opcodes.ts";
import { ScriptFailure } from "./script_error.ts";
import { isTrue, type ScriptStack } from "./script_stack.ts";

/** OP_TOALTSTACK to OP_TUCK, and OP_SIZE. Comments show the stack before and after, its top at the right. */
export function stackOperation(opcode: number, stack: ScriptStack, altStack: Bytes[]): void {
  switch (opcode) {
    case op.OP_TOALTSTACK:
      altStack.push(stack.pop());
      return;
    case op.OP_FROMALTSTACK: {
      const item = altStack.pop();
      if (item === undefined) throw new ScriptFailure("INVALID_ALTSTACK_OPERATION");
      stack.push(item);
      return;
    }
    case op.OP_2DROP:
      stack.drop(2);
      return;
    case op.OP_2DUP:
      copy(stack, 2, 1);
      return;
    case op.OP_3DUP:
      copy(stack, 3, 2);
      return;
    case op.OP_2OVER:
      // a b c d -- a b c d a b
      copy(stack, 2, 3);
      return;
    case op.OP_2ROT:
      // a b c d e f -- c d e f a b
      stack.need(6);
      stack.push(stack.removeAt(5));
      stack.push(stack.removeAt(5));
      return;
    case op.OP_2SWAP:
      // a b c d -- c d a b
      stack.need(4);
      stack.push(stack.removeAt(3));
      stack.push(stack.removeAt(3));
      return;
    case op.OP_IFDUP:
      if (isTrue(stack.peek(0))) stack.push(stack.peek(0));
      return;
    case op.OP_DEPTH:
      stack.pushNumber(stack.size);
      return;
    case op.OP_DROP:
      stack.drop(1);
      return;
    case op.OP_DUP:
      stack.push(stack.peek(0));
      return;
    case op.OP_NIP:
      // a b -- b
      stack.removeAt(1);
      return;
    case op.OP_OVER:
      // a b -- a b a
      stack.push(stack.peek(1));
      return;
    case op.OP_PICK:
      stack.push(stack.peek(popDepth(stack)));
      return;
    case op.OP_ROLL:
      stack.push(stack.removeAt(popDepth(stack)));
      return;
    case op.OP_ROT:
      // a b c -- b c a
      stack.push(stack.removeAt(2));
      return;
    case op.OP_SWAP:
      stack.push(stack.removeAt(1));
      return;
    case op.OP_TUCK:
      // a b -- b a b
      stack.need(2);
      stack.items.splice(stack.size - 2, 0, stack.peek(0));
      return;
    case op.OP_SIZE:
      stack.pushNumber(stack.peek(0).length);
      return;
    default:
      throw new ScriptFailure("BAD_OPCODE");
  }
}

/** Pushes `count` elements again, the first of them `depth` below the top. */
function copy(stack: ScriptStack, count: number, depth: number): void {
  stack.need(depth + 1);
  for (let i = 0; i < count; i++) stack.push(stack.peek(depth));
}

/** The argument of OP_PICK and OP_ROLL: an element that exists. */
function popDepth(stack: ScriptStack): number {
  stack.need(2);
  const depth = stack.peekNumber(0);
  stack.drop(1);
  if (depth < 0 || depth >= stack.size) throw new ScriptFailure("INVALID_STACK_OPERATION");
  return depth;
}
