/** Work for miners elsewhere (BIP22, BIP23, BIP9, BIP145). @module */
import { equalBytes } from "../../base/bytes.ts";
import { deploymentState } from "../../consensus/deployments.ts";
import { displayHash } from "../../primitives/hash.ts";
import { readHash } from "../arguments.ts";
import { runCommand } from "../command_fault.ts";
import { JsonObject, type JsonValue } from "../json.ts";
import type { Call, Method } from "../method.ts";
import { readText } from "../object_fields.ts";
import { optional, required } from "../parameter.ts";
import { templateJson, templateShape } from "../render/template_json.ts";
import { RPC_CODE, RpcError } from "../rpc_error.ts";
import { nothing, text } from "../shape.ts";
import { parseBlock } from "../transaction_hex.ts";

/** Milliseconds before new transactions are a reason to answer a long poll, and then between looks. */
const FIRST_LOOK = 60_000;
const NEXT_LOOK = 10_000;

/** A coinbase that pays to nobody yet. */
const NO_SCRIPT = new Uint8Array();

const getblocktemplate: Method = {
  name: "getblocktemplate",
  category: "mining",
  about: "Returns what is needed to make a block on top of the tip, or says of a block that was made " +
    "whether it would be accepted, its work aside (BIP22, BIP23, BIP9, BIP145).",
  parameters: [
    required("template_request", "object", "What is asked for", {
      inner: [
        optional("mode", "string", "template, or proposal for a block of the caller's own"),
        optional("capabilities", "array", "What the caller can do",
          { inner: [optional("str", "string",
            "One of: longpoll, coinbasevalue, proposal, serverlist, workid")] }),
        required("rules", "array", "Rules that the caller knows", {
          inner: [
            required("segwit", "string", "(literal) it can make blocks with witnesses"),
            optional("str", "string", "Another rule"),
          ],
        }),
        optional("longpollid", "string", "Waits until a template would differ from the one with this id"),
        optional("data", "hex", "For proposal: the block's bytes"),
      ],
    }),
  ],
  results: [
    { when: "for a proposal that would be accepted", shape: nothing },
    { when: "for another proposal", shape: text("Why not (BIP22)") },
    { when: "otherwise", shape: templateShape },
  ],
  examples: [`'{"rules":["segwit"]}'`],
  run(call) {
    const value = call.args.raw("template_request");
    const request = value instanceof JsonObject ? value : new JsonObject([]);
    const mode = request.get("mode") ?? null;
    if (mode === "proposal") return judgeProposal(call, request.get("data") ?? null);
    if (mode !== null && mode !== "template") throw invalid("Invalid mode");
    return makeTemplate(call, request);
  },
};

/** BIP23. */
async function judgeProposal({ host }: Call, data: JsonValue): Promise<string | null> {
  if (typeof data !== "string") throw new RpcError(RPC_CODE.type, "Missing data String key for proposal");
  const block = parseBlock(data);
  if (block === undefined) throw new RpcError(RPC_CODE.deserialization, "Block decode failed");
  const { headers } = host.core.chain;
  const id = headers.find(block.hash);
  if (id !== undefined) {
    if (headers.isInvalid(id)) return "duplicate-invalid";
    return headers.validity(id) === "connected" ? "duplicate" : "duplicate-inconclusive";
  }
  const { violation } = await runCommand(host, { type: "test-block", block }, "block-test");
  return violation?.rule ?? null;
}

async function makeTemplate(call: Call, request: JsonObject): Promise<object> {
  const { core } = call.host;
  const rules = readRules(request.get("rules") ?? null);
  requireNetwork(call);
  const watched = request.get("longpollid") ?? null;
  if (watched !== null) await waitForChange(call, watched);
  const { deployments } = core.chain.params;
  if (deployments.signetChallenge !== undefined && !rules.has("signet")) {
    throw invalid("getblocktemplate must be called with the signet rule set " +
      '(call with {"rules": ["segwit", "signet"]})');
  }
  if (!rules.has("segwit")) {
    throw invalid('getblocktemplate must be called with the segwit rule set (call with {"rules": ["segwit"]})');
  }
  const { chain, mempool, maker } = core;
  const made = maker.fromMempool(NO_SCRIPT);
  const previous = chain.headers.context(chain.tip);
  return templateJson({
    ...made,
    previous,
    params: chain.params,
    testDummy: deploymentState(previous, deployments),
    longPollId: `${displayHash(chain.headers.hash(chain.tip))}${mempool.sequence}`,
  });
}

function readRules(value: JsonValue): ReadonlySet<string> {
  return new Set(Array.isArray(value) ? (value as readonly JsonValue[]).map(readText) : []);
}

/** On main, work on a chain that nobody else has would be lost. */
function requireNetwork({ host: { core } }: Call): void {
  if (core.chain.params.name !== "main") return;
  const [peer] = core.peers();
  if (peer === undefined) throw new RpcError(RPC_CODE.notConnected, "Tidings is not connected!");
  if (core.chain.isInitialBlockDownload) {
    throw new RpcError(RPC_CODE.inInitialDownload, "Tidings is in initial sync and waiting for blocks...");
  }
}

/** Until there is another tip, or, after a while, another mempool, than the one that `given` stands for. */
async function waitForChange({ host }: Call, given: JsonValue): Promise<void> {
  const { chain, mempool } = host.core;
  const id = typeof given === "string" ? given : undefined;
  const hash = id === undefined ? chain.headers.hash(chain.tip) : readHash(id.slice(0, 64), "longpollid");
  const sequence = id === undefined ? mempool.sequence : Number.parseInt(id.slice(64), 10);
  const isSameTip = (): boolean => equalBytes(chain.headers.hash(chain.tip), hash);
  let isStopping = false;
  void host.stopping.then(() => (isStopping = true));
  for (let length = FIRST_LOOK; isSameTip(); length = NEXT_LOOK) {
    await nextTip(host, length, () => !isSameTip());
    if (isStopping) throw new RpcError(RPC_CODE.notConnected, "Shutting down");
    if (mempool.sequence !== sequence) return;
  }
}

/** Until there is a tip that `accept` takes, for at most `length` milliseconds. */
async function nextTip(host: Call["host"], length: number, accept: () => boolean): Promise<void> {
  let ignore = (): void => {};
  const reached = new Promise<void>((resolve) => {
    ignore = host.listen((event) => {
      if (event.type === "chain:tip" && accept()) resolve();
    });
  });
  await Promise.race([reached, host.stopping, host.delay(length)]);
  ignore();
}

function invalid(message: string): RpcError {
  return new RpcError(RPC_CODE.invalidParameter, message);
}

export const blockTemplateMethods: readonly Method[] = [getblocktemplate];
