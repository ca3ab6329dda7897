/**
 * JSON-RPC 1.1 and 2.0 as Bitcoin Core speaks them (httprpc.cpp, rpc/request.cpp): the body of an
 * HTTP POST in, status and body out.
 *
 * @module
 */
import type { Logger } from "../base/logger.ts";
import { Arguments, positional } from "./arguments.ts";
import { JsonObject, JsonSyntaxError, type JsonValue, parseJson, writeJson } from "./json.ts";
import type { ActiveCall, Method } from "./method.ts";
import { methodHelp } from "./method_help.ts";
import type { MethodTable } from "./method_table.ts";
import { RPC_CODE, RpcError } from "./rpc_error.ts";
import type { RpcHost } from "./rpc_host.ts";
import { shapeMismatch } from "./shape.ts";

export interface RpcReply {
  /** HTTP's. */
  readonly status: number;
  /** JSON with a newline; `undefined` for none. */
  readonly body: string | undefined;
}

/** Requests in one batch: more than any known client sends, and little enough to hold the replies of. */
const BATCH_MAX = 1000;

/** One request, as far as it could be read. */
interface Envelope {
  /** `undefined` when the request had none. */
  readonly id: JsonValue | undefined;
  readonly isVersion2: boolean;
}

interface Request extends Envelope {
  readonly method: string;
  readonly params: readonly JsonValue[] | JsonObject;
}

/** Thrown by `readRequest` only: what was understood goes into the reply. */
class RequestError extends Error {
  override readonly name = "RequestError";
  readonly envelope: Envelope;

  constructor(envelope: Envelope, message: string) {
    super(message);
    this.envelope = envelope;
  }
}

export interface RpcServerOptions {
  readonly methods: MethodTable;
  readonly logger: Logger;
  /** Holds every result against its method's declared shape (`-rpcdoccheck`). */
  readonly checkResults?: boolean;
}

/** Answers requests; knows no socket. */
export class RpcServer {
  readonly #methods: MethodTable;
  readonly #logger: Logger;
  readonly #checkResults: boolean;
  readonly #active = new Set<ActiveCall>();
  #host: RpcHost | undefined;
  #warmup = "Starting";

  constructor({ methods, logger, checkResults = false }: RpcServerOptions) {
    this.#methods = methods;
    this.#logger = logger;
    this.#checkResults = checkResults;
  }

  /** What callers are told until `open`. */
  set warmup(text: string) {
    this.#warmup = text;
  }

  /** From now on methods are run. */
  open(host: RpcHost): void {
    this.#host = host;
  }

  /** Never rejects. `user`: who was let in. */
  async handle(body: string, user: string): Promise<RpcReply> {
    try {
      const value = parseJson(body);
      if (Array.isArray(value)) return await this.#batch(value as readonly JsonValue[], user);
      if (value instanceof JsonObject) return await this.#single(value, user);
      return errorReply({ id: null, isVersion2: false }, RPC_CODE.parse, "Top-level object parse error");
    } catch (error) {
      if (!(error instanceof JsonSyntaxError)) throw error;
      return errorReply({ id: null, isVersion2: false }, RPC_CODE.parse, "Parse error");
    }
  }

