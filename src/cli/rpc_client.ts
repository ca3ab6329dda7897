/** A caller of JSON-RPC over HTTP. @module */
import * as http from "node:http";
import {
  JsonNumber, JsonObject, JsonSyntaxError, type JsonValue, parseJson, writeJson,
} from "../rpc/json.ts";

export interface RpcTarget {
  readonly host: string;
  readonly port: number;
  /** `user:password` */
  readonly auth: string;
}

export type RpcOutcome =
  | { readonly type: "result"; readonly value: JsonValue }
  | { readonly type: "error"; readonly code: number; readonly message: string }
  /** Nobody answered there. */
  | { readonly type: "unreachable"; readonly reason: string }
  /** Whoever answered did not let us in. */
  | { readonly type: "unauthorized" }
  | { readonly type: "not-json-rpc"; readonly status: number; readonly body: string };

/** Calls `method`; waits for the answer as long as it takes. */
export async function callRpc(target: RpcTarget, method: string, params: unknown): Promise<RpcOutcome> {
  const body = writeJson({ jsonrpc: "2.0", id: 1, method, params });
  let reply: { readonly status: number; readonly body: string };
  try {
    reply = await post(target, body);
  } catch (error) {
    return { type: "unreachable", reason: (error as NodeJS.ErrnoException).code ?? (error as Error).message };
  }
  if (reply.status === 401 || reply.status === 403) return { type: "unauthorized" };
  return readReply(reply.status, reply.body);
}

function post({ host, port, auth }: RpcTarget, body: string): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const request = http.request({
      host, port, auth, method: "POST", path: "/",
      headers: { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(body),
        Connection: "close" },
    }, (response) => {
      const parts: Buffer[] = [];
      response.on("data", (part: Buffer) => parts.push(part));
      response.on("error", reject);
      response.on("end", () => {
        resolve({ status: response.statusCode ?? 0, body: Buffer.concat(parts).toString("utf8") });
      });
    });
    request.on("error", reject);
    request.end(body);
  });
}

function readReply(status: number, body: string): RpcOutcome {
  const reply = tryParse(body);
  if (!(reply instanceof JsonObject)) return { type: "not-json-rpc", status, body };
  const error = reply.get("error") ?? null;
  if (!(error instanceof JsonObject)) return { type: "result", value: reply.get("result") ?? null };
  const code = error.get("code");
  const message = error.get("message");
  return {
    type: "error",
    code: code instanceof JsonNumber ? Number(code.text) : 0,
    message: typeof message === "string" ? message : writeJson(error),
  };
}

export function tryParse(text: string): JsonValue | undefined {
  try {
    return parseJson(text);
  } catch (error) {
    if (error instanceof JsonSyntaxError) return undefined;
    throw error;
  }
}
