/**
 * What a method takes, and how its help names it.
 *
 * @module
 */
import { jsonTypeName, type JsonValue, writeJson } from "./json.ts";
import type { Line } from "./shape.ts";

export type ParameterType = "string" | "hex" | "number" | "amount" | "boolean" | "array" | "object";

export interface Parameter {
  /** Then other names, under which it is accepted too. */
  readonly names: readonly [string, ...string[]];
  readonly type: ParameterType;
  readonly about: string;
  readonly required: boolean;
  /** Used where it is absent or null. */
  readonly fallback?: string | number | boolean;
  /** Said in the help in place of a fixed default. */
  readonly fallbackHint?: string;
  /** What an array holds, or an object's members. */
  readonly inner?: readonly Parameter[];
  /** An object whose members can be given by name as if they were parameters (OBJ_NAMED_PARAMS). */
  readonly membersByName?: boolean;
  /** Written in the line that sums up all parameters, in place of what follows from the type. */
  readonly brief?: string;
  /** In no help. */
  readonly hidden?: boolean;
  /** Its method looks at the type itself. */
  readonly anyType?: boolean;
}

type Extras = Partial<Omit<Parameter, "names" | "type" | "about" | "required">>;

/** `name` may be several, with `|` between. */
export function required(name: string, type: ParameterType, about: string, extras: Extras = {}): Parameter {
  return { names: splitNames(name), type, about, required: true, ...extras };
}

export function optional(name: string, type: ParameterType, about: string, extras: Extras = {}): Parameter {
  return { names: splitNames(name), type, about, required: false, ...extras };
}

function splitNames(name: string): readonly [string, ...string[]] {
  const [first = name, ...others] = name.split("|");
  return [first, ...others];
}

const EXPECTED: Readonly<Record<ParameterType, string | undefined>> = {
  string: "string", hex: "string", number: "number", boolean: "bool", array: "array", object: "object",
  // A number or a string.
  amount: undefined,
};

/** What is wrong with `value` in this place, in Bitcoin Core's words; `undefined` if nothing is. */
export function typeFault(parameter: Parameter, value: JsonValue): string | undefined {
  if (parameter.anyType === true || (!parameter.required && value === null)) return undefined;
  const expected = EXPECTED[parameter.type];
  const found = jsonTypeName(value);
  if (expected === undefined || expected === found) return undefined;
  return `JSON value of type ${found} is not of expected type ${expected}`;
}

/** `"blockhash" ( verbosity )` */
export function synopsis(parameters: readonly Parameter[]): string {
  let text = "";
  let inOptional = false;
  for (const parameter of visible(parameters)) {
    if (inOptional === parameter.required) text += inOptional ? " )" : " (";
    inOptional = !parameter.required;
    text += ` ${spelling(parameter)}`;
  }
  return inOptional ? `${text} )` : text;
}

export function parameterLines(parameters: readonly Parameter[]): readonly Line[] {
  return visible(parameters).flatMap((parameter, i): Line[] => [
    [`${i + 1}. ${parameter.names[0]}`, describe(parameter)],
    ...(hasInner(parameter) ? innerLines(parameter, "     ", "", "") : []),
  ]);
}

/** What follows a hidden one is hidden too. */
function visible(parameters: readonly Parameter[]): readonly Parameter[] {
  const end = parameters.findIndex(({ hidden }) => hidden === true);
  return end < 0 ? parameters : parameters.slice(0, end);
}

function spelling(parameter: Parameter): string {
  const [name] = parameter.names;
  const inner = parameter.inner ?? [];
  if (parameter.brief !== undefined) return parameter.brief;
  switch (parameter.type) {
    case "string":
    case "hex":
      return `"${name}"`;
    case "array":
      return `[${inner.map((item) => `${spelling(item)},`).join("")}...]`;
    case "object":
      return `{${inner.map((member) => `"${member.names[0]}":${sample(member)}`).join(",")}}`;
    default:
      return name;
  }
}

function sample(parameter: Parameter): string {
  switch (parameter.type) {
    case "string":
      return '"str"';
    case "hex":
      return '"hex"';
    case "number":
      return "n";
    case "boolean":
      return "bool";
    case "amount":
      return "amount";
    default:
      return spelling(parameter);
  }
}

const TYPE_TEXTS: Readonly<Record<ParameterType, string>> = {
  string: "string", hex: "string", number: "numeric", amount: "numeric or string", boolean: "boolean",
  array: "json array", object: "json object",
};

function describe(parameter: Parameter): string {
  const need = parameter.required ? "required" : "optional";
  const { fallback, fallbackHint } = parameter;
  const given = fallbackHint ?? (fallback === undefined ? undefined : writeJson(fallback));
  const type = `(${TYPE_TEXTS[parameter.type]}, ${need}${given === undefined ? "" : `, default=${given}`})`;
  return parameter.about === "" ? type : `${type} ${parameter.about}`;
}

function hasInner({ type }: Parameter): boolean {
  return type === "array" || type === "object";
}

function innerLines(parameter: Parameter, margin: string, key: string, comma: string): Line[] {
  const [open, close] = parameter.type === "array" ? ["[", "]"] : ["{", "}"];
  const next = `${margin}  `;
  const about = key === "" && comma === "" ? "" : describe(parameter);
  const result: Line[] = [[margin + key + open, about]];
  for (const inner of parameter.inner ?? []) {
    const innerKey = parameter.type === "array" ? "" : `"${inner.names[0]}": `;
    const value = innerKey === "" ? spelling(inner) : sample(inner);
    if (hasInner(inner)) result.push(...innerLines(inner, next, innerKey, ","));
    else result.push([`${next}${innerKey}${value},`, describe(inner)]);
  }
  if (parameter.type === "array") result.push([`${next}...`, ""]);
  result.push([`${margin}${close}${comma}`, ""]);
  return result;
}
