/** What `help` shows of a method. @module */
import type { Method } from "./method.ts";
import { parameterLines, synopsis } from "./parameter.ts";
import { alignLines, shapeLines } from "./shape.ts";

export function methodSynopsis(method: Method): string {
  return method.name + synopsis(method.parameters);
}

export function methodHelp(method: Method): string {
  const parameters = parameterLines(method.parameters);
  let text = `${methodSynopsis(method)}\n\n${method.about}\n`;
  if (parameters.length > 0) text += `\nArguments:\n${alignLines(parameters)}`;
  for (const { when, shape } of method.results) {
    text += `\nResult${when === undefined ? "" : ` (${when})`}:\n${alignLines(shapeLines(shape))}`;
  }
  const examples = method.examples ?? (method.parameters.some((parameter) => parameter.required) ? [] : [""]);
  if (examples.length > 0) text += "\nExamples:\n";
  for (const example of examples) text += `> ${`tidings rpc ${method.name} ${example}`.trimEnd()}\n`;
  return text;
}