  async #single(value: JsonValue, user: string): Promise<RpcReply> {
    let request: Request;
    try {
      request = this.#read(value, user);
    } catch (error) {
      if (!(error instanceof RequestError)) throw error;
      return errorReply(error.envelope, RPC_CODE.invalidRequest, error.message);
    }
    const outcome = await this.#execute(request);
    if (isNotification(request)) return { status: 204, body: undefined };
    if (!request.isVersion2 && "error" in outcome) {
      return errorReply(request, outcome.error.code, outcome.error.message);
    }
    return { status: 200, body: `${writeReply(request, outcome)}\n` };
  }

  /** One after the other; a batch is never an HTTP error. */
  async #batch(values: readonly JsonValue[], user: string): Promise<RpcReply> {
    if (values.length > BATCH_MAX) {
      return errorReply({ id: null, isVersion2: false }, RPC_CODE.limitExceeded,
        `A batch may hold ${BATCH_MAX} requests, this one holds ${values.length}`);
    }
    const replies: string[] = [];
    for (const value of values) {
      const reply = await this.#batched(value, user);
      if (reply !== undefined) replies.push(reply);
    }
    if (replies.length === 0 && values.length > 0) return { status: 204, body: undefined };
    return { status: 200, body: `[${replies.join(",")}]\n` };
  }

  async #batched(value: JsonValue, user: string): Promise<string | undefined> {
    try {
      const request = this.#read(value, user);
      const outcome = await this.#execute(request);
      return isNotification(request) ? undefined : writeReply(request, outcome);
    } catch (error) {
      if (!(error instanceof RequestError)) throw error;
      const { envelope, message } = error;
      if (isNotification(envelope)) return undefined;
      return writeReply(envelope, { error: { code: RPC_CODE.invalidRequest, message } });
    }
  }

  #read(value: JsonValue, user: string): Request {
    return readRequest(value, (method, id) => {
      this.#logger.debug("rpc",
        () => `ThreadRPCServer method=${sanitize(method)} user=${sanitize(user)} id=${sanitize(id)}`);
    });
  }

  async #execute(request: Request): Promise<Outcome> {
    try {
      return { result: await this.#run(request) };
    } catch (error) {
      return { error: this.#describe(request, error) };
    }
  }

  async #run(request: Request): Promise<unknown> {
    if (this.#host === undefined) throw new RpcError(RPC_CODE.inWarmup, this.#warmup);
    const method = this.#methods.find(request.method);
    if (method === undefined) throw new RpcError(RPC_CODE.methodNotFound, "Method not found");
    const entry: ActiveCall = { method: method.name, since: this.#host.uptime() };
    this.#active.add(entry);
    try {
      return await this.#call(this.#host, method, request.params);
    } finally {
      this.#active.delete(entry);
    }
  }

  async #call(host: RpcHost, method: Method, params: Request["params"]): Promise<unknown> {
    const { parameters } = method;
    const values = params instanceof JsonObject ? positional(parameters, params) : params;
    const args = new Arguments(parameters, values, () => methodHelp(method));
    const result: unknown = await method.run({
      host, args, active: [...this.#active], help: (name) => this.#methods.help(name),
    });
    if (this.#checkResults) checkResult(method, result);
    return result;
  }

  #describe(request: Request, error: unknown): Fault {
    if (error instanceof RpcError) return { code: error.code, message: error.message };
    const text = error instanceof Error ? error.stack ?? error.message : String(error);
    this.#logger.error(`Internal error in RPC method ${sanitize(request.method)}: ${text}`);
    return { code: RPC_CODE.internal, message: `Internal error in ${request.method}; the log has more` };
  }
}

interface Fault {
  readonly code: number;
  readonly message: string;
}

type Outcome = { readonly result: unknown } | { readonly error: Fault };

function isNotification({ id, isVersion2 }: Envelope): boolean {
  return isVersion2 && id === undefined;
}

function writeReply({ id, isVersion2 }: Envelope, outcome: Outcome): string {
  const version = isVersion2 ? { jsonrpc: "2.0" } : {};
  const nulls = isVersion2 ? {} : { result: null, error: null };
  return writeJson({ ...version, ...nulls, ...outcome, id });
}

function errorReply(envelope: Envelope, code: number, message: string): RpcReply {
  return { status: errorStatus(code), body: `${writeReply(envelope, { error: { code, message } })}\n` };
}

function errorStatus(code: number): number {
  if (code === RPC_CODE.invalidRequest) return 400;
  return code === RPC_CODE.methodNotFound ? 404 : 500;
}

/** @throws {RequestError} */
function readRequest(value: JsonValue, log: (method: string, id: string) => void): Request {
  if (!(value instanceof JsonObject)) {
    throw new RequestError({ id: null, isVersion2: false }, "Invalid Request object");
  }
  const id = value.get("id");
  const isVersion2 = readVersion(value, id);
  const envelope = { id, isVersion2 };
  const method = value.get("method") ?? null;
  if (method === null) throw new RequestError(envelope, "Missing method");
  if (typeof method !== "string") throw new RequestError(envelope, "Method must be a string");
  log(method, id === undefined || id === null ? "" : typeof id === "string" ? id : writeJson(id));
  const params = value.get("params") ?? [];
  if (params instanceof JsonObject) return { ...envelope, method, params };
  if (!Array.isArray(params)) throw new RequestError(envelope, "Params must be an array or object");
  return { ...envelope, method, params: params as readonly JsonValue[] };
}

function readVersion(request: JsonObject, id: JsonValue | undefined): boolean {
  const version = request.get("jsonrpc") ?? null;
  const envelope = { id, isVersion2: false };
  if (version === null || version === "1.0") return false;
  if (version === "2.0") return true;
  throw new RequestError(envelope,
    typeof version === "string" ? "JSON-RPC version not supported" : "jsonrpc field must be a string");
}

function checkResult(method: Method, result: unknown): void {
  const faults: string[] = [];
  for (const { shape } of method.results) {
    const fault = shapeMismatch(shape, result);
    if (fault === undefined) return;
    faults.push(fault);
  }
  throw new RpcError(RPC_CODE.misc,
    `Internal bug detected: RPC call "${method.name}" returned incorrect type: ${faults.join("; or ")}`);
}

/** Only what is safe in a line of the log, as Bitcoin Core's SanitizeString. */
export function sanitize(text: string): string {
  return text.replaceAll(/[^a-zA-Z0-9 .,;\-_/:?@()]/g, "");
}
