/**
 * What a chain file may hold, field by field. Names and units are those of `ChainParams`.
 *
 * @module
 */
import { z } from "zod";
import { isHex } from "../base/bytes.ts";
import { MONEY_MAX } from "../primitives/amount.ts";
import { GENESIS_MESSAGE_BYTES_MAX } from "./genesis.ts";

/** A longer script can never be satisfied. */
const SCRIPT_HEX_MAX = 2 * 10_000;
const U32_MAX = 0xffff_ffff;
/** Heights are kept in signed 32-bit fields. */
const HEIGHT_MAX = 0x7fff_ffff;
/** Ten years: no adjustment needs longer, and products with targets stay small. */
const TIMESPAN_MAX = 315_360_000;

/** Every error names the value found and the values allowed. */
function need(allowed: string): { error: (issue: { readonly input?: unknown }) => string } {
  const found = (input: unknown): string => (input === undefined ? "is missing" : `is ${show(input)}`);
  return { error: ({ input }) => `${found(input)}, need ${allowed}` };
}

/** As the file has it, cut when long. */
function show(input: unknown): string {
  const text = JSON.stringify(input) ?? String(input);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

function wholeNumber(min: number, max: number) {
  const error = need(`a whole number from ${min} to ${max}`);
  return z.number(error).int(error).min(min, error).max(max, error);
}

function hexOf(bytes: number) {
  const error = need(`${bytes} bytes as ${2 * bytes} hex digits`);
  return z.string(error).refine((text) => text.length === 2 * bytes && isHex(text), error);
}

function scriptHex() {
  const error = need("a script as hex digits, at most 10,000 bytes");
  return z.string(error).refine((text) => isHex(text) && text.length <= SCRIPT_HEX_MAX, error);
}

const flag = z.boolean(need("true or false"));
const height = wholeNumber(0, HEIGHT_MAX);
const port = wholeNumber(1, 65535);

const nameError = need("1 to 31 of a-z, 0-9 and -, a letter first");
const messageError = need(`1 to ${GENESIS_MESSAGE_BYTES_MAX} printable ASCII characters`);
const seedError = need('"host:port"');
const prefixError = need("1 to 20 lower-case letters");
const seedListError = need('a list of "host:port"');
const dnsSeedError = need("a list of host names");

const genesis = z.strictObject({
  time: wholeNumber(1, U32_MAX),
  bits: hexOf(4),
  nonce: wholeNumber(0, U32_MAX),
  message: z.string(messageError).regex(/^[ -~]+$/, messageError)
    .max(GENESIS_MESSAGE_BYTES_MAX, messageError),
  outputScript: scriptHex(),
}, need("an object"));

const work = z.strictObject({
  limit: hexOf(32),
  targetSpacing: wholeNumber(1, TIMESPAN_MAX),
  targetTimespan: wholeNumber(1, TIMESPAN_MAX),
  allowMinDifficultyBlocks: flag.default(false),
  noRetargeting: flag.default(false),
  enforceBip94: flag.default(false),
}, need("an object"));

const money = z.strictObject({
  initialSubsidy: wholeNumber(0, MONEY_MAX),
  subsidyHalvingInterval: wholeNumber(1, HEIGHT_MAX),
  coinbaseMaturity: wholeNumber(1, HEIGHT_MAX),
}, need("an object"));

const deployments = z.strictObject({
  bip34Height: height.default(1),
  bip65Height: height.default(1),
  bip66Height: height.default(1),
  csvHeight: height.default(1),
  segwitHeight: height.default(1),
  taprootHeight: height.default(1),
}, need("an object"));

const addresses = z.strictObject({
  publicKeyHash: wholeNumber(0, 255),
  scriptHash: wholeNumber(0, 255),
  secretKey: wholeNumber(0, 255),
  bech32: z.string(prefixError).regex(/^[a-z]{1,20}$/, prefixError),
}, need("an object"));

export const chainFileSchema = z.strictObject({
  name: z.string(nameError).regex(/^[a-z][a-z0-9-]{0,30}$/, nameError),
  magic: hexOf(4),
  port,
  rpcPort: port,
  genesis,
  work,
  money,
  addresses,
  deployments: deployments.prefault({}),
  signetChallenge: scriptHex().optional(),
  seeds: z.array(z.string(seedError).regex(/^\S+:\d{1,5}$/, seedError), seedListError).default([]),
  dnsSeeds: z.array(z.string(dnsSeedError).min(1, dnsSeedError), dnsSeedError).default([]),
  acceptsNonstandard: flag.default(false),
}, need("an object"));

export type ChainFile = z.output<typeof chainFileSchema>;
