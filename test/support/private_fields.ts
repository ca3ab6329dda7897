/**
 * What an object keeps in its `#private` fields, as a debugger sees them: for tests of what is left
 * in memory, which no public method tells.
 *
 * @module
 */
import { Session } from "node:inspector";
import { assert } from "../../src/base/assert.ts";

/** By this name the debugger and we hand objects to each other. */
const HANDOVER = "tidingsPrivateFields";
const GROUP = "private-fields";

interface RemoteValue {
  readonly objectId?: string;
  readonly value?: unknown;
}

interface RemoteProperty {
  readonly name: string;
  readonly value?: RemoteValue;
}

let session: Session | undefined;

/** Names, with the `#`, and values. Those of accessors are left out. */
export function privateFields(owner: object): readonly (readonly [name: string, value: unknown])[] {
  Reflect.set(globalThis, HANDOVER, owner);
  const { result } = post<{ result: RemoteValue }>("Runtime.evaluate", {
    expression: HANDOVER, objectGroup: GROUP,
  });
  const own = post<{ privateProperties?: readonly RemoteProperty[] }>("Runtime.getProperties", {
    objectId: result.objectId, ownProperties: true,
  });
  const fields = (own.privateProperties ?? []).filter(({ value }) => value !== undefined);
  post("Runtime.callFunctionOn", {
    objectId: result.objectId,
    functionDeclaration: `function (...values) { globalThis.${HANDOVER} = values; }`,
    arguments: fields.map(({ value }) => {
      return value?.objectId === undefined ? { value: value?.value } : { objectId: value.objectId };
    }),
  });
  const values = Reflect.get(globalThis, HANDOVER) as readonly unknown[];
  post("Runtime.releaseObjectGroup", { objectGroup: GROUP });
  Reflect.deleteProperty(globalThis, HANDOVER);
  return fields.map(({ name }, index) => [name, values[index]]);
}

/** A debugger of the same thread answers before `post` returns. */
function post<T>(method: string, parameters: object): T {
  if (session === undefined) {
    session = new Session();
    session.connect();
  }
  let answer: unknown;
  session.post(method, parameters, (error: Error | null, result?: object) => {
    assert(error === null, `${method}: ${error?.message}`);
    answer = result;
  });
  assert(answer !== undefined, `${method} is answered at once`);
  return answer as T;
}
