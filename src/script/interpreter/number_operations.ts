import * as op from "../opcodes.ts";
import { ScriptFailure } from "./script_error.ts";
import type { ScriptStack } from "./script_stack.ts";

/** OP_1ADD to OP_WITHIN, but for those that are disabled. */
export function numberOperation(opcode: number, stack: ScriptStack): void {
  if (opcode <= op.OP_0NOTEQUAL) unary(opcode, stack);
  else if (opcode < op.OP_WITHIN) binary(opcode, stack);
  else within(stack);
}

function unary(opcode: number, stack: ScriptStack): void {
  const a = stack.peekNumber(0);
  const result = unaryResult(opcode, a);
  stack.drop(1);
  stack.pushNumber(result);
}

function unaryResult(opcode: number, a: number): number {
  switch (opcode) {
    case op.OP_1ADD:
      return a + 1;
    case op.OP_1SUB:
      return a - 1;
    case op.OP_NEGATE:
      return -a;
    case op.OP_ABS:
      return Math.abs(a);
    case op.OP_NOT:
      return Number(a === 0);
    case op.OP_0NOTEQUAL:
      return Number(a !== 0);
    default:
      throw new ScriptFailure("BAD_OPCODE");
  }
}

function binary(opcode: number, stack: ScriptStack): void {
  stack.need(2);
  const result = binaryResult(opcode, stack.peekNumber(1), stack.peekNumber(0));
  stack.drop(2);
  if (opcode !== op.OP_NUMEQUALVERIFY) stack.pushNumber(result);
  else if (result === 0) throw new ScriptFailure("NUMEQUALVERIFY");
}

function binaryResult(opcode: number, a: number, b: number): number {
  switch (opcode) {
    case op.OP_ADD:
      return a + b;
    case op.OP_SUB:
      return a - b;
    case op.OP_BOOLAND:
      return Number(a !== 0 && b !== 0);
    case op.OP_BOOLOR:
      return Number(a !== 0 || b !== 0);
    case op.OP_NUMEQUAL:
    case op.OP_NUMEQUALVERIFY:
      return Number(a === b);
    case op.OP_NUMNOTEQUAL:
      return Number(a !== b);
    case op.OP_LESSTHAN:
      return Number(a < b);
    case op.OP_GREATERTHAN:
      return Number(a > b);
    case op.OP_LESSTHANOREQUAL:
      return Number(a <= b);
    case op.OP_GREATERTHANOREQUAL:
      return Number(a >= b);
    case op.OP_MIN:
      return Math.min(a, b);
    case op.OP_MAX:
      return Math.max(a, b);
    default:
      throw new ScriptFailure("BAD_OPCODE");
  }
}

/** x min max -- min <= x < max */
function within(stack: ScriptStack): void {
  stack.need(3);
  const [x, min, max] = [stack.peekNumber(2), stack.peekNumber(1), stack.peekNumber(0)];
  stack.drop(3);
  stack.pushBoolean(min <= x && x < max);
}
